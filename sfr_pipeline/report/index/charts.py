"""The pictures of the index: one function each, from frames of the tables to a `Chart`."""

from collections.abc import Mapping
from itertools import cycle

import pandas as pd

from sfr_pipeline.report import grammar
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.formats import number, share
from sfr_pipeline.report.grammar import Line, called, over_time, pointer, rows, time_axis, within
from sfr_pipeline.report.style import BAND, CALM, INK, MUTED, PALETTE, RISK

NOT_BEGUN = "the index has not begun"
MONTH = pd.offsets.MonthBegin(1)
# Pixels of a panel of a dimension.
PANEL = 90


def index_chart(
    sfri: pd.DataFrame,
    mode: str,
    events: pd.DataFrame | None = None,
    regimes: pd.DataFrame | None = None,
) -> Chart:
    """The index with its band, high-variance months shaded, named events marked.

    A click on a month picks it: selection ``picked`` of the picture.

    Args:
        sfri: table ``sfri``.
        mode: which information set to draw.
        events: table ``events``.
        regimes: table ``regimes``.
    """
    import altair as alt

    title = "The index, month by month"
    table = of_mode(sfri, mode)
    if table.empty:
        return nothing(title, NOT_BEGUN)
    table = table[["ref_date", "sfri", "band_low", "band_high", "equal_weight", "percentile"]]
    first, last = table["ref_date"].iloc[[0, -1]]
    beside: dict[str, pd.DataFrame] = {}
    layers: list[alt.Chart | alt.LayerChart] = []
    description = _extremes(table.set_index("ref_date")["sfri"], "the index")
    description += " The pale band along the line holds the uncertainty of the weights alone."
    if regimes is not None:
        states = of_mode(regimes[regimes["horizon"] == 0], mode)
        high = states["smoothed_high"].fillna(states["probability_high"]) > 0.5
        beside["high_variance"] = grammar.spans(states["ref_date"], high, MONTH)
        layers.append(grammar.shades("high_variance"))
        description += (
            f" Shaded: {high.sum():,} of {len(states):,} months in the regime of high variance, "
            "in which the index moves strongly, up or down."
        )
    band = within(alt.Chart(rows())).mark_area(color=BAND, clip=True)
    drawn = {
        "sfri": Line("SFRI", RISK, width=1.8),
        "equal_weight": Line("equal weights", MUTED, (2, 2), 1.0),
    }
    told = {"sfri": "SFRI", "band_low": "band from", "band_high": "band to"}
    told |= {"equal_weight": "equal weights", "percentile": "percentile"}
    layers += [
        band.encode(x=time_axis(), y="band_low:Q", y2="band_high:Q"),
        grammar.zero(),
        grammar.lines(drawn),
    ]
    if events is not None:
        beside["events"] = grammar.event_marks(events, first, last)
        layers.append(grammar.events())
    picture = over_time(*layers, pointer(told, picks=True), height=300)
    return Chart(title, description, table, picture, beside)


def real_time_chart(sfri: pd.DataFrame) -> Chart:
    """What was published in real time against the full-sample estimate."""
    title = "As first published, and as the full sample has it today"
    wide = sfri.pivot(index="ref_date", columns="mode", values="sfri")
    table = wide.reindex(columns=["real_time", "paper"]).dropna().reset_index()
    if table.empty:
        return nothing(title, NOT_BEGUN)
    table.columns.name = None
    gap = (table["real_time"] - table["paper"]).abs()
    widest = gap.idxmax()
    description = (
        f"Both lines over {len(table):,} months. They are farthest apart in "
        f"{table['ref_date'][widest]:%B %Y}: {number(table['real_time'][widest])} as first "
        f"published, {number(table['paper'][widest])} from the full sample; on average "
        f"{gap.mean():.2f} standard deviations."
    )
    drawn = {
        "real_time": Line("as first published", RISK, width=1.6),
        "paper": Line("full sample (looks ahead)", CALM, (5, 2)),
    }
    told = {name: line.label for name, line in drawn.items()}
    picture = over_time(grammar.zero(), grammar.lines(drawn), pointer(told), height=220)
    return Chart(title, description, table, picture)


