"""What a published table of forecasts or classifications implies, derived from its numbers alone.

Belongs here: arithmetic on printed numbers, with its derivation. Does not belong here: scores of
forecasts that one has (the modules beside this package).
"""

from sfr_pipeline.evaluation.audit.auditing import Audit, audit
from sfr_pipeline.evaluation.audit.finding import Finding
from sfr_pipeline.evaluation.audit.printed import Printed
from sfr_pipeline.evaluation.audit.table import Group, published, read_published

__all__ = ["Audit", "Finding", "Group", "Printed", "audit", "published", "read_published"]
