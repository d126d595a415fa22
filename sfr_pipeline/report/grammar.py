"""The words that charts are made of: the axis of time, lines, shades, events, the pointer.

Belongs here: pieces that two legs use. Does not belong here: a whole chart, which stands in the
`charts` of its leg.

All charts over time look through one window, which the page's script moves: parameters ``begin``
and ``end``, milliseconds or null. Days are UTC throughout, so that no reader's time zone moves a
month's end into the month before or behind it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from sfr_pipeline.report.chart import TABLE
from sfr_pipeline.report.style import INK, MUTED, STRESS

if TYPE_CHECKING:
    import altair as alt

_View = TypeVar("_View", "alt.LayerChart", "alt.FacetChart", "alt.VConcatChart")

# Names of events stand on some lines in turn; height of one, and width of a letter, in pixels.
EVENT_LINES, LINE_HEIGHT, LETTER_WIDTH = 4, 13, 6
# Every label of an axis of time names its year: for which there is room, nobody knows beforehand.
DAY_LABEL = (
    "utcFormat(datum.value, utcdate(datum.value) > 1 ? '%-d %b %Y' : "
    "utcmonth(datum.value) > 0 ? '%b %Y' : '%Y')"
)
# Pixels around a plot in which a label of its axis may end.
AXIS_ROOM = 5
# Most days of a chart that can be pointed at without zooming in.
PLACES = 800


@dataclass(frozen=True)
class Line:
    """How one column of a chart's table is drawn.

    Attributes:
        label: in the legend and beside the pointer.
        colour: of the line.
        dash: lengths of stroke and gap; none is a whole line.
        width: in pixels.
    """

    label: str
    colour: str
    dash: tuple[int, ...] = ()
    width: float = 1.4


def rows(name: str = TABLE) -> "alt.NamedData":
    """The rows of a chart, or those beside it by their name."""
    import altair as alt

    return alt.NamedData(name)


def time_axis(column: str = "ref_date", **more: Any) -> "alt.X":
    """Days on the horizontal axis, as far as the window shows them."""
    import altair as alt

    scale = alt.Scale(
        type="utc",
        domainMin=alt.ExprRef("begin"),
        domainMax=alt.ExprRef("end"),
    )
    # Words that would reach beyond the last day are left out: there is no room for them.
    axis = alt.Axis(grid=False, labelExpr=DAY_LABEL, labelBound=AXIS_ROOM)
    return alt.X(f"{column}:T", scale=scale, title=None, axis=axis, **more)


def within(chart: "alt.Chart", column: str = "ref_date", until: str | None = None) -> "alt.Chart":
    """The rows of a chart that the window shows, so that the height follows them.

    Args:
        chart: over time.
        column: where a row begins.
        until: where it ends; of none, where it begins.
    """
    after = f"(begin === null || time(toDate(datum['{until or column}'])) >= begin)"
    before = f"(end === null || time(toDate(datum['{column}'])) <= end)"
    return chart.transform_filter(f"{after} && {before}")


def over_time(*layers: "alt.Chart | alt.LayerChart", height: int) -> "alt.LayerChart":
    """Layers as one chart that looks through the page's window, which dragging over it sets."""
    import altair as alt

    layered = alt.LayerChart(layer=layers).properties(width="container", height=height)
    return looking_through(layered)


def panels(
    *layers: "alt.Chart", by: str, names: Mapping[str, str], height: int, columns: int = 2
) -> "alt.FacetChart":
    """Layers over the chart's table as a panel for each value of a column.

    Args:
        layers: over ``rows()``.
        by: column of the chart's table.
        names: of the panels by its values, in their order.
        height: of one panel, in pixels.
        columns: of panels, on a page that is wide enough.
    """
    import altair as alt

    for layer in layers:
        # The rows are split among the panels only where layers have none of their own.
        layer.data = alt.Undefined
    header = alt.Header(labelExpr=called(names, "datum.value"))
    facet = alt.Facet(f"{by}:N", sort=list(names), header=header, title=None)
    one = alt.LayerChart(layer=layers, data=rows()).properties(height=height)
    return looking_through(one.facet(facet, columns=columns))


