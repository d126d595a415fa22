"""The pictures of the indicators, a row each: their weights, and the months that they have."""

import textwrap
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.report import grammar
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.formats import listed, share
from sfr_pipeline.report.grammar import called, over_time, rows, time_axis, within
from sfr_pipeline.report.index.charts import MONTH, NOT_BEGUN, of_mode
from sfr_pipeline.report.style import LABEL_LENGTH, PALETTE

if TYPE_CHECKING:
    import altair as alt

# Pixels of a row.
ROW = 15
# Indicators that a description names, before it counts the others.
FEW = 4


def weight_heat_map(weights: pd.DataFrame, names: Mapping[str, str], mode: str) -> Chart:
    """Weights over time; white where an indicator is missing.

    Args:
        weights: table ``sfri_weights``.
        names: of the indicators, in the order in which they are drawn.
        mode: which information set to draw.
    """
    import altair as alt

    title = "Weight of each indicator"
    table = weights[weights["mode"] == mode].sort_values(["ref_date", "indicator"])
    if table.empty:
        return nothing(title, NOT_BEGUN)
    table = table[["ref_date", "indicator", "weight"]].reset_index(drop=True)
    latest = table[table["ref_date"] == table["ref_date"].max()].nlargest(3, "weight")
    heaviest = listed([
        f"{names.get(row['indicator'], row['indicator'])} ({share(row['weight'])})"
        for row in latest.to_dict("records")
    ])  # fmt: skip
    description = (
        f"A row an indicator, darker where it weighs more, white where it is missing. In "
        f"{latest['ref_date'].iloc[0]:%B %Y} weighed most: {heaviest}."
    )
    scheme = alt.SchemeParams(name="yelloworangered", count=7)
    tiles = (
        within(alt.Chart(rows()))
        .transform_calculate(
            **grammar.month_of("ref_date"),
            name=called(names, "datum.indicator"),
            told_day="utcFormat(toDate(datum.ref_date), '%B %Y')",
        )
        .mark_rect(clip=True)
        .encode(
            x=time_axis("month_begin"),
            x2="month_end:T",
            y=_indicator_axis(names),
            color=alt.Color(
                "weight:Q",
                # Steps, which grey print tells apart: the darker, the more.
                scale=alt.Scale(type="quantize", scheme=scheme, domain=[0, table["weight"].max()]),
                legend=alt.Legend(title="weight", format=".1%", direction="horizontal"),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="indicator"),
                alt.Tooltip("told_day:N", title="at"),
                alt.Tooltip("weight:Q", format=".1%"),
            ],
        )
    )
    return Chart(title, description, table, over_time(tiles, height=ROW * len(names)))


def coverage_chart(
    panel: pd.DataFrame, names: Mapping[str, str], titles: Mapping[str, str]
) -> Chart:
    """Months in which each indicator had been published by the month's end.

    Args:
        panel: table ``indicator_panel``.
        names: of the indicators, in the order in which they are drawn.
        titles: of the dimensions, in the order of their colours.
    """
    import altair as alt

    title = "Months with data, indicator by indicator"
    found = of_mode(panel, "real_time")
    table = pd.DataFrame(
        [run for indicator in names for run in _runs(found[found["indicator"] == indicator])],
        columns=["indicator", "dimension", "begin", "end", "months"],
    )
    if table.empty:
        return nothing(title, "no indicator has a value yet")
    present = set(table["dimension"])
    heads = {one: name if one in present else f"{name}: no data" for one, name in titles.items()}
    colours = [colour for _, colour in zip(titles, cycle(PALETTE), strict=False)]
    without = [name for one, name in names.items() if one not in set(table["indicator"])]
    last = table["end"].max()
    ended = [
        names[one] for one, end in table.groupby("indicator")["end"].max().items() if end < last
    ]
    description = (
        f"{table['indicator'].nunique()} of {len(names)} indicators have values, from "
        f"{table['begin'].min():%B %Y} to {last:%B %Y}."
    )
    if ended:
        description += f" Without one in that last month: {_few(ended)}."
    if without:
        description += f" Without any: {_few(without)}."
    chosen = grammar.legend_choice("dimension")
    bars = (
        within(alt.Chart(rows()), "begin", until="end")
        .transform_calculate(
            name=called(names, "datum.indicator"),
            first_month="utcFormat(toDate(datum.begin), '%B %Y')",
            last_month="utcFormat(toDate(datum.end), '%B %Y')",
        )
        .mark_bar(clip=True, height=8)
        .encode(
            x=time_axis("begin"),
            x2="end:T",
            y=_indicator_axis(names),
            color=alt.Color(
                "dimension:N",
                scale=alt.Scale(domain=list(titles), range=colours),
                legend=alt.Legend(labelExpr=called(heads), symbolType="square"),
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.15)),
            tooltip=[
                alt.Tooltip("name:N", title="indicator"),
                alt.Tooltip("first_month:N", title="from"),
                alt.Tooltip("last_month:N", title="to"),
                alt.Tooltip("months:Q", format=","),
            ],
        )
        .add_params(chosen)
    )
    return Chart(title, description, table, over_time(bars, height=ROW * len(names)))


def _few(names: list[str]) -> str:
    more = len(names) - FEW
    return listed(names) if more <= 0 else listed([*names[:FEW], f"{more} more"])


def _indicator_axis(names: Mapping[str, str]) -> "alt.Y":
    """A row an indicator, all of them, in their order."""
    import altair as alt

    short = {
        one: textwrap.shorten(name, LABEL_LENGTH, placeholder=" …") for one, name in names.items()
    }
    return alt.Y(
        "indicator:N",
        scale=alt.Scale(domain=list(names)),
        axis=alt.Axis(labelExpr=called(short), title=None, labelOverlap=False),
    )


def _runs(own: pd.DataFrame) -> Iterator[list[object]]:
    """Months of one indicator without a gap, as rows of the coverage."""
    runs = (own["ref_date"].dt.to_period("M").astype("int64").diff() != 1).cumsum()
    for _, run in own.groupby(runs):
        first, last = run["ref_date"].iloc[[0, -1]]
        yield [*run[["indicator", "dimension"]].iloc[0], first - MONTH, last, len(run)]
