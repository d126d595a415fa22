"""What an audit says: one statement, how grave it is, and the arithmetic that leads to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["contradiction", "doubt", "implied"]

SEVERITIES: Mapping[Severity, str] = {
    "contradiction": "the printed numbers cannot all be what they are called, whatever the data",
    "doubt": "what the table is printed to show does not follow from its numbers",
    "implied": "what the table does not print and its numbers imply; nothing is wrong with it",
}
"""The words for how grave a finding is, the gravest first."""


@dataclass(frozen=True)
class Finding:
    """One statement about a published table.

    Attributes:
        severity: one of `SEVERITIES`.
        where: table, split and row.
        says: the statement, a sentence without full stop.
        derivation: lines with the formula, the numbers put in, and what was assumed.
        values: the numbers of the statement, by name.
    """

    severity: Severity
    where: str
    says: str
    derivation: tuple[str, ...]
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_fault(self) -> bool:
        """Whether a sound table would not have it."""
        return self.severity != "implied"
