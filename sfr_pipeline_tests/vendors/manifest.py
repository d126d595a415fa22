"""All made-up files with what they say: `RECORDS`, and `MADE` with what writes them.

One of each layout is broken in a way that such files are, and named with its mended file.
"""

from pathlib import Path

from sfr_pipeline_tests.vendors.china_prices import wind_terminal
from sfr_pipeline_tests.vendors.choice_ifind import choice, ifind
from sfr_pipeline_tests.vendors.csmar_ceic import ceic, csmar
from sfr_pipeline_tests.vendors.fred import fred
from sfr_pipeline_tests.vendors.official import nfra, pboc
from sfr_pipeline_tests.vendors.opinion_files import exports, labelled
from sfr_pipeline_tests.vendors.records import Made, Record
from sfr_pipeline_tests.vendors.stooq_investing import investing, stooq
from sfr_pipeline_tests.vendors.wind import wind
from sfr_pipeline_tests.vendors.yahoo import yahoo
from sfr_pipeline_tests.vendors.yfinance import yfinance

FILES = Path(__file__).parent / "files"

MADE: tuple[Made, ...] = (
    *wind(),
    *wind_terminal(),
    *choice(),
    *ifind(),
    *csmar(),
    *ceic(),
    *fred(),
    *yahoo(),
    *yfinance(),
    *stooq(),
    *investing(),
    *pboc(),
    *nfra(),
    *exports(),
    *labelled(),
)
RECORDS: tuple[Record, ...] = tuple(made.record for made in MADE)


def record(path: str) -> Record:
    """The record of a path below `files/`. Raises KeyError."""
    return {found.path: found for found in RECORDS}[path]
