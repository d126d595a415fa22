"""The table of the operation: what was alerted, and who was told."""

from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.tables.columns import number

EVENTS_OF_ALERTS = ("raised", "cleared", "acknowledged", "told", "untold")
SEVERITIES = ("information", "warning", "critical")

ALERTS = Table(
    name="alerts",
    description="Everything that happened to alerts, in order and never changed: raised and "
    "cleared by the market's rules, acknowledged by a reader, told to a target or not. An alert is "
    "open from raised to cleared.",
    columns=(
        Column("noted_at", "timestamp", "When it happened, in UTC"),
        Column("alert", "string", "Identifier of the alert, the same from raised to cleared"),
        Column(
            "event",
            "string",
            "raised; cleared; acknowledged (not told again before it is cleared); told; untold "
            "(the target did not take it, and is tried again)",
            allowed=EVENTS_OF_ALERTS,
        ),
        Column(
            "target",
            "string",
            "Who was told: name of the environment variable that holds the address, and its place "
            "there; empty for other events",
        ),
        Column("notice", "string", "What was told: raised or cleared; empty for other events"),
        Column("rule", "string", "Identifier of the rule in the market's rules file"),
        Column("kind", "string", "Kind of the rule"),
        Column(
            "subject",
            "string",
            "What it speaks of where a rule has several subjects, such as a series; else empty",
        ),
        Column("severity", "string", "Of the rule", allowed=SEVERITIES),
        Column("ref_date", "date", "Day or last day of the month that the value speaks of"),
        number("value", "The value that was judged; missing where the rule is gone", nullable=True),
        number("threshold", "What it was held against: raised from, or cleared below"),
        Column("text", "string", "What was found, in words"),
        Column("run", "string", "Run that judged, watch, or command"),
    ),
    key=("noted_at", "alert", "event", "target"),
    append_only=True,
)

OPERATION_TABLES = (ALERTS,)
