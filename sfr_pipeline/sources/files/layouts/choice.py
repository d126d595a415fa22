"""Exports of Choice, the terminal of East Money: a head like Wind's, and its own name in a note."""

from sfr_pipeline.sources.files.layouts.chinese import LABELS
from sfr_pipeline.sources.files.layouts.headed import Words, read_headed, speaks_of
from sfr_pipeline.sources.files.layouts.interface import ReadSeries
from sfr_pipeline.sources.files.opening import Sheet

MARKS = ("东方财富", "choice数据", "source:choice", "来源:choice", "choicedata", "eastmoney")


class Choice:
    """See the module."""

    name = "Choice"

    def recognises(self, sheet: Sheet) -> bool:
        """See `SeriesLayout.recognises`."""
        return speaks_of(sheet, MARKS)

    def read(self, sheet: Sheet) -> ReadSeries:
        """See `SeriesLayout.read`."""
        return read_headed(sheet, Words(self.name, LABELS))
