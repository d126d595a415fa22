"""The pictures of early warning: one function each, from frames of the tables to a figure.

What was found, in words, is in `verdict`.
"""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import (
    benchmark,
    contender,
    in_reading_order,
    lead,
    models_of,
    name_of,
)
from sfr_pipeline.forecasting.explanation import input_effects
from sfr_pipeline.report.forecasting.verdict import LEG, group_of, in_sentence
from sfr_pipeline.report.model_styles import line_style
from sfr_pipeline.report.style import (
    CALM,
    INK,
    LABEL_LENGTH,
    MUTED,
    RISK,
    STRESS,
    canvas,
    in_style,
    loss_lines,
    nothing,
)
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VERDICT_COLOURS = {"yes": "#009e73", "no": RISK, "undecided": CALM, "bar": INK}
VERDICT_WORDS = {
    "yes": "beats the naive row (p < 0.05, alone and with account for all models)",
    "undecided": "undecided",
    "no": "worse than the naive row (p < 0.05)",
}
# Protocol and target of each panel of scores, in reading order.
PANELS = {
    ("real_time", "basket"): "real time, fixed basket (headline)",
    ("real_time", "published"): "real time, first published",
    ("paper", "index"): "paper's split, test part (looks ahead)",
}
# Months of history before a fan: enough to see where the index comes from.
HISTORY_MONTHS = 36
MAX_INPUTS = 12


