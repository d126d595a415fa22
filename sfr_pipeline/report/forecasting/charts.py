"""The pictures of early warning: one function each, from frames of the tables to a `Chart`.

Belongs here: what is drawn of forecasts. Does not belong here: their scores, which `score_charts`
draws; what moved one, which `explanation_charts` draws; what was found, in words (`verdict`).
"""

from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.evaluation.models import (
    bar,
    benchmark,
    contender,
    lead,
    models_of,
    name_of,
)
from sfr_pipeline.report import grammar
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.forecasting.verdict import LEG, in_sentence
from sfr_pipeline.report.formats import listed, number
from sfr_pipeline.report.grammar import Line, over_time, pointer, rows, time_axis, within
from sfr_pipeline.report.model_styles import line_style
from sfr_pipeline.report.style import BAND, INK, MUTED, RISK, STRESS
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

if TYPE_CHECKING:
    pass

# Months of history before a fan: enough to see where the index comes from.
HISTORY_MONTHS = 36
FAN = ("forecast", "low_50", "high_50", "low_90", "high_90")
# Pixels of a panel of the paper's picture.
PANEL = 110


def paper_chart(forecasts: pd.DataFrame) -> Chart:
    """Fitted and forecast index of each model on both parts (the paper's Figure 7).

    Args:
        forecasts: table ``forecasts``.
    """
    import altair as alt

    title = "Fitted and forecast by each model on the paper's split"
    made = _mean_forecasts(forecasts, "paper")
    if made.empty:
        return nothing(title, "there are too few months for the paper's experiment")
    # The paper's models first, its proposal before all; no change as what they have to beat.
    papers = [model for model in models_of(LEG) if model.family == "paper"]
    papers.sort(key=lambda model: not model.lead)
    others = [model for model in models_of(LEG) if model.family == "own" or model.benchmark]
    ran = set(made["model"])
    names = {model.id: model.name for model in (*papers, *others) if model.id in ran}
    table = made.loc[made["model"].isin(list(names)), ["model", "ref_date", "split", "forecast"]]
    table = table.assign(sfri=made["outcome"]).reset_index(drop=True)
    test = table.loc[table["split"] == "test", "ref_date"]
    lines = {"sfri": Line("index", INK, width=1), "forecast": Line("forecast", RISK, (4, 2))}
    # Its span stands in every row, so that each panel shades it once, behind its lines.
    shade = (
        within(alt.Chart(rows()))
        .transform_filter("datum.split === 'test'")
        .transform_aggregate(first="min(ref_date)", last="max(ref_date)")
        .transform_calculate(begin="toDate(datum.first)", end="toDate(datum.last)")
        .mark_rect(color=STRESS, clip=True)
        .encode(x=time_axis("begin"), x2="end:T")
    )
    picture = grammar.panels(
        shade,
        grammar.lines(lines),
        pointer({name: line.label for name, line in lines.items()}),
        by="model",
        names=names,
        height=PANEL,
    )
    description = (
        f"The index from the full sample, and what {len(names)} models fit and forecast of it. "
        f"Shaded is the test part, {test.min():%B %Y} to {test.max():%B %Y}."
    )
    return Chart(title, description, table, picture)


def forecast_chart(forecasts: pd.DataFrame) -> Chart:
    """What was forecast in real time a month before, and what came.

    Args:
        forecasts: table ``forecasts``.
    """
    title = "Forecasts of the month, made a month before, and the index first published"
    made = _real_time(forecasts)
    if made.empty:
        return nothing(title, "no forecast whose month has come")
    first = benchmark(LEG)
    drawn = (first, bar(LEG, set(made["model"])), lead(LEG), contender(LEG))
    columns = {"sfri": Line("index", INK, width=1.8)}
    columns |= {model.id: line_style(model) for model in drawn}
    wide = made.pivot(index="ref_date", columns="model", values="forecast")
    came = made[made["model"] == first.id].set_index("ref_date")["outcome"]
    table = wide.assign(sfri=came).reindex(columns=list(columns)).reset_index()
    table.columns.name = None
    told = {name: line.label for name, line in columns.items()}
    picture = over_time(grammar.zero(), grammar.lines(columns), pointer(told), height=260)
    own = contender(LEG)
    last = table.iloc[-1]
    description = (
        f"{len(table):,} months. For {last['ref_date']:%B %Y} {in_sentence(own.name)} forecast "
        f"{number(last[own.id])}, and {number(last['sfri'])} came."
    )
    return Chart(title, description, table, picture)


