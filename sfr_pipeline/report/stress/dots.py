"""Estimates with intervals beside each other, and how several of a row are set apart.

Belongs here: what charts of scores share. Does not belong here: a chart (`charts`,
`volatility_charts`), nor what all legs share (`report.grammar`).
"""

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sfr_pipeline.report.grammar import called, legend_choice, rows

if TYPE_CHECKING:
    import altair as alt

# Pixels of a row's line, between rows, and of a row at least, whose name may take two lines.
LINE, GAP, ROW = 9, 9, 26
# Characters of a line of a name, so that on a phone too the dots have room beside it, and pixels.
NAME, NAME_LINE = 24, 11


def height_of(n_rows: int, n_lines: int) -> int:
    """Height of a picture in pixels.

    Args:
        n_rows: such as models.
        n_lines: of each row, such as one for each measure.
    """
    return max(n_rows * max(n_lines * LINE + GAP, ROW), 60)


def row_axis(column: str, names: Mapping[str, str]) -> "alt.Y":
    """Rows by id, in the order of ``names``, which readers see."""
    import altair as alt

    told = {value: textwrap.wrap(name, NAME) for value, name in names.items()}
    words = json.dumps(told)
    # Of several lines the first one stands at the middle of its row. The last line across has no
    # value.
    up = {"test": f"length({words}[datum.value] || []) > 1", "value": -NAME_LINE / 2}
    axis = alt.Axis(
        labelExpr=f"{words}[datum.label]",
        labelOffset={"condition": up, "value": 0},
        labelLineHeight=NAME_LINE,
        # What runs across the picture keeps a row with its name.
        grid=True,
        tickBand="extent",
        ticks=False,
    )
    return alt.Y(f"{column}:N", sort=list(names), title=None, axis=axis)


def lines_of(column: str, order: Sequence[str]) -> dict[str, Any]:
    """Encoding that sets apart what a row has several of."""
    import altair as alt

    # A step of nothing at both ends keeps rows apart.
    scale = alt.Scale(domain=list(order), paddingOuter=0.5)
    return {"yOffset": alt.YOffset(f"{column}:N", sort=list(order), scale=scale)}


def coloured(
    column: str,
    colours: Mapping[str, str],
    names: Mapping[str, str] | None = None,
    symbol: str = "circle",
) -> "alt.Color":
    """Colours by value, in the order of ``colours``.

    Args:
        column: of the rows.
        colours: by its values.
        names: that readers see; of none the values themselves.
        symbol: of the legend: ``circle``, or ``stroke`` for lines.
    """
    import altair as alt

    return alt.Color(
        f"{column}:N",
        sort=list(colours),
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=_legend(names, symbolType=symbol, symbolOpacity=1),
    )


def shaped(
    column: str, shapes: Mapping[str, str], names: Mapping[str, str] | None = None
) -> "alt.Shape":
    """Shapes by value, in the order of ``shapes``; names as those of `coloured`."""
    import altair as alt

    return alt.Shape(
        f"{column}:N",
        sort=list(shapes),
        scale=alt.Scale(domain=list(shapes), range=list(shapes.values())),
        legend=_legend(names),
    )


def dashed(
    column: str, dashes: Mapping[str, Sequence[int]], names: Mapping[str, str] | None = None
) -> "alt.StrokeDash":
    """Dashes by value, for lines that are `coloured` too, so that grey print tells them apart.

    Args:
        column: of the rows.
        dashes: lengths of stroke and gap by its values; none is a whole line.
        names: as those of the colours.
    """
    import altair as alt

    lengths = [list(dash) or [1, 0] for dash in dashes.values()]
    return alt.StrokeDash(
        f"{column}:N",
        sort=list(dashes),
        scale=alt.Scale(domain=list(dashes), range=lengths),
        # One legend tells both only where both have the same one.
        legend=_legend(names, symbolType="stroke", symbolOpacity=1),
    )


def _legend(names: Mapping[str, str] | None, **look: Any) -> "alt.Legend":
    import altair as alt

    if names is not None:
        look["labelExpr"] = called(names)
    return alt.Legend(**look)


def day_of(column: str) -> str:
    """Expression of a day in words: the same one in every reader's time zone."""
    return f"utcFormat(toDate(datum.{column}), '%Y-%m-%d')"


def toggled(column: str) -> tuple["alt.Parameter", Any]:
    """A choice that a click on the legend makes, and the opacity that follows it."""
    import altair as alt

    chosen = legend_choice(column)
    return chosen, alt.condition(chosen, alt.value(0.9), alt.value(0.06))


def dots(
    value: str, low: str, high: str, *, x: "alt.X", tooltip: Sequence[Any], line: str, **look: Any
) -> list["alt.Chart"]:
    """Estimates with their intervals, as layers.

    Args:
        value: column of the estimate.
        low: column of the lower end.
        high: column of the upper end.
        x: axis of the estimate.
        tooltip: what the pointer tells.
        line: of their row, see `lines_of`.
        look: encodings of both, among them ``y``; of the estimate alone ``shape``.
    """
    import altair as alt

    shape = {"shape": look.pop("shape")} if "shape" in look else {}
    base = alt.Chart(rows()).transform_calculate(line=json.dumps(line))
    across = base.mark_rule(strokeWidth=1.4).encode(
        x=alt.X(f"{low}:Q"), x2=f"{high}:Q", tooltip=tooltip, **look
    )
    middle = base.mark_point(filled=True, size=46).encode(x=x, tooltip=tooltip, **look, **shape)
    return [across, middle]