def looking_through(view: "_View") -> "_View":
    """A view of one part or of several, over time, that looks through the page's window."""
    import altair as alt

    begin, end = (alt.param(name=name, value=None) for name in ("begin", "end"))
    looking: _View = view.add_params(begin, end)
    return looking


def called(names: Mapping[str, str], what: str = "datum.label") -> str:
    """Expression for the name of an axis's, a legend's or a row's value.

    Args:
        names: by value.
        what: expression for the value.
    """
    return f"{json.dumps(dict(names))}[{what}]"


def lines(
    columns: Mapping[str, Line],
    x: str = "ref_date",
    title: str = "standard deviations",
    name: str = TABLE,
    **y: Any,
) -> "alt.Chart":
    """A line for each of some columns; a click on the legend shows one, and more clicks more.

    Args:
        columns: of the chart's table, and how each is drawn.
        x: column of the days.
        title: of the vertical axis.
        name: of the rows beside the chart that are drawn instead of its table.
        y: more arguments of the vertical axis, such as ``scale``.
    """
    import altair as alt

    names = list(columns)
    styles = list(columns.values())
    labels = {name: line.label for name, line in columns.items()}
    legend = alt.Legend(labelExpr=called(labels))
    chosen = legend_choice("line")
    base = within(alt.Chart(rows(name)), x).transform_fold([*names], as_=["line", "value"])
    return (
        base.mark_line(clip=True, interpolate="linear")
        .encode(
            x=time_axis(x),
            y=alt.Y("value:Q", title=title, **y),
            color=alt.Color(
                "line:N",
                scale=alt.Scale(domain=names, range=[line.colour for line in styles]),
                legend=legend,
                sort=names,
            ),
            strokeDash=alt.StrokeDash(
                "line:N",
                scale=alt.Scale(domain=names, range=[list(line.dash) or [1, 0] for line in styles]),
                legend=legend,
                sort=names,
            ),
            strokeWidth=alt.StrokeWidth(
                "line:N",
                scale=alt.Scale(domain=names, range=[line.width for line in styles]),
                legend=legend,
                sort=names,
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.08)),
        )
        .add_params(chosen)
    )


def legend_choice(field: str) -> "alt.Parameter":
    """What a click on the legend chooses; more clicks choose more."""
    import altair as alt

    return alt.selection_point(name="chosen", fields=[field], bind="legend", toggle="true")


def pointer(
    columns: Mapping[str, str],
    x: str = "ref_date",
    digits: int = 2,
    day: str = "%B %Y",
    picks: bool = False,
    name: str = "at",
) -> "alt.Chart":
    """A rule at the pointer, and the values of that day beside it.

    Args:
        columns: of the chart's table, and what each is called.
        x: column of the days.
        digits: behind the point.
        day: how a day is written.
        picks: whether a click picks the day nearest to it, as selection ``picked``.
        name: of its selection, which is one of the picture's.
    """
    import altair as alt

    at = alt.selection_point(
        name=name, nearest=True, on="pointerover", clear="pointerout", fields=[x], empty=False
    )
    told = [alt.Tooltip("told_day:N", title="at")]
    words = {"told_day": f"utcFormat(toDate(datum['{x}']), '{day}')"}
    for place, (column, label) in enumerate(columns.items()):
        value = f"datum[{json.dumps(column)}]"
        # Vega writes what is missing as 0.00.
        words[f"told_{place}"] = f"isValid({value}) ? format({value}, '.{digits}f') : '–'"
        told.append(alt.Tooltip(f"told_{place}:N", title=label))
    rule = (
        within(alt.Chart(rows()), x)
        # A place to point at for each pixel is enough, and counts from the newest day: thousands of
        # them take seconds to draw. Zoomed in, every day has its own. Without groups of their own
        # both transforms would break a picture of several panels.
        .transform_window(place="row_number()", groupby=[])
        .transform_joinaggregate(n_places="count()", groupby=[])
        .transform_filter(f"(datum.n_places - datum.place) % ceil(datum.n_places / {PLACES}) === 0")
        .transform_calculate(**words)
        .mark_rule(color=MUTED)
        .encode(
            x=time_axis(x),
            opacity=alt.condition(at, alt.value(0.7), alt.value(0)),
            tooltip=told,
        )
        .add_params(at)
    )
    if not picks:
        return rule
    return rule.add_params(
        alt.selection_point(name="picked", nearest=True, on="click", fields=[x], toggle=False)
    )