def saved_chart(forecasts: pd.DataFrame) -> Chart:
    """When a model gained on no change, and when it lost.

    Where a line rises the model was better, and a single jump is luck or a single event.

    Args:
        forecasts: table ``forecasts``.
    """
    title = "Squared error saved against no change so far (rising: better)"
    made = _real_time(forecasts)
    if made.empty:
        return nothing(title, "no forecast whose month has come")
    first = benchmark(LEG)
    lost = made.assign(loss=(made["actual_change"] - made["change"]) ** 2)
    losses = lost.pivot(index="ref_date", columns="model", values="loss").sort_index()
    columns = {
        model.id: line_style(model)
        for model in models_of(LEG)
        if model.featured and not model.benchmark and model.id in losses
    }
    saved = losses[list(columns)].rsub(losses[first.id], axis=0).cumsum()
    table = saved.reset_index()
    table.columns.name = None
    told = {name: line.label for name, line in columns.items()}
    picture = over_time(
        grammar.zero(),
        grammar.lines(columns, title="squared standard deviations"),
        pointer(told),
        height=220,
    )
    ends = saved.iloc[-1].dropna().sort_values()
    description = (
        f"Over {len(table):,} months {in_sentence(name_of(LEG, ends.index[-1]))} has saved most "
        f"({number(ends.iloc[-1])}), {in_sentence(name_of(LEG, ends.index[0]))} least "
        f"({number(ends.iloc[0])})."
    )
    return Chart(title, description, table, picture)


def fan_chart(sfri: pd.DataFrame, fan: pd.DataFrame, model: str | None) -> Chart:
    """The coming months as a model sees them today, beside no change, behind what was published.

    Args:
        sfri: table ``sfri``.
        fan: table ``forecast_fan``.
        model: id of the forecaster, as ``verdict.headline_forecaster`` finds it.
    """
    import altair as alt

    title = "The coming months"
    own = fan[fan["model"] == model].sort_values("horizon")
    if model is None or own.empty:
        return nothing(title, "there are too few past errors for intervals")
    first, name = benchmark(LEG), name_of(LEG, model)
    index = sfri[sfri["mode"] == "real_time"].sort_values("ref_date")
    index = index[index["ref_date"] <= own["origin"].max()].tail(HISTORY_MONTHS)
    ahead = own[["ref_date", *FAN]]
    columns = {
        "sfri": Line("index, as published", INK, width=1.8),
        "forecast": Line(f"forecast: {in_sentence(name)}", RISK, (6, 3), 1.8),
    }
    if model != first.id:
        still = fan[fan["model"] == first.id].set_index("ref_date")["forecast"]
        ahead = ahead.assign(**{first.id: ahead["ref_date"].map(still)})
        columns[first.id] = Line(in_sentence(first.name), MUTED, (2, 2), 1.4)
    table = pd.concat([index[["ref_date", "sfri"]], ahead], ignore_index=True)
    # Drawn lines open at the index that was published last; what is told of it stays the index.
    latest = index.iloc[-1]
    opening = table["ref_date"] == latest["ref_date"]
    drawn = table.copy()
    drawn.loc[opening, [*dict.fromkeys((*columns, *FAN))]] = latest["sfri"]

    def band(level: int, colour: str) -> alt.Chart:
        areas = within(alt.Chart(rows("drawn"))).transform_filter(f"isValid(datum.low_{level})")
        return areas.mark_area(clip=True).encode(
            x=time_axis(),
            y=alt.Y(f"low_{level}:Q", title="standard deviations"),
            y2=f"high_{level}:Q",
            fill=alt.datum(
                f"{level} % interval",
                scale=alt.Scale(range=[STRESS, BAND]),
                legend=alt.Legend(symbolType="square", symbolStrokeWidth=0),
            ),
        )

    told = {"sfri": "index", "forecast": "forecast"}
    told |= {"low_50": "50 % from", "high_50": "to", "low_90": "90 % from", "high_90": " to"}
    told |= {name: line.label for name, line in columns.items() if name == first.id}
    picture = over_time(
        band(90, STRESS),
        band(50, BAND),
        grammar.zero(),
        grammar.lines(columns, name="drawn"),
        pointer(told),
        height=280,
    )
    words = _fan_words(own, name)
    if model != first.id:
        words += f" Dotted: {in_sentence(first.name)}."
    return Chart(title, words, table, picture, {"drawn": drawn})


def _fan_words(own: pd.DataFrame, name: str) -> str:
    near, far = own.iloc[0], own.iloc[-1]
    said = [
        f"{number(row['forecast'])} in {row['ref_date']:%B %Y} (90 % interval "
        f"{number(row['low_90'])} to {number(row['high_90'])})"
        for row in ((near,) if len(own) == 1 else (near, far))
    ]
    return (
        f"At the end of {near['origin']:%B %Y} the forecast of {in_sentence(name)} is "
        f"{listed(said)}; intervals are of its own past errors."
    )


def _mean_forecasts(forecasts: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """One-month forecasts, networks as the mean over their seeds, beside what was published."""
    made = forecasts[
        (forecasts["protocol"] == protocol)
        & (forecasts["seed"] == MEAN_OF_SEEDS)
        & (forecasts["horizon"] == 1)
    ]
    made = made.assign(outcome=made["index_at_origin"] + made["published_change"])
    return made.sort_values(["ref_date", "model"])


def _real_time(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Those made in real time whose month has come."""
    return _mean_forecasts(forecasts, "real_time").dropna(subset=["actual_change"])
