"""Files of tables that can't be read: which, what was said of them, and the remedy."""

from collections.abc import Sequence
from dataclasses import dataclass

from sfr_pipeline.errors import StorageError
from sfr_pipeline.storage.table_files import month_of, remedy
from sfr_pipeline.workspace import Place


@dataclass(frozen=True)
class Damage:
    """A file of a table that can't be read.

    Attributes:
        market: whose table.
        table: its name.
        file: where it lies.
        error: what was said of it.
        append_only: whether nothing can make it again.
    """

    market: str
    table: str
    file: Place
    error: str
    append_only: bool

    @property
    def month(self) -> str | None:
        """Of the partition ("YYYY-MM"), None where the table has none."""
        return month_of(self.file)

    def __str__(self) -> str:
        return (
            f"{self.file} can't be read ({self.error}): "
            f"{remedy(self.market, self.table, self.file, self.append_only)}"
        )


class DamageError(StorageError):
    """Tables were left out of what was published, because of files that can't be read.

    Attributes:
        found: the files.
    """

    def __init__(self, found: Sequence[Damage]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.found = tuple(found)
