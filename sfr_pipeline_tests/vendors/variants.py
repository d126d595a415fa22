"""Two more of each kind of fault that public reports made known, or three.

A variant is data: files as they lie in a folder, settings, words. What is right is told for the
reader in `right` and, as far as it can be held against, in `read`, `told` and `refused`.
`VARIANTS` are those with files, of the cases 3, 4, 5, 6, 9, 10, 11, 12, 14 and 18; `SETTINGS` those
of case 8, `RANGES` of 13, `FORUM` of 16, `PANELS` of 17.
"""

from sfr_pipeline_tests.vendors.variant import Variant
from sfr_pipeline_tests.vendors.variants_of_files import (
    FURNITURE,
    PAGES,
    PASSED_OVER,
    SAID_TWICE,
    YAML_TYPES,
    YFINANCE,
)
from sfr_pipeline_tests.vendors.variants_of_texts import COUNTS, ENCODINGS, LABELS
from sfr_pipeline_tests.vendors.variants_of_values import FLAT, FORUM, PANELS, RANGES, SETTINGS

__all__ = ["FORUM", "PANELS", "RANGES", "SETTINGS", "VARIANTS"]

VARIANTS: tuple[Variant, ...] = (
    *PASSED_OVER,
    *YAML_TYPES,
    *SAID_TWICE,
    *YFINANCE,
    *LABELS,
    *FLAT,
    *ENCODINGS,
    *FURNITURE,
    *PAGES,
    *COUNTS,
)
