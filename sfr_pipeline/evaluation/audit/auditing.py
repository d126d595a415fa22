"""An audit: all findings on the tables that belong together, as text or as data."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby

from sfr_pipeline.errors import AuditError
from sfr_pipeline.evaluation.audit.classification import classification_findings
from sfr_pipeline.evaluation.audit.contradictions import contradictions
from sfr_pipeline.evaluation.audit.finding import SEVERITIES, Finding
from sfr_pipeline.evaluation.audit.persistence import persistence_findings
from sfr_pipeline.evaluation.audit.scale import scale_findings
from sfr_pipeline.evaluation.audit.table import Group


@dataclass(frozen=True)
class Audit:
    """What published tables imply.

    Attributes:
        findings: the gravest first, then in the order of the tables.
        n_numbers: how many printed numbers were read.
    """

    findings: tuple[Finding, ...]
    n_numbers: int

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Contradictions and doubts; empty for a sound table."""
        return tuple(finding for finding in self.findings if finding.is_fault)

    def as_text(self) -> str:
        """For readers: a line a finding, and its derivation below."""
        counts = dict.fromkeys(SEVERITIES, 0)
        counts |= Counter(finding.severity for finding in self.findings)
        contradicted, doubted = (
            _counted(counts[word], word) for word in ("contradiction", "doubt")
        )
        told = f"{self.n_numbers} printed numbers: {contradicted}, {doubted}"
        told += f", {counts['implied']} implied"
        lines = [told]
        for severity, own in groupby(self.findings, key=lambda finding: finding.severity):
            lines += ["", f"{severity.upper()}: {SEVERITIES[severity]}"]
            for finding in own:
                lines.append(f"  {finding.where}: {finding.says}")
                lines += [f"      {line}" for line in finding.derivation]
        return "\n".join(lines)

    def as_json(self) -> str:
        """For programs: the findings with all their fields."""
        content = {
            "n_numbers": self.n_numbers,
            "findings": [asdict(finding) for finding in self.findings],
        }
        return json.dumps(content, indent=2, ensure_ascii=False)


def audit(groups: Iterable[Group], *, label_window: int | None = None, seed: int = 0) -> Audit:
    """Derive what published tables imply, and what in them contradicts itself.

    Args:
        groups: splits of tables about one target (`read_published`, `published`).
        label_window: days that the label of a classification is supposed to read, where its table
            does not say how long events last; None for no supposition.
        seed: of the simulated paths; the same seed gives the same audit.

    Raises:
        AuditError: the supposed window is shorter than two days.
    """
    if label_window is not None and label_window < 2:
        raise AuditError(f"a label window of {label_window} days: it reads at least 2")
    tables = tuple(groups)
    findings = [finding for group in tables for finding in contradictions(group)]
    findings += persistence_findings(tables, seed)
    for group in tables:
        findings += scale_findings(group)
        findings += classification_findings(group, label_window)
    order = list(SEVERITIES)
    findings.sort(key=lambda finding: order.index(finding.severity))
    numbers = sum(len(row) for group in tables for row in group.rows.values())
    return Audit(tuple(findings), numbers)


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
