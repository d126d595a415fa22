"""Tables of the archive: what sources delivered and when, and what has been told."""

from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.tables.columns import number

KIND = Column(
    "kind",
    "string",
    "series (raw series and published indices) or price",
    allowed=("series", "price"),
)
ITEM = Column("item", "string", "Series or instrument, as the catalogue names it")
FIELD = Column(
    "field",
    "string",
    "value of a series; of a price open, high, low, close and volume as quoted, and adjustment: "
    "the factor from the day before to this one that a payout or split brings, on such days alone",
    allowed=("value", "open", "high", "low", "close", "volume", "adjustment"),
)
PERIOD = Column(
    "ref_date", "date", "Day, or last day of the month or quarter, that the value speaks of"
)
DELIVERED_AT = Column("delivered_at", "timestamp", "When it was delivered, in UTC")
RUN = Column("run", "string", "Run that received it")

DELIVERIES = Table(
    name="deliveries",
    description="Archive of every value that a source or file ever gave and that differed from "
    "the one known before. What was known on day t, of what was delivered by moment d, are the "
    "values with available_at <= t and delivered_at <= d; of several for a period the one with the "
    "latest available_at and delivered_at counts. Nothing here is ever changed.",
    columns=(
        KIND,
        ITEM,
        FIELD,
        PERIOD,
        Column(
            "available_at",
            "date",
            "First day on which the value could be known: of the first version of a value what the "
            "source or file says, else the end of its period plus the release lag of the "
            "catalogue; of a later version, and of one that did not come when it was asked for, "
            "the day of its delivery, unless the source keeps its own vintages",
        ),
        number(
            "value", "Value as delivered; missing where it was withdrawn", "unit", nullable=True
        ),
        Column(
            "assumed",
            "bool",
            "Whether available_at is the release lag of the catalogue, or of a price its own day, "
            "rather than told",
        ),
        DELIVERED_AT,
        Column("source", "string", "Where the value comes from: source and code, or file"),
        Column(
            "sha256",
            "string",
            "SHA-256 of the raw answer or file; of several, of their SHA-256s one a line; of data "
            "that ship with this project, of their values as CSV",
        ),
        RUN,
    ),
    key=("kind", "item", "field", "ref_date", "available_at", "delivered_at"),
    append_only=True,
)

REVISIONS = Table(
    name="revisions",
    description="What each delivery changed: every later version of a value that was known before, "
    "and every price that did not come when it should have.",
    columns=(
        KIND,
        ITEM,
        FIELD,
        PERIOD,
        Column("available_at", "date", "First day on which the new value could be known"),
        number("old_value", "Value before; missing where there was none", nullable=True),
        number("new_value", "Value since; missing where it was withdrawn", nullable=True),
        DELIVERED_AT,
        Column("source", "string", "Where the new value comes from: source and code, or file"),
        RUN,
    ),
    key=("kind", "item", "field", "ref_date", "available_at", "delivered_at"),
)

INPUT_STATUS = Table(
    name="input_status",
    description="How the last refresh went for every series and instrument that was ever "
    "delivered: a stale one keeps the values that it had, because its delivery failed or was not "
    "believed.",
    columns=(
        KIND,
        ITEM,
        Column("state", "string", "current or stale", allowed=("current", "stale")),
        Column("reason", "string", "Why it is stale; empty where it is current"),
        Column("last_ref_date", "date", "Period of its newest value"),
        Column("asked_at", "timestamp", "When it was asked for last, in UTC"),
        Column("accepted_at", "timestamp", "When a delivery of it was believed last, in UTC"),
        Column("since", "timestamp", "When it became stale, in UTC", nullable=True),
    ),
    key=("kind", "item"),
)

CATALOGUES = Table(
    name="catalogues",
    description="Versions of the market's catalogue, each from the moment when a refresh first "
    "read it: what was measured, from what and how. An edited release lag holds for values that "
    "come later; an edited direction or transform changes past estimates, which the column changed "
    "tells.",
    columns=(
        Column("read_at", "timestamp", "When a refresh first read it, in UTC"),
        Column("sha256", "string", "SHA-256 of the catalogue as JSON"),
        Column("changed", "string", "Entries that differ from the version before; empty at first"),
        Column("catalogue", "string", "The catalogue as JSON"),
        RUN,
    ),
    key=("read_at",),
    append_only=True,
)

PUBLICATIONS = Table(
    name="publications",
    description="What was told on the day, never changed afterwards: the newest readings of each "
    "refresh, with all that is needed to make them again.",
    columns=(
        Column("published_at", "timestamp", "When it was told, in UTC"),
        Column("quantity", "string", "What was told: see the column text"),
        Column("name", "string", "Model, variable or sub-market; empty where there is one alone"),
        Column("ref_date", "date", "Day or month's end that it is told from"),
        Column("target_date", "date", "Day or month's end that it speaks of"),
        number("value", "What was told", nullable=True),
        Column("text", "string", "The quantity in words"),
        Column("delivered_until", "timestamp", "Newest delivery that it rests on, in UTC"),
        Column("catalogue", "string", "SHA-256 of the catalogue, see table catalogues"),
        Column("code_version", "string", "Version of this software"),
        RUN,
    ),
    key=("published_at", "quantity", "name", "ref_date", "target_date"),
    append_only=True,
)

ARCHIVE_TABLES = (DELIVERIES, REVISIONS, INPUT_STATUS, CATALOGUES, PUBLICATIONS)
