"""Downloads of FRED: one series or several, of all times of its pages, and FRED-MD and FRED-QD.

Names are its ids, in capital letters; '.' stands for a value that is not there. Workbooks of its
graphs have furniture above the data, and FRED-MD a row ``Transform:`` of codes.
"""

import re
from functools import partial

from sfr_pipeline.sources.files.known import same_name
from sfr_pipeline.sources.files.layouts.dates import date_of
from sfr_pipeline.sources.files.layouts.headed import (
    HEADS,
    TOLD,
    Words,
    filled,
    read_headed,
    text_of,
)
from sfr_pipeline.sources.files.layouts.interface import ReadSeries
from sfr_pipeline.sources.files.opening import Sheet

DATES = ("observation_date", "DATE")
FRED_MD = "sasdate"
ID = re.compile(r"[A-Z][A-Z0-9_.&:]*", re.ASCII)
LABELS = {
    "observation_date": "date", "date": "date", "sasdate": "date", "seriesid": "id",
    "title": "name", "units": "unit", "unit": "unit", "frequency": "frequency",
    "transform": TOLD, "transform:": TOLD, "factors": TOLD, "fredgraphobservations": TOLD,
    "seasonaladjustment": TOLD, "source": TOLD, "release": TOLD, "daterange": TOLD,
    "lastupdated": TOLD, "notes": TOLD, "link": TOLD, "help": TOLD,
}  # fmt: skip


class Fred:
    """See the module."""

    name = "FRED"

    def recognises(self, sheet: Sheet) -> bool:
        """See `SeriesLayout.recognises`."""
        for _, cells in sheet.rows[:HEADS]:
            texts = [text_of(cell) for cell in filled(cells)]
            if texts[:1] == [FRED_MD] and len(texts) > 1:
                return True
            if texts[:1] in ([DATES[0]], [DATES[1]]):
                return len(texts) > 1 and all(ID.fullmatch(text) for text in texts[1:])
        return False

    def read(self, sheet: Sheet) -> ReadSeries:
        """See `SeriesLayout.read`."""
        first = {text_of(next(iter(filled(cells)), None)) for _, cells in sheet.rows[:HEADS]}
        american = FRED_MD in first
        labels = {same_name(label): role for label, role in LABELS.items()}
        return read_headed(sheet, Words(self.name, labels, partial(date_of, american=american)))
