"""Tables of daily prices: judged, cleaned, and what is measured of them.

Belongs here: what the stress leg and that of volatility read. Does not belong here: what they make
of it (`stress`).
"""

from sfr_pipeline.econometrics.quotes import KINDS
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.tables.columns import number

DAY = Column("date", "date", "Day at whose close everything used was known")

# What may be odd about prices, in a reader's words: what is told of single bars, then of the rest.
PRICE_ISSUES = KINDS | {
    "absent": "no prices at all",
    "missing": "no close on days of the calendar between others",
    "off_calendar": "closes on other days",
    "short": "begins later, or ends earlier, than the calendar",
    "stale_month": "months of trading days most of whose returns are zero",
    "negative": "price of zero or less",
    "no_volume": "days of no volume",
    "outlier": "return far from those of the year before",
    "tick": "one in a currency that is a false quote",
    "clipped": "return of a future beyond its bound",
    "twin": "the same closes as another instrument",
}

PRICES_QUALITY = Table(
    name="prices_quality",
    description="What is odd about the daily prices, and what is done about it when features and "
    "labels are built. Table prices itself stays as delivered.",
    columns=(
        Column("symbol", "string", "Instrument, as the catalogue names it"),
        Column("date", "date", "Day of the oddity; of a stretch the first one"),
        Column(
            "issue",
            "string",
            "; ".join(f"{issue}: {words}" for issue, words in PRICE_ISSUES.items()),
            allowed=tuple(PRICE_ISSUES),
        ),
        number(
            "value",
            "Days, ratio of closes or of high to low, close over its bound or over the middle of "
            "its bar, price, share of days (of a stale stretch the largest of its months), return, "
            "or robust z of an outlier",
            nullable=True,
        ),
        Column("n_days", "int", "Trading days that it concerns", minimum=1),
        Column("action", "string", "What is done when features and labels are built"),
    ),
    key=("symbol", "date", "issue"),
)

DAILY_FEATURES = Table(
    name="daily_features",
    description="Features of the daily networks and rules, all known at the close of the day; "
    "what is estimated is estimated on the past.",
    columns=(
        DAY,
        Column("feature", "string", "Identifier: sub-market or symbol, then measure"),
        number("value", "Its value; stationary by construction, never a raw level"),
    ),
    key=("date", "feature"),
)

DAILY_QUOTES = Table(
    name="daily_quotes",
    description="Prices of the instruments of the stress leg, cleaned and on the trading days of "
    "its calendar. Nothing later than the day is looked at.",
    columns=(
        DAY,
        Column("symbol", "string", "Instrument, as the catalogue names it"),
        number("close", "Close; for some days the last one where there is none; missing where it "
               "is known to stand still", nullable=True),
        Column("no_move", "bool", "Whether the move from the close before to this one is none of "
               "the market: a split, another unit, a close away from its bar or back"),
        number("log_range", "Log of high over low; missing where they cannot be right",
               nullable=True),
        number("volume", "Volume; missing where there is none or zero, or a day repeats the one "
               "before", nullable=True),
    ),
    key=("date", "symbol"),
)  # fmt: skip

DAILY_RETURNS = Table(
    name="daily_returns",
    description="Daily returns of the sub-markets and of the companions beside them, cleaned: "
    "false quotes of currencies are no moves, those of futures are bounded.",
    columns=(
        DAY,
        Column("sub_market", "string", "Identifier of sub-market or companion in the catalogue"),
        number("daily_return", "Mean return of its instruments, as a fraction; missing before it "
               "begins, after it ends and on days that are left out", nullable=True),
    ),
    key=("date", "sub_market"),
)  # fmt: skip
