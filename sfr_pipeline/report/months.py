"""The answers of every past month, as the page carries them: one picks a month, and they change.

Belongs here: fragments of all months, rendered by the templates that render the newest month's, and
packed. Does not belong here: what they say (`answers`), nor how the page swaps them (`months.js`).
"""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.report.parts import Part


@dataclass(frozen=True)
class Months:
    """What the page needs so that one can pick a month.

    Attributes:
        years: months by year, newest first in both, each as "YYYY-MM" and as readers see it.
        latest: the newest.
        packed: fragments of all months, gzip in base64: JSON of ``months`` and, by the part's id,
            ``parts``, one text a month.
    """

    years: dict[str, list[tuple[str, str]]]
    latest: str
    packed: str


def month_id(day: pd.Timestamp) -> str:
    """A month as its links and `sfr report --month` write it."""
    return f"{day:%Y-%m}"


def address_of(month: str) -> str:
    """The end of a page's address that shows a month."""
    return f"#month={month}"


def months_of(
    market: Market,
    parts: Iterable[Part],
    sections: Sequence[Mapping[str, Any]],
    environment: Any,
) -> Months | None:
    """Render what changes with the month; None where nothing does.

    Args:
        market: the catalogue.
        parts: of the page.
        sections: what they show, with ``id`` and, of those that change, ``months``.
        environment: of the templates.
    """
    by_id = {section["id"]: section for section in sections if section.get("months")}
    changing = [part for part in parts if part.monthly is not None and part.id in by_id]
    if not changing:
        return None
    months = list(by_id[changing[0].id]["months"])
    fragments = {}
    for part in changing:
        template, shown = environment.get_template(part.monthly), by_id[part.id]["months"]
        fragments[part.id] = [template.render(market=market, month=shown[one]) for one in months]
    years: dict[str, list[tuple[str, str]]] = {}
    for month in reversed(months):
        years.setdefault(month[:4], []).append((month, f"{pd.Period(month, 'M'):%B %Y}"))
    return Months(years, months[-1], _packed({"months": months, "parts": fragments}))


def _packed(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Without the moment, so that the same tables make the same page.
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")
