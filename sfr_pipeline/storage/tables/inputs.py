"""Tables of the inputs: what sources and files delivered, before anything is made of it."""

from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.tables.columns import MONTH, number

PRICES = Table(
    name="prices",
    description="Daily prices of the market's instruments, the newest version of each: as quoted, "
    "times adjustment, to the end of the sample or of the stress leg's days. What was delivered "
    "when is in table deliveries.",
    columns=(
        Column("date", "date", "Trading day"),
        Column("symbol", "string", "Instrument, as the catalogue names it"),
        number("open", "First price of the day", "unit of the instrument", nullable=True),
        number("high", "Highest price of the day", "unit of the instrument", nullable=True),
        number("low", "Lowest price of the day", "unit of the instrument", nullable=True),
        number("close", "Last price of the day", "unit of the instrument"),
        Column("volume", "double", "Traded volume", "as delivered", nullable=True, minimum=0),
        Column(
            "adjustment",
            "double",
            "Factor on the quotes for all payouts and splits up to the day, where the source tells "
            "them; 1 on the first day, so that a payout changes no price before it",
            minimum=0,
        ),
    ),
    key=("date", "symbol"),
)

SERIES = Table(
    name="series",
    description="Every raw series and published index of the catalogue as its source or file gave "
    "it last, before series are combined or continued by one another; what was delivered beyond "
    "the end of the sample stands here too. What was delivered when is in table deliveries.",
    columns=(
        Column("series", "string", "Series or published index, as the catalogue names it"),
        Column(
            "ref_date",
            "date",
            "Day, or last day of the month or quarter, that the value speaks of",
        ),
        number("value", "Value as delivered", "unit of the series"),
        Column(
            "available_at",
            "date",
            "First day on which a value of the period could be known: what the source or file "
            "says, else the end of the period plus the release lag of the catalogue, which for "
            "published indices is none unless it says so",
        ),
        Column(
            "revised_at",
            "date",
            "First day on which this version of the value could be known, where it is a later one",
            nullable=True,
        ),
        Column("source", "string", "Where the value comes from: source and code, or file"),
    ),
    key=("series", "ref_date"),
)

MISSING_SERIES = Table(
    name="missing_series",
    description="Series and published indices of the catalogue that the table series lacks, each "
    "with its reason, as of the same run.",
    columns=(
        Column("series", "string", "Series or published index, as the catalogue names it"),
        Column("name", "string", "Name for readers"),
        Column(
            "cause",
            "string",
            "no_source: no file, and no open source is known; not_asked: no file, and sources may "
            "not be asked; failed: the source was asked and did not deliver",
            allowed=("no_source", "not_asked", "failed"),
        ),
        Column("reason", "string", "Why it is missing"),
        Column("remedy", "string", "What would bring it"),
    ),
    key=("series",),
)

TRUTH = Table(
    name="truth",
    description="What a synthetic market was made from, for measuring how well it is recovered.",
    columns=(
        MONTH,
        Column(
            "variable",
            "string",
            "factor, regime (1: high risk), sentiment, or loading of an indicator (loading.ID)",
        ),
        number("value", "True value"),
    ),
    key=("ref_date", "variable"),
)

INPUT_TABLES = (PRICES, SERIES, MISSING_SERIES, TRUTH)
