"""The tables that markets publish: names, columns, units, keys, and what must hold.

Parquet schemas, blocking checks, comments in DuckDB and the data dictionary derive from here.
"""

from sfr_pipeline.storage.tables.comparison import COMPARISON_TABLES, REFERENCE_COMPARISON
from sfr_pipeline.storage.tables.opinion import (
    NPOI,
    NPOI_SCALING,
    OPINION_TABLES,
    POSTS,
    POSTS_REJECTED,
    SENTIMENT,
)
from sfr_pipeline.storage.tables.risk import (
    DIMENSION_CORRELATIONS,
    DIMENSION_INDICES,
    EVENTS,
    INDICATOR_PANEL,
    INDICATOR_STATISTICS,
    INDICATORS,
    MISSING_INDICATORS,
    PRICES,
    REGIME_PARAMETERS,
    REGIMES,
    RISK_TABLES,
    SFRI,
    SFRI_CONTRIBUTIONS,
    SFRI_VINTAGES,
    SFRI_WEIGHTS,
)
from sfr_pipeline.storage.tables.synthetic import TRUTH

TABLES = (*RISK_TABLES, *COMPARISON_TABLES, *OPINION_TABLES, TRUTH)

__all__ = [
    "COMPARISON_TABLES",
    "DIMENSION_CORRELATIONS",
    "DIMENSION_INDICES",
    "EVENTS",
    "INDICATORS",
    "INDICATOR_PANEL",
    "INDICATOR_STATISTICS",
    "MISSING_INDICATORS",
    "NPOI",
    "NPOI_SCALING",
    "OPINION_TABLES",
    "POSTS",
    "POSTS_REJECTED",
    "PRICES",
    "REFERENCE_COMPARISON",
    "REGIMES",
    "REGIME_PARAMETERS",
    "RISK_TABLES",
    "SENTIMENT",
    "SFRI",
    "SFRI_CONTRIBUTIONS",
    "SFRI_VINTAGES",
    "SFRI_WEIGHTS",
    "TABLES",
    "TRUTH",
]
