"""The pictures of daily stress: one function each, from frames of the tables to a figure.

What was found, in words, is in `verdict`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import (
    FAMILIES,
    benchmark,
    contender,
    in_reading_order,
    models_of,
    name_of,
    references,
    simple_kind,
)
from sfr_pipeline.markets import Event
from sfr_pipeline.report.model_styles import FAMILY_COLOURS, family_of, line_style
from sfr_pipeline.report.stress.verdict import (
    LEG,
    MONTHLY,
    group_of,
    score_name,
)
from sfr_pipeline.report.style import (
    CALM,
    INK,
    MUTED,
    PALETTE,
    RISK,
    STRESS,
    canvas,
    in_style,
    loss_lines,
    mark_events,
    nothing,
)
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.beginning import AHEAD, HEADLINE
from sfr_pipeline.stress.paper_protocol import paper_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PROTOCOLS = {
    "paper": "time order",
    "paper_random": "random windows: LEAKING",
    "walk_forward": "walk forward",
}
DISTURBANCES = {
    "noise": ("noise on the inputs", "standard deviations"),
    "dropped": ("columns dropped", "share of columns"),
    "irrelevant": ("irrelevant columns beside", "columns"),
}
# Trading days of a month, so that leads in months stand beside leads in days.
DAYS_A_MONTH = 21


@in_style
def auroc_chart(scores: pd.DataFrame, label: str = HEADLINE) -> "Figure":
    """AUROC of every model's published probability with intervals, pooled and within years.

    Args:
        scores: table ``stress_scores``.
        label: whose walk-forward scores are drawn.
    """
    rows = group_of(scores, label).iloc[::-1]
    if rows.empty:
        return nothing(f"no walk-forward scores of label {label}")
    figure = canvas(10, 0.26 * len(rows) + 1.3)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    places = np.arange(len(rows))
    lowest = rows[["auroc_low", "within_low"]].min(axis=None, skipna=True)
    families = [family_of(LEG, model) for model in rows["model"]]
    colours = [FAMILY_COLOURS[family] for family in families]
    for axes, columns, title in (
        (panels[0], ("auroc", "auroc_low", "auroc_high"), "all test days pooled"),
        (
            panels[1],
            ("auroc_within_year", "within_low", "within_high"),
            "pairs of days of one year",
        ),
    ):
        value, low, high = (rows[column].to_numpy(dtype=float) for column in columns)
        axes.barh(places, value - 0.5, left=0.5, height=0.62, color=colours, alpha=0.75)
        axes.hlines(places, low, high, color=INK, lw=1.1)
        axes.axvline(0.5, color=INK, lw=0.8)
        for place, number in zip(places, value, strict=True):
            axes.annotate(
                "–" if np.isnan(number) else f"{number:.3f}", (1, place),
                xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points",
                fontsize=7, color=MUTED, va="center",
            )  # fmt: skip
        axes.set_xlim(np.fmin(0.3, lowest - 0.02), 1)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("AUROC of the probability, 95 % interval; no skill is 0.5", color=MUTED)
        axes.grid(visible=False, axis="y")
    panels[0].set_yticks(places, [name_of(LEG, model) for model in rows["model"]])
    panels[0].tick_params(axis="y", labelcolor=INK)
    for family in dict.fromkeys(families[::-1]):
        colour = FAMILY_COLOURS[family]
        panels[0].plot([], [], color=colour, alpha=0.75, lw=6, label=FAMILIES[family])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=4)
    return figure


@in_style
def paper_chart(scores: pd.DataFrame) -> "Figure":
    """The paper's Table 1: as printed, in time order, and with random windows, which leak.

    Args:
        scores: table ``stress_scores``.
    """
    table = paper_table(scores).set_index("model")
    columns = ["accuracy", "recall", "f1"]
    drawn = [model for model in table.index if _has_any(table.loc[model], columns)][::-1]
    if not drawn:
        return nothing("no scores under the paper's protocol")
    figure = canvas(10, 0.26 * len(drawn) + 1.3)
    panels = figure.subplots(1, 3, sharey=True)
    places = np.arange(len(drawn))
    for axes, metric in zip(panels, columns, strict=True):
        own, leaking, printed = (
            table.loc[drawn, column].to_numpy(dtype=float)
            for column in (f"{metric}_in_time_order", f"{metric}_leaking", f"paper_{metric}")
        )
        axes.hlines(places, own, leaking, color=MUTED, lw=0.8)
        axes.scatter(own, places, color=CALM, s=26, zorder=3, label="time order")
        axes.scatter(
            leaking, places, facecolors="white", edgecolors=RISK, s=26, zorder=3,
            label="random windows: LEAKING",
        )  # fmt: skip
        axes.scatter(
            printed, places, marker="D", color=PALETTE[1], s=18, zorder=4,
            label="printed in the paper",
        )  # fmt: skip
        axes.set_title(metric.upper() if metric == "f1" else metric, fontsize=9)
        axes.set_xlim(-0.03, 1.03)
    panels[0].set_yticks(places, [_marked(model) for model in drawn])
    panels[0].tick_params(axis="y", labelcolor=INK)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return figure


@in_style
def probability_chart(predictions: pd.DataFrame, events: Sequence[Event] = ()) -> "Figure":
    """Probability of stress in the coming days, day by day, and the days before stress shaded.

    Args:
        predictions: table ``stress_predictions``.
        events: of the catalogue; their onsets are marked.
    """
    rows = predictions[
        (predictions["protocol"] == "walk_forward")
        & (predictions["label"] == HEADLINE)
        & (predictions["seed"] == MEAN_OF_SEEDS)
    ]
    if rows.empty:
        return nothing(f"no walk-forward predictions of label {HEADLINE}")
    wide = rows.pivot(index="date", columns="model", values="probability").sort_index()
    stressed = rows.drop_duplicates("date").set_index("date")["actual"].reindex(wide.index)
    figure = canvas(10, 4.2)
    axes = figure.subplots()
    _shade_days(axes, stressed.eq(1).fillna(False).astype(bool), f"stress within {AHEAD} days")
    for model in (benchmark(LEG), references(LEG)[0], contender(LEG)):
        if model.id in wide:
            axes.plot(
                wide.index, wide[model.id].astype(float), lw=0.9, label=model.name,
                **line_style(model),
            )  # fmt: skip
    marks = pd.DataFrame(
        [(event.name, pd.Timestamp(event.onset)) for event in events], columns=["name", "onset"]
    )
    mark_events(axes, marks, *wide.index[[0, -1]])
    # Room for the names of the events above the lines.
    axes.set_ylim(0, 1.22)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_ylabel(f"probability of stress within {AHEAD} days")
    axes.legend(loc="upper left", ncols=4, bbox_to_anchor=(0, -0.08))
    axes.margins(x=0.01)
    return figure


@in_style
def loss_chart(history: pd.DataFrame) -> "Figure":
    """Loss over the passes of each network's latest fit, mean and range over the seeds.

    The paper's Figure 2, under each protocol.

    Args:
        history: table ``stress_training_history``.
    """
    from matplotlib.ticker import MaxNLocator

    protocols = [name for name in PROTOCOLS if (history["protocol"] == name).any()]
    models = in_reading_order(LEG, history["model"])
    if not models:
        return nothing("no network was trained")
    figure = canvas(10, 1.75 * len(protocols) + 0.5)
    panels = figure.subplots(len(protocols), len(models), sharey="row", squeeze=False)
    for row, protocol in zip(panels, protocols, strict=True):
        for axes, model in zip(row, models, strict=True):
            own = history[(history["protocol"] == protocol) & (history["model"] == model)]
            # Of several labels the headline's; other profiles train networks on all.
            if (own["label"] == HEADLINE).any():
                own = own[own["label"] == HEADLINE]
            loss_lines(axes, own[own["fold"] == own["fold"].max()])
            axes.set_title(name_of(LEG, model), fontsize=8)
        row[0].set_ylabel(f"{PROTOCOLS[protocol]}\nloss", fontsize=8)
    for axes in panels.ravel():
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    for axes in panels[-1]:
        axes.set_xlabel("pass", color=MUTED)
    named = {
        label: handle
        for axes in panels.ravel()
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside lower left", ncols=2)
    return figure


@in_style
def robustness_chart(robustness: pd.DataFrame) -> "Figure":
    """AUROC as the inputs are perturbed in three ways.

    Args:
        robustness: table ``stress_robustness``.
    """
    if robustness.empty:
        return nothing("no model was tried on perturbed inputs")
    clean = robustness[robustness["disturbance"] == "none"].set_index("model")["auroc"]
    models = in_reading_order(LEG, robustness["model"])
    figure = canvas(10, 3.4)
    panels = figure.subplots(1, len(DISTURBANCES), sharey=True)
    for axes, (kind, (title, unit)) in zip(panels, DISTURBANCES.items(), strict=True):
        rows = robustness[robustness["disturbance"] == kind]
        for place, model in enumerate(models):
            own = rows[rows["model"] == model].sort_values("amount")
            # A model that was not tried in this way keeps its place in the legend alone.
            amounts = [0.0, *own["amount"]] if len(own) else []
            values = [clean.get(model, np.nan), *own["auroc"]] if len(own) else []
            axes.plot(
                amounts, values, color=PALETTE[place % len(PALETTE)], lw=1.2, marker="o", ms=3,
                ls=_line_style(place, model), label=name_of(LEG, model),
            )  # fmt: skip
        axes.axhline(0.5, color=INK, lw=0.8)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel(unit, color=MUTED)
    panels[0].set_ylabel("AUROC")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=5)
    return figure


@in_style
def event_chart(events: pd.DataFrame) -> "Figure":
    """How long before each event the alarms stood: one dot a score that warned.

    A triangle: the alarm was on when the window began, so that the lead is at least that long.

    Args:
        events: table ``event_scores``.
    """
    featured = [model.id for model in models_of(LEG) if model.featured]
    shown = events[
        ((events["label"] == HEADLINE) & events["model"].isin(featured))
        | events["label"].isin(MONTHLY)
    ]
    if shown.empty:
        return nothing("no named event lies in the test years")
    days = np.where(shown["label"].isin(MONTHLY), DAYS_A_MONTH, 1)
    lead = pd.to_numeric(shown["lead"]).astype(float) * days
    score = shown["label"].where(shown["label"].isin(MONTHLY), shown["model"])
    shown = shown.assign(days=lead, score=score)
    named = shown.drop_duplicates("event").sort_values("onset", ascending=False)
    place_of = {event: place for place, event in enumerate(named["event"])}
    scores = [*in_reading_order(LEG, shown.loc[shown["label"] == HEADLINE, "model"])]
    scores += [name for name in MONTHLY if (shown["score"] == name).any()]
    figure = canvas(10, 0.42 * len(named) + 1.5)
    axes = figure.subplots()
    for number, score in enumerate(scores):
        own = shown[shown["score"] == score]
        height = own["event"].map(place_of) + 0.3 - 0.6 * (number + 0.5) / len(scores)
        colour = PALETTE[number % len(PALETTE)]
        for on, marker in ((False, "o"), (True, "<")):
            dots = own["warned"].astype(bool) & (own["on_at_start"].astype(bool) == on)
            axes.scatter(own["days"][dots], height[dots], color=colour, marker=marker, s=22)
        warned = int(own["warned"].sum())
        axes.plot([], [], "o", color=colour, label=f"{score_name(score)}: {warned} of {len(own)}")
    axes.set_yticks(
        list(place_of.values()),
        [
            f"{row.name}, {row.onset:%Y-%m-%d}"
            for row in named[["name", "onset"]].itertuples(index=False)
        ],
    )
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.6, len(named) - 0.4)
    axes.set_xlim(left=0)
    axes.invert_xaxis()
    monthly = f" (a month as {DAYS_A_MONTH})" if shown["label"].isin(MONTHLY).any() else ""
    axes.set_xlabel(
        f"trading days{monthly} from the first alarm in the window to the onset", color=MUTED
    )
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return figure


def _marked(model: str) -> str:
    name, kind = name_of(LEG, model), simple_kind(LEG, model)
    return f"{name} ({kind})" if kind else name


def _line_style(place: int, model: str) -> str:
    if family_of(LEG, model) in ("naive", "baseline"):
        return ":"
    # The palette has eight colours: beyond them lines are dashed too.
    return "-" if place < len(PALETTE) else "--"


def _has_any(row: pd.Series, metrics: Sequence[str]) -> bool:
    return bool(
        row[[f"{m}_{end}" for m in metrics for end in ("in_time_order", "leaking")]].notna().any()
    )


def _shade_days(axes: "Axes", stressed: pd.Series, label: str) -> None:
    runs = (stressed != stressed.shift()).cumsum()
    days = pd.Series(stressed.index, index=stressed.index)
    for _, run in days[stressed].groupby(runs[stressed]):
        axes.axvspan(run.iloc[0], run.iloc[-1], color=STRESS, lw=0, label=label)
        label = "_"
