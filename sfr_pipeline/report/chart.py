"""A chart, defined once: its rows, its picture over them, and the two forms that it takes.

Belongs here: what makes a picture a chart of a page (title, words for who can't see it, the rows
behind it), and its renderings, for the page and as PNG. Does not belong here: how a line or an axis
looks: that is the `grammar`; nor what a chart shows, which stands in the `charts` of its leg.
"""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from sfr_pipeline.report.style import CONFIG, MUTED, RISK

if TYPE_CHECKING:
    import altair as alt

TABLE = "table"
"""Name under which a picture finds its chart's rows."""

# Of pictures without a page around them; and digits of numbers in a page, which are enough to draw
# and to compute with, and a third of the bytes.
PNG_WIDTH, PNG_SCALE, N_COLOURS, DIGITS = 860, 1.2, 64, 7


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        title: what it shows, in a few words.
        description: what there is to see, in a sentence or two, for who can't see it.
        table: the rows behind it, columns named as in the warehouse: what a reader takes away as
            CSV. Days are timestamps.
        picture: over ``NamedData("table")``, and over those of ``beside`` by their names; of a
            single view ``container`` is its width.
        beside: more rows that the picture needs, such as marks of events; no part of the CSV.
    """

    title: str
    description: str
    table: pd.DataFrame
    picture: "alt.TopLevelMixin"
    beside: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def specification(self) -> dict[str, Any]:
        """The picture as Vega-Lite, without rows."""
        # A fault of a picture shows in the tests; to check each one here costs a tenth of a second.
        found: dict[str, Any] = self.picture.to_dict(validate=False)
        return found | {"config": CONFIG, "background": "white"}


def nothing(title: str, why: str) -> Chart:
    """A chart of what is not there yet, and why."""
    import altair as alt

    table = pd.DataFrame({"why": [why]})
    said = alt.Chart(alt.NamedData(TABLE)).mark_text(color=MUTED, fontSize=12)
    picture = said.encode(text="why:N").properties(width="container", height=60)
    return Chart(title, f"Nothing is drawn: {why}.", table, picture)


def embedded(chart: Chart) -> dict[str, Any]:
    """The chart as the page's script reads it: specification, and its rows by column."""
    rows = {TABLE: chart.table, **chart.beside}
    return {
        "title": chart.title,
        "spec": chart.specification(),
        "rows": {name: _columns(frame) for name, frame in rows.items()},
    }


def as_script(value: object) -> str:
    """A value as JSON that no text in it can end the script around it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def to_png(chart: Chart, synthetic: bool = False, scale: float = PNG_SCALE) -> bytes:
    """Render for the Dagster UI and the documentation.

    Args:
        chart: to draw.
        synthetic: whether to say that nothing in it happened.
        scale: pixels a unit; a chart is 860 units wide.
    """
    import vl_convert

    spec = chart.specification()
    spec["datasets"] = {
        name: _records(frame) for name, frame in {TABLE: chart.table, **chart.beside}.items()
    }
    subtitle = {"subtitle": "SYNTHETIC DATA", "subtitleColor": RISK} if synthetic else {}
    spec["title"] = {"text": chart.title, "anchor": "start", **subtitle}
    _widen(spec, PNG_WIDTH)
    return _with_few_colours(vl_convert.vegalite_to_png(spec, scale=scale))


def _with_few_colours(png: bytes) -> bytes:
    """The same picture in a fifth of the bytes, which Dagster's log keeps for every run."""
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(N_COLOURS).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def _widen(spec: dict[str, Any], width: int) -> None:
    """Give every view of a specification a width in the place of its container's."""
    if "spec" in spec:
        columns = spec.get("columns") or 1
        spec["spec"]["width"] = width // columns - 40
    elif parts := spec.get("hconcat") or spec.get("concat"):
        columns = spec.get("columns") or len(parts)
        for part in parts:
            _widen(part, width // columns - 40)
    elif parts := spec.get("vconcat"):
        for part in parts:
            _widen(part, width)
    else:
        spec["width"] = width


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): _plain(frame[name]) for name in frame.columns}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = _columns(frame)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    """Values that JSON has: days as text, numbers of few digits, None where there is none."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in column]
    if pd.api.types.is_bool_dtype(column):
        return [bool(value) for value in column]
    if pd.api.types.is_integer_dtype(column) and not column.isna().any():
        return [int(value) for value in column]
    if pd.api.types.is_numeric_dtype(column):
        # Neither is there a number without end in JSON.
        numbers = column.astype("float64").tolist()
        return [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in numbers]
    return [None if pd.isna(value) else value for value in column]