def dimension_stack(dimensions: pd.DataFrame, titles: Mapping[str, str], mode: str) -> Chart:
    """Contributions of the dimensions that have data, stacked above and below zero, and their sum.

    Args:
        dimensions: table ``dimension_indices``.
        titles: names of the dimensions, in the order in which they are drawn.
        mode: which information set to draw.
    """
    import altair as alt

    title = "What each dimension adds to the index"
    wide = _dimensions(dimensions, titles, mode, "contribution").dropna(axis=1, how="all")
    if wide.empty:
        return nothing(title, NOT_BEGUN)
    names = list(wide.columns)
    table = wide.assign(sfri=wide.sum(axis=1)).reset_index()
    latest = wide.iloc[-1].dropna().sort_values()
    description = (
        f"In {wide.index[-1]:%B %Y} the dimensions sum to {number(latest.sum())}: most from "
        f"{titles[latest.index[-1]]} ({number(latest.iloc[-1])}), least from "
        f"{titles[latest.index[0]]} ({number(latest.iloc[0])})."
    )
    # A dimension keeps its colour, whoever is missing.
    colour = dict(zip(titles, cycle(PALETTE), strict=False))
    chosen = grammar.legend_choice("dimension")
    parts = within(alt.Chart(rows())).transform_fold(names, as_=["dimension", "contribution"])

    def areas(side: str) -> alt.Chart:
        # Steps leave no gaps and join no months that are apart.
        return (
            parts.transform_calculate(part=f"{side}(datum.contribution, 0)")
            .mark_area(interpolate="step", clip=True, stroke="white", strokeWidth=0.3)
            .encode(
                x=time_axis(),
                y=alt.Y("part:Q", stack="zero", title="standard deviations"),
                color=alt.Color(
                    "dimension:N",
                    sort=names,
                    scale=alt.Scale(domain=names, range=[colour[name] for name in names]),
                    legend=alt.Legend(labelExpr=called(titles), symbolType="square"),
                ),
                order=alt.Order("place:Q"),
                opacity=alt.condition(chosen, alt.value(0.85), alt.value(0.1)),
            )
            .transform_calculate(place=f"indexof({names}, datum.dimension)")
        )

    total = within(alt.Chart(rows())).mark_line(color=INK, strokeWidth=1.4, clip=True)
    told = {"sfri": "SFRI"} | {name: titles[name] for name in names}
    picture = over_time(
        areas("max").add_params(chosen),
        areas("min"),
        total.encode(x=time_axis(), y="sfri:Q"),
        pointer(told),
        height=260,
    )
    return Chart(title, f"{description} Black: their sum, the index.", table, picture)


def dimension_panels(dimensions: pd.DataFrame, titles: Mapping[str, str], mode: str) -> Chart:
    """Index of each dimension in a panel of its own (the paper's Figure 4)."""
    import altair as alt

    title = "Each dimension's own index"
    wide = _dimensions(dimensions, titles, mode, "dimension_index")
    if wide.dropna(how="all").empty:
        return nothing(title, NOT_BEGUN)
    table = wide.reset_index().melt("ref_date", var_name="dimension", value_name="dimension_index")
    empty = [name for name in titles if wide[name].isna().all()]
    latest = wide.ffill().iloc[-1].dropna().sort_values()
    description = (
        f"A panel a dimension, on one scale. In {wide.index[-1]:%B %Y} the highest is "
        f"{titles[latest.index[-1]]} ({number(latest.iloc[-1])}), the lowest "
        f"{titles[latest.index[0]]} ({number(latest.iloc[0])})."
    )
    heads = {name: f"{titles[name]}: no data" if name in empty else titles[name] for name in titles}
    line = within(alt.Chart(rows())).mark_line(color=RISK, strokeWidth=1.2, clip=True)
    # One line a panel, and not one a row.
    across = (
        alt.Chart(rows()).transform_aggregate(n="count()").mark_rule(color=MUTED, strokeWidth=0.7)
    )
    picture = grammar.panels(
        across.encode(y=alt.datum(0)),
        line.encode(x=time_axis(), y=alt.Y("dimension_index:Q", title=None)),
        pointer({"dimension_index": "index"}),
        by="dimension",
        names=heads,
        height=PANEL,
    )
    return Chart(title, description, table, picture)


def regime_chart(regimes: pd.DataFrame, mode: str) -> Chart:
    """Probability of the high-variance regime (the paper's Figure 5)."""
    import altair as alt

    title = "Probability of the regime of high variance"
    table = of_mode(regimes[regimes["horizon"] == 0], mode)
    if table.empty:
        return nothing(title, "there are no regimes yet")
    table = table[["ref_date", "probability_high", "smoothed_high"]]
    high = table["probability_high"] > 0.5
    latest = table.iloc[-1]
    description = (
        f"Filtered, it is above one half in {high.sum():,} of {len(table):,} months, and "
        f"{share(latest['probability_high'])} in {latest['ref_date']:%B %Y}."
    )
    axis = alt.Axis(format=".0%")
    area = within(alt.Chart(rows())).mark_area(color=BAND, clip=True)
    drawn = {"probability_high": Line("filtered", MUTED, (3, 2), 0.8)}
    if table["smoothed_high"].notna().any():
        drawn["smoothed_high"] = Line("smoothed", RISK, width=1.6)
    picture = over_time(
        area.encode(x=time_axis(), y=alt.Y("probability_high:Q", axis=axis)),
        grammar.lines(drawn, title="probability", scale=alt.Scale(domain=[0, 1]), axis=axis),
        pointer({name: line.label for name, line in drawn.items()}),
        height=160,
    )
    return Chart(title, description, table, picture)


def of_mode(frame: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Rows of an information set, month by month."""
    return frame[frame["mode"] == mode].sort_values("ref_date", ignore_index=True)


def _dimensions(
    dimensions: pd.DataFrame, titles: Mapping[str, str], mode: str, value: str
) -> pd.DataFrame:
    """Months by dimensions, one without data included."""
    rows_of_mode = dimensions[dimensions["mode"] == mode]
    wide = rows_of_mode.pivot(index="ref_date", columns="dimension", values=value)
    return wide.reindex(columns=list(titles)).rename_axis(columns=None)


def _extremes(values: pd.Series, what: str) -> str:
    """Where a series stands, and its highest month."""
    first, last, highest = values.index[0], values.index[-1], values.idxmax()
    return (
        f"From {first:%B %Y} to {last:%B %Y} {what} was highest in {highest:%B %Y} "
        f"({number(values[highest])}), and stands at {number(values.iloc[-1])}."
    )