@in_style
def paper_chart(forecasts: pd.DataFrame) -> "Figure":
    """Fitted and forecast index of each model on both parts (the paper's Figure 7).

    Args:
        forecasts: table ``forecasts``.
    """
    rows = _mean_forecasts(forecasts, "paper")
    if rows.empty:
        return nothing("too few months for the paper's experiment")
    # The paper's models first, its proposal before all; no change as what they have to beat.
    papers = [model for model in models_of(LEG) if model.family == "paper"]
    papers.sort(key=lambda model: not model.lead)
    others = [model for model in models_of(LEG) if model.family == "own" or model.benchmark]
    ran = set(rows["model"])
    drawn = [model.id for model in (*papers, *others) if model.id in ran]
    n_rows = -(-len(drawn) // 2)
    figure = canvas(10, 1.7 * n_rows + 0.5)
    panels = figure.subplots(n_rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, model in zip(panels, drawn, strict=False):
        own = rows[rows["model"] == model]
        test = own.loc[own["split"] == "test", "ref_date"]
        axes.axvspan(test.min(), test.max(), color=STRESS, lw=0, alpha=0.6, label="test")
        axes.plot(own["ref_date"], own["outcome"], color=INK, lw=0.8, label="index")
        axes.plot(own["ref_date"], own["forecast"], color=RISK, lw=1.1, label="forecast")
        axes.set_title(name_of(LEG, model))
        axes.margins(x=0.01)
    for axes in panels[len(drawn) :]:
        axes.set_visible(False)
    # The last panel of each column carries the years.
    for axes in panels[max(len(drawn) - 2, 0) : len(drawn)]:
        axes.tick_params(labelbottom=True)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return figure


@in_style
def forecast_chart(forecasts: pd.DataFrame) -> "Figure":
    """What was forecast in real time, what came, and when a model gained on no change.

    The lower panel sums the squared errors that a model saves against no change: where its line
    rises the model was better, and a single jump is luck or a single event.

    Args:
        forecasts: table ``forecasts``.
    """
    rows = _mean_forecasts(forecasts, "real_time").dropna(subset=["actual_change"])
    if rows.empty:
        return nothing("no forecast whose month has come")
    figure = canvas(10, 5.2)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    first = benchmark(LEG)
    published = rows[rows["model"] == first.id]
    upper.plot(published["ref_date"], published["outcome"], color=INK, lw=1.3, label="index")
    for model in (first, lead(LEG), contender(LEG)):
        own = rows[rows["model"] == model.id]
        upper.plot(own["ref_date"], own["forecast"], lw=0.9, label=model.name, **line_style(model))
    upper.set_ylabel("standard deviations")
    upper.set_title("forecasts of the month, made a month before, and the index first published")
    lost = rows.assign(loss=(rows["actual_change"] - rows["change"]) ** 2)
    losses = lost.pivot(index="ref_date", columns="model", values="loss").sort_index()
    for model in models_of(LEG):
        if model.featured and not model.benchmark and model.id in losses:
            saved = (losses[first.id] - losses[model.id]).cumsum()
            lower.plot(saved.index, saved, lw=1.1, label=model.name, **line_style(model))
    lower.axhline(0, color=MUTED, lw=0.6)
    lower.set_title("squared error saved against no change so far (rising: better)")
    for axes in (upper, lower):
        axes.legend(loc="upper left", ncols=4)
        axes.margins(x=0.01)
        # Room for the legend above the lines.
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.15 * (high - low))
    return figure


@in_style
def skill_chart(scores: pd.DataFrame) -> "Figure":
    """RMSE of each model over that of the naive row to beat, with intervals; left of 1 is better.

    Args:
        scores: table ``forecast_scores``.
    """
    groups = {title: group_of(scores, *key) for key, title in PANELS.items()}
    groups = {title: rows for title, rows in groups.items() if len(rows)}
    if not groups:
        return nothing("too few forecasts to be judged")
    models = in_reading_order(LEG, scores["model"])[::-1]
    figure = canvas(10, 0.25 * len(models) + 1.3)
    panels = figure.subplots(1, len(groups), sharey=True, squeeze=False).ravel()
    for axes, (title, rows) in zip(panels, groups.items(), strict=True):
        places = rows["model"].map(models.index)
        colours = rows["beats_bar"].map(VERDICT_COLOURS).to_list()
        ends = _drawn_ends(rows)
        axes.hlines(places, *ends, color=colours, lw=2, alpha=0.5)
        axes.scatter(rows["bar_ratio"], places, color=colours, s=22, zorder=3)
        for place, ratio in zip(places, rows["bar_ratio"], strict=True):
            axes.annotate(
                f"{ratio:.2f}", (1, place), xycoords=("axes fraction", "data"), xytext=(3, 0),
                textcoords="offset points", fontsize=7, color=MUTED, va="center",
            )  # fmt: skip
        axes.axvline(1, color=INK, lw=0.8)
        axes.set_xscale("log")
        _plain_ratios(axes)
        axes.set_title(title, fontsize=9)
        bar = name_of(LEG, rows["bar"].iloc[0])
        axes.set_xlabel(f"RMSE over that of {in_sentence(bar)}", color=MUTED)
    panels[0].set_yticks(range(len(models)), [name_of(LEG, model) for model in models])
    panels[0].tick_params(axis="y", labelcolor=INK)
    for verdict, words in VERDICT_WORDS.items():
        panels[0].plot([], [], "o", color=VERDICT_COLOURS[verdict], label=words)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return figure


@in_style
def fan_chart(sfri: pd.DataFrame, fan: pd.DataFrame) -> "Figure":
    """The coming months as each model sees them today, behind what was published so far.

    Args:
        sfri: table ``sfri``.
        fan: table ``forecast_fan``.
    """
    from matplotlib.dates import DateFormatter, MonthLocator

    if fan.empty:
        return nothing("too few past errors for intervals")
    index = sfri[sfri["mode"] == "real_time"].sort_values("ref_date")
    index = index[index["ref_date"] <= fan["origin"].max()].tail(HISTORY_MONTHS)
    models = in_reading_order(LEG, fan["model"])
    figure = canvas(10, 3.2)
    panels = figure.subplots(1, len(models), sharey=True, squeeze=False).ravel()
    bounds = ["forecast", "low_50", "high_50", "low_90", "high_90"]
    # Each fan opens at the index that was published last.
    latest = index.iloc[-1]
    start = pd.DataFrame([{"ref_date": latest["ref_date"]} | dict.fromkeys(bounds, latest["sfri"])])
    for axes, model in zip(panels, models, strict=True):
        own = fan[fan["model"] == model].sort_values("horizon")
        ahead = pd.concat([start, own])
        days = ahead["ref_date"]
        axes.fill_between(days, ahead["low_90"], ahead["high_90"], color=STRESS, lw=0, label="90 %")
        axes.fill_between(
            days, ahead["low_50"], ahead["high_50"], color=RISK, alpha=0.25, lw=0, label="50 %"
        )
        axes.plot(days, ahead["forecast"], color=RISK, lw=1.2, ls="--", label="forecast")
        axes.plot(index["ref_date"], index["sfri"], color=INK, lw=1.2, label="index")
        axes.axhline(0, color=MUTED, lw=0.6)
        axes.set_title(name_of(LEG, model))
        axes.margins(x=0.01)
        axes.xaxis.set_major_locator(MonthLocator(bymonth=(1, 7)))
        axes.xaxis.set_major_formatter(DateFormatter("%Y-%m"))
    panels[0].set_ylabel("standard deviations")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=4)
    return figure