def month_of(column: str) -> dict[str, str]:
    """Expressions of ``month_begin`` and ``month_end``, between which a month is a tile.

    Args:
        column: of the chart's table, a day of the month.
    """
    month = ", ".join(f"{part}(toDate(datum.{column}))" for part in ("utcyear", "utcmonth"))
    # A tile reaches a little into the next month's, so that no seam shows between them.
    return {"month_begin": f"utc({month}, 1)", "month_end": f"utc({month} + 1, 4)"}


def upright(at: float) -> "alt.Chart":
    """A line from top to bottom, such as where a score says nothing."""
    import altair as alt

    return _once().mark_rule(color=INK, strokeWidth=0.8).encode(x=alt.datum(at))


def zero(at: float = 0) -> "alt.Chart":
    """A line across, such as where an index is neither high nor low."""
    import altair as alt

    return _once().mark_rule(color=MUTED, strokeWidth=0.7).encode(y=alt.datum(at))


def _once() -> "alt.Chart":
    """One mark, however many rows, and in each panel: inline rows would be lost to the page's."""
    import altair as alt

    return alt.Chart(rows()).transform_aggregate(n="count()")


def shades(name: str, colour: str = STRESS) -> "alt.Chart":
    """Shaded spans of time, from rows ``begin`` and ``end`` beside the chart."""
    import altair as alt

    spans = within(alt.Chart(rows(name)), "begin", until="end")
    return spans.mark_rect(color=colour, clip=True).encode(x=time_axis("begin"), x2="end:T")


def spans(days: pd.Series, on: pd.Series, before: pd.DateOffset | None = None) -> pd.DataFrame:
    """Runs of days on which something was on, as rows for `shades`.

    Args:
        days: in order.
        on: whether it was, day by day.
        before: what a row's day stands at the end of, such as a month.
    """
    runs = (on != on.shift()).cumsum()
    found = days[on].groupby(runs[on]).agg(["min", "max"])
    begin = found["min"] - before if before is not None else found["min"]
    return pd.DataFrame({"begin": begin, "end": found["max"]}).reset_index(drop=True)


def events(name: str = "events") -> "alt.LayerChart":
    """Named onsets from rows of `event_marks` beside the chart."""
    import altair as alt

    marks = within(alt.Chart(rows(name)), "onset")
    rule = marks.mark_rule(color=MUTED, strokeDash=[4, 3], strokeWidth=0.8, clip=True)
    # A name runs to the left of its line where it would not end before the right edge, and as far
    # as there is room; the line tells the whole of it.
    left, right = "scale('x', toDate(datum.onset))", "(width - scale('x', toDate(datum.onset)))"
    late = f"{right} < {LETTER_WIDTH} * length(datum.name) && {left} > {right}"
    text = marks.mark_text(
        baseline="top",
        fontSize=10,
        color=MUTED,
        align=alt.expr(f"{late} ? 'right' : 'left'"),
        dx=alt.expr(f"{late} ? -3 : 3"),
        limit=alt.expr(f"{late} ? {left} : {right}"),
        y=alt.expr(f"{LINE_HEIGHT} * datum.place"),
    )
    return alt.LayerChart(
        layer=[
            rule.encode(x=time_axis("onset"), tooltip=["name:N"]),
            text.encode(x=time_axis("onset"), text="name:N"),
        ]
    )


def event_marks(found: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """The events of a span as rows for `events`: neighbours on different lines.

    Args:
        found: columns ``name`` and ``onset``.
        first: day of the chart.
        last: day of the chart.
    """
    shown = found[found["onset"].between(first, last)].sort_values("onset", ignore_index=True)
    return shown[["name", "onset"]].assign(place=shown.index % EVENT_LINES)
