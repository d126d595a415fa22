"""A published table as people write it down: one line a number, with its name.

Belongs here: the layout, the names of statistics, and what is refused. Does not belong here: what
follows from the numbers.

The columns are ``table,row,statistic,value``, and where wanted ``split`` (training, testing) and
``note``, which nobody reads. What holds for all rows of a split, such as the number of forecasts,
stands under an empty row. Files that are audited together are about one target.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.errors import AuditError
from sfr_pipeline.evaluation.audit.printed import Printed, parse

COLUMNS = ("table", "row", "statistic", "value")
OPTIONAL_COLUMNS = ("split", "note")


@dataclass(frozen=True)
class Statistic:
    """What a name of the layout means, and between which numbers it lies.

    Attributes:
        meaning: for readers.
        low: smallest possible value.
        high: largest.
        count: whether it is a whole number, which is printed without rounding.
    """

    meaning: str
    low: float = float("-inf")
    high: float = float("inf")
    count: bool = False


STATISTICS: Mapping[str, Statistic] = {
    # Errors of forecasts.
    "rmse": Statistic("root mean squared error", 0),
    "mae": Statistic("mean absolute error", 0),
    "tic": Statistic("Theil's coefficient, RMSE / (rms of actual + rms of forecast)", 0, 1),
    "ia": Statistic("Willmott's index of agreement", 0, 1),
    "error_variance": Statistic("variance of the errors around their mean", 0),
    "n": Statistic("number of forecasts or of classified days", 2, count=True),
    # The process of the target.
    "phi": Statistic("coefficient of its first lag", -1, 1),
    "variance": Statistic("variance of its shocks", 0),
    "sd": Statistic("standard deviation of its shocks", 0),
    "sigma": Statistic("either of the two, where the paper does not say which", 0),
    "p_stay": Statistic("probability that a regime lasts another period", 0, 1),
    "p_leave": Statistic("probability that it ends", 0, 1),
    "state_probability": Statistic("share of the periods that a regime has", 0, 1),
    "duration": Statistic("mean length of a regime, in periods", 1),
    # Classifications.
    "accuracy": Statistic("share of days that are called rightly", 0, 1),
    "precision": Statistic("share of alarms that are right", 0, 1),
    "recall": Statistic("share of events that are called", 0, 1),
    "f1": Statistic("harmonic mean of precision and recall", 0, 1),
    "prevalence": Statistic("share of events among the days", 0, 1),
    "spell": Statistic("mean length of an unbroken run of events, in days", 1),
    "horizon": Statistic("days from the last known label to the judged one", 1, count=True),
    # Estimates and tests.
    "estimate": Statistic("an estimate"),
    "low": Statistic("lower end of its 95 % interval"),
    "high": Statistic("upper end of its 95 % interval"),
    "standard_error": Statistic("its standard error", 0),
    "p_value": Statistic("its p-value", 0, 1),
    "z": Statistic("a test statistic that is standard normal without an effect"),
    "p_below": Statistic("what its p-value is said to be below", 0, 1),
    # Descriptions.
    "mean": Statistic("mean of a variable"),
    "min": Statistic("its smallest value"),
    "max": Statistic("its largest value"),
    "correlation": Statistic("a correlation", -1, 1),
}
"""The names that column ``statistic`` takes."""


@dataclass(frozen=True)
class Group:
    """One split of one table.

    Attributes:
        table: as the paper calls it.
        split: empty where the table has none.
        rows: numbers by row, then by statistic; row ``""`` holds what is shared.
    """

    table: str
    split: str
    rows: Mapping[str, Mapping[str, Printed]]

    def where(self, row: str = "") -> str:
        """What a finding is about."""
        return ", ".join(part for part in (self.table, self.split, row) if part)

    def having(self, *names: str) -> Iterator[tuple[str, tuple[Printed, ...]]]:
        """Rows that print all of some statistics, with those numbers."""
        for row, numbers in self.rows.items():
            if all(name in numbers for name in names):
                yield row, tuple(numbers[name] for name in names)

    def shared(self, name: str, row: str = "") -> Printed | None:
        """A number of a row, or else the one that is shared by all rows."""
        return self.rows.get(row, {}).get(name) or self.rows.get("", {}).get(name)


def read_published(paths: Iterable[Path]) -> tuple[Group, ...]:
    """Read tables that were written down from a paper.

    Args:
        paths: CSV files in the layout of this module, read as one.

    Raises:
        AuditError: a file is not there, or not in the layout.
    """
    lines: list[tuple[str, Mapping[str, str]]] = []
    for path in paths:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                _check_columns(path.name, reader.fieldnames or ())
                lines += [(f"{path.name}, line {reader.line_num}", line) for line in reader]
        except OSError as error:
            raise AuditError(f"{path} can't be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise AuditError(f"{path} is no text in UTF-8: save it as CSV in UTF-8") from None
    return _grouped(lines)


def published(lines: Iterable[Mapping[str, object]]) -> tuple[Group, ...]:
    """The same from lines that are at hand, such as the records of a frame.

    Args:
        lines: mappings by column; a number may be text, which keeps the digits as printed.

    Raises:
        AuditError: a line is not in the layout.
    """
    told = ({name: str(value) for name, value in line.items()} for line in lines)
    return _grouped([(f"line {number}", line) for number, line in enumerate(told, start=1)])


def _check_columns(name: str, columns: Iterable[str]) -> None:
    there, known = list(columns), (*COLUMNS, *OPTIONAL_COLUMNS)
    missing = [column for column in COLUMNS if column not in there]
    unknown = [column for column in there if column not in known]
    if missing or unknown:
        told = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)}"
        raise AuditError(
            f"{name} {told}: its columns are {', '.join(COLUMNS)}, and where wanted "
            f"{' and '.join(OPTIONAL_COLUMNS)}"
        )


def _grouped(lines: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Group, ...]:
    groups: dict[tuple[str, str], dict[str, dict[str, Printed]]] = {}
    for where, line in lines:
        table, row, split = ((line.get(name) or "").strip() for name in ("table", "row", "split"))
        name = (line.get("statistic") or "").strip()
        number = _number(where, name, line.get("value") or "")
        own = groups.setdefault((table, split), {}).setdefault(row, {})
        if name in own:
            raise AuditError(f"{where}: {name} of {row or table} stands there twice; remove one")
        own[name] = number
    if not groups:
        raise AuditError("no number to audit: write one a line below the heading")
    return tuple(Group(table, split, rows) for (table, split), rows in groups.items())


def _number(where: str, name: str, text: str) -> Printed:
    if name not in STATISTICS:
        raise AuditError(f"{where}: unknown statistic {name!r}; known are {', '.join(STATISTICS)}")
    kind = STATISTICS[name]
    try:
        number = parse(text, exact=kind.count)
    except ValueError:
        raise AuditError(
            f"{where}: {text!r} is no number; write {name} with the digits of the paper and "
            "without stars or brackets"
        ) from None
    if kind.count and number.value < kind.low:
        raise AuditError(f"{where}: {name} is {text}: it is at least {kind.low:g}")
    return number