@in_style
def loss_chart(history: pd.DataFrame) -> "Figure":
    """Loss over the epochs of each network's latest fit: mean and range over the seeds.

    Args:
        history: table ``training_history``.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    groups = list(history.groupby(["protocol", "model"], sort=True))
    if not groups:
        return nothing("no network was trained")
    figure = canvas(10, 2.6)
    panels = figure.subplots(1, len(groups), squeeze=False).ravel()
    for axes, ((protocol, model), rows) in zip(panels, groups, strict=True):
        latest = rows[rows["origin"] == rows["origin"].max()]
        loss_lines(axes, latest)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(lambda loss, _: f"{loss:g}")
        axes.yaxis.set_minor_locator(NullLocator())
        where = protocol.replace("_", " ")
        axes.set_title(
            f"{name_of(LEG, model)}, {where},\n{rows['origin'].max():%Y-%m}", fontsize=8.5
        )
        axes.set_xlabel("epoch", color=MUTED)
    panels[0].set_ylabel("loss")
    panels[-1].legend(loc="upper right")
    return figure


@in_style
def explanation_chart(
    explanations: pd.DataFrame, names: Mapping[str, str] | None = None
) -> "Figure":
    """What moved the latest forecast, by the model's own account and by leaving each input out.

    Args:
        explanations: table ``forecast_explanations``.
        names: of the inputs, for readers; one without a name shows its identifier.
    """
    if explanations.empty:
        return nothing("no forecast to explain")
    models = in_reading_order(LEG, explanations["model"])
    effects = {model: input_effects(explanations, model) for model in models}
    attention = explanations[explanations["method"] == "attention"]
    # A row a model; what a network attends to stands beside it.
    heights = [min(len(frame), MAX_INPUTS) + 2 for frame in effects.values()]
    figure = canvas(10, 0.24 * sum(heights) + 0.6)
    grid = figure.add_gridspec(len(models), 2, width_ratios=(3, 1), height_ratios=heights)
    for row, (model, frame) in enumerate(effects.items()):
        months = attention[attention["model"] == model].sort_values("lag")
        _effect_bars(figure.add_subplot(grid[row, 0]), frame.head(MAX_INPUTS), model, names or {})
        if len(months):
            axes = figure.add_subplot(grid[row, 1])
            axes.bar(months["lag"], months["value"], color=CALM)
            axes.invert_xaxis()
            axes.set_xticks(months["lag"].to_list())
            axes.set_title("attention by month")
            axes.set_xlabel("months before the origin", color=MUTED)
    return figure


def _effect_bars(axes: "Axes", effects: pd.DataFrame, model: str, names: Mapping[str, str]) -> None:
    places = np.arange(len(effects))
    own = "contribution" if model == contender(LEG).id else "relevance"
    axes.barh(places - 0.2, effects["own"], height=0.38, color=RISK, label=own)
    axes.barh(places + 0.2, effects["left_out"], height=0.38, color=MUTED, label="left out")
    labels = [
        textwrap.shorten(names.get(name, name), LABEL_LENGTH, placeholder=" …")
        for name in effects.index
    ]
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.invert_yaxis()
    axes.axvline(0, color=MUTED, lw=0.6)
    axes.grid(visible=False, axis="y")
    axes.set_title(f"{name_of(LEG, model)}: effect on the forecast, standard deviations")
    axes.legend(loc="lower right")


def _mean_forecasts(forecasts: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """One-month forecasts, networks as the mean over their seeds, beside what was published."""
    rows = forecasts[
        (forecasts["protocol"] == protocol)
        & (forecasts["seed"] == MEAN_OF_SEEDS)
        & (forecasts["horizon"] == 1)
    ]
    rows = rows.assign(outcome=rows["index_at_origin"] + rows["published_change"])
    return rows.sort_values("ref_date")


def _drawn_ends(rows: pd.DataFrame) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """Ends of the intervals, cut where they have none or leave what the ratios themselves span."""
    lowest, highest = rows["bar_ratio"].min() / 2, rows["bar_ratio"].max() * 2
    return rows["bar_low"].clip(lower=lowest), rows["bar_high"].fillna(highest).clip(upper=highest)


def _plain_ratios(axes: "Axes") -> None:
    """Label a log axis of ratios in plain figures."""
    from matplotlib.ticker import FixedLocator, NullLocator

    low, high = axes.get_xlim()
    steps = (0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10)
    shown = [step for step in steps if low <= step <= high]
    # Narrow ranges show every step, wide ones only the landmarks.
    if len(shown) > 6:
        shown = [step for step in shown if step in (0.5, 1, 1.5, 2, 3, 5, 10)]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
