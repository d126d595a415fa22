"""What stands at the foot of the page: when, by which software and from which data it was made.

Belongs here: what it takes to find the same numbers again. Does not belong here: any of them.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Imprint:
    """Of one page.

    Attributes:
        made_at: moment, in UTC.
        version: of this software.
        run: that made it.
        data: from ``data_hash``, None where nothing was delivered.
        catalogue: SHA-256 of the catalogue.
    """

    made_at: dt.datetime
    version: str
    run: str
    data: str | None
    catalogue: str


def data_hash(deliveries: pd.DataFrame) -> str | None:
    """SHA-256 of all that was delivered, whenever and in whatever order it came.

    Args:
        deliveries: columns ``kind``, ``item`` and ``sha256`` of the table of that name.

    Returns:
        That of the lines ``kind item sha256``, each once and sorted, so that the same answers and
        files have the same one in every warehouse; None of no lines.
    """
    answers = deliveries[["kind", "item", "sha256"]].drop_duplicates()
    lines = sorted(" ".join(answer) for answer in answers.itertuples(index=False))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else None
