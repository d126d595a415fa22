"""Exports of CEIC: names first, then rows such as Region, Frequency, Unit and Series ID."""

from sfr_pipeline.sources.files.known import same_name
from sfr_pipeline.sources.files.layouts.headed import (
    TOLD,
    Words,
    label_of,
    labels_in,
    read_headed,
    speaks_of,
)
from sfr_pipeline.sources.files.layouts.interface import ReadSeries
from sfr_pipeline.sources.files.opening import Sheet

OWN = (
    "Series ID|SR Code|Trading ID|Mnemonic|Function Information|First Obs. Date|Last Obs. Date|"
    "First Observation|Last Observation|Last Update Time|Series remarks|Suggestions|Subnational"
)
OTHERS = (
    "Region|Country|Country/Region|Source|Status|Series Code|Mean|Variance|Standard Deviation|"
    "Skewness|Kurtosis|Coefficient Variation|Min|Max|Median|No. of Obs|No of Obs|Notes|Remarks|"
    "Key Series|Table|Title|Multiplier"
)
LABELS = {
    **{same_name(label): TOLD for label in f"{OWN}|{OTHERS}".split("|")},
    **{same_name(label): "name" for label in ("Name", "Series Name", "Series")},
    **{same_name(label): "date" for label in ("Date", "Time")},
    "seriesid": "id",
    "frequency": "frequency",
    "unit": "unit",
}
MARKS = frozenset(same_name(label) for label in OWN.split("|"))
# The corner of an export is a sentence, 'Select this link and click Refresh/Edit Download ...'.
CORNER = "selectthislink"


class Ceic:
    """See the module."""

    name = "CEIC"

    def recognises(self, sheet: Sheet) -> bool:
        """See `SeriesLayout.recognises`."""
        labels = labels_in(sheet)
        known = {label for label in labels if label in LABELS}
        return len(known) > 2 and (bool(known & MARKS) or speaks_of(sheet, ("ceic",)))

    def read(self, sheet: Sheet) -> ReadSeries:
        """See `SeriesLayout.read`."""
        rows = [
            (number, ["Name", *cells[1:]] if label_of(cells[0]).startswith(CORNER) else cells)
            for number, cells in sheet.rows
            if not label_of(cells[0]).startswith(CORNER) or any(map(label_of, cells[1:]))
        ]
        return read_headed(Sheet(sheet.file, rows), Words(self.name, LABELS))
