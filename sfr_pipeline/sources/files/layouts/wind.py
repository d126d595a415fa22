"""Exports of Wind: its economic database (EDB), dates down or across, and series of the terminal.

Also read so are tables of the same shape that do not say whose they are: rows such as 指标名称,
频率, 单位, 指标ID and 来源 above the data, and perhaps 数据来源：Wind below.
"""

from sfr_pipeline.sources.files.layouts.chinese import CODES, LABELS, NAMING
from sfr_pipeline.sources.files.layouts.headed import Words, labels_in, read_headed, speaks_of
from sfr_pipeline.sources.files.layouts.interface import ReadSeries
from sfr_pipeline.sources.files.opening import Sheet

MARKS = ("来源:wind", "source:wind", "万得", "winddata", "windinfo")
# That many of a head's labels, without the vendor's name, are enough.
ENOUGH = {"frequency", "unit", "id"}


class Wind:
    """See the module."""

    name = "Wind"

    def recognises(self, sheet: Sheet) -> bool:
        """See `SeriesLayout.recognises`."""
        labels = labels_in(sheet)
        roles = {LABELS[label] for label in labels if label in LABELS}
        return (
            bool(labels & NAMING)
            or (bool(labels & CODES) and "date" in roles and len(sheet.rows[0][1]) > 1)
            or roles >= ENOUGH
            or speaks_of(sheet, MARKS)
        )

    def read(self, sheet: Sheet) -> ReadSeries:
        """See `SeriesLayout.read`."""
        return read_headed(sheet, Words(self.name, LABELS))
