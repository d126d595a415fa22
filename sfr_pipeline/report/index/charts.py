"""The pictures of the index: one function each, from frames of the tables to a figure.

The same figures serve the Dagster UI (PNG) and the report (SVG).
"""

import textwrap
from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sfr_pipeline.report.style import (
    BAND,
    CALM,
    GRID,
    INK,
    LABEL_LENGTH,
    MUTED,
    PALETTE,
    RISK,
    STRESS,
    canvas,
    in_style,
    mark_events,
    nothing,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOT_BEGUN = "the index has not begun"


@in_style
def index_chart(
    sfri: pd.DataFrame,
    mode: str,
    events: pd.DataFrame | None = None,
    regimes: pd.DataFrame | None = None,
) -> "Figure":
    """The index with its band, high-risk months shaded, named events marked.

    Args:
        sfri: table ``sfri``.
        mode: which information set to draw.
        events: table ``events``.
        regimes: table ``regimes``; its forecasts continue the line as a fan.
    """
    index = sfri[sfri["mode"] == mode].sort_values("ref_date")
    if index.empty:
        return nothing(NOT_BEGUN)
    figure, axes = _figure(10, 4.2)
    if regimes is not None:
        states = regimes[regimes["mode"] == mode].sort_values("ref_date")
        probability = states["smoothed_high"].fillna(states["probability_high"])
        estimated = states["horizon"] == 0
        _shade(axes, states["ref_date"][estimated], probability[estimated] > 0.5)
        _fan(axes, states)
    axes.fill_between(
        index["ref_date"],
        index["band_low"],
        index["band_high"],
        color=BAND,
        lw=0,
        label="band",
    )
    axes.plot(index["ref_date"], index["sfri"], color=RISK, lw=1.4, label="SFRI")
    axes.plot(
        index["ref_date"], index["equal_weight"], color=MUTED, lw=0.8, ls=":", label="equal weights"
    )
    axes.axhline(0, color=MUTED, lw=0.6)
    if events is not None:
        mark_events(axes, events, *index["ref_date"].iloc[[0, -1]])
    axes.set_ylabel("standard deviations")
    axes.legend(loc="upper left", ncols=5, bbox_to_anchor=(0, -0.08))
    axes.margins(x=0.01)
    return figure


@in_style
def real_time_chart(sfri: pd.DataFrame) -> "Figure":
    """What was published in real time against the full-sample estimate."""
    wide = sfri.pivot(index="ref_date", columns="mode", values="sfri").dropna()
    if wide.empty:
        return nothing(NOT_BEGUN)
    figure, axes = _figure(10, 3.2)
    axes.plot(wide.index, wide["paper"], color=CALM, lw=1.2, label="full sample (looks ahead)")
    axes.plot(wide.index, wide["real_time"], color=RISK, lw=1.2, label="as first published")
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.set_ylabel("standard deviations")
    axes.legend(loc="upper left", ncols=2, bbox_to_anchor=(0, -0.1))
    axes.margins(x=0.01)
    return figure


@in_style
def weight_heat_map(weights: pd.DataFrame, names: Mapping[str, str], mode: str) -> "Figure":
    """Weights over time; white where an indicator is missing.

    Args:
        weights: table ``sfri_weights``.
        names: of the indicators, in the order in which they are drawn.
        mode: which information set to draw.
    """
    rows = weights[weights["mode"] == mode]
    if rows.empty:
        return nothing(NOT_BEGUN)
    wide = rows.pivot(index="indicator", columns="ref_date", values="weight").reindex(list(names))
    figure, axes = _figure(10, 0.2 * len(names) + 1.2)
    first, last = _date_numbers(wide.columns[[0, -1]])
    # A single month has no width of its own.
    extent = (first, max(last, first + 1), len(names) - 0.5, -0.5)
    image = axes.imshow(
        100 * wide, aspect="auto", cmap="YlOrRd", extent=extent, interpolation="none", vmin=0
    )
    axes.xaxis_date()
    axes.set_yticks(range(len(names)), [_label(name) for name in names.values()])
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label="weight, per cent", pad=0.01)
    return figure


@in_style
def dimension_stack(dimensions: pd.DataFrame, titles: Mapping[str, str], mode: str) -> "Figure":
    """Contributions of the dimensions that have data, stacked above and below zero, and their sum.

    Args:
        dimensions: table ``dimension_indices``.
        titles: names of the dimensions, in the order in which they are drawn.
        mode: which information set to draw.
    """
    wide = _dimensions(dimensions, titles, mode, "contribution").dropna(axis=1, how="all")
    if wide.empty:
        return nothing(NOT_BEGUN)
    colour = dict(zip(titles.values(), cycle(PALETTE), strict=False))
    figure, axes = _figure(10, 4.2)
    # A bar touches the next one: months, drawn as steps, leave no gaps and no interpolation.
    for part, base in ((wide.clip(lower=0), 0.0), (wide.clip(upper=0), 0.0)):
        bottom = np.full(len(part), base)
        for name in part:
            top = bottom + part[name].to_numpy()
            label = name if (part >= 0).all(axis=None) else None
            axes.fill_between(
                part.index, bottom, top, step="mid", color=colour[name], lw=0, label=label,
                alpha=0.85,
            )  # fmt: skip
            bottom = top
    axes.plot(wide.index, wide.sum(axis=1), color=INK, lw=1.0, label="SFRI")
    axes.set_ylabel("standard deviations")
    axes.legend(loc="upper left", ncols=4, bbox_to_anchor=(0, -0.08))
    axes.margins(x=0.01)
    return figure


@in_style
def dimension_panels(dimensions: pd.DataFrame, titles: Mapping[str, str], mode: str) -> "Figure":
    """Index of each dimension in a panel of its own (the paper's Figure 4)."""
    wide = _dimensions(dimensions, titles, mode, "dimension_index")
    rows = -(-len(wide.columns) // 2)
    figure = canvas(10, 1.5 * rows + 0.4)
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, name in zip(panels, wide, strict=False):
        axes.plot(wide.index, wide[name], color=RISK, lw=1.0)
        axes.axhline(0, color=MUTED, lw=0.6)
        axes.set_title(name if wide[name].notna().any() else f"{name}: no data")
    for axes in panels[len(wide.columns) :]:
        axes.set_visible(False)
    # The last panel of each column carries the years.
    for axes in panels[max(len(wide.columns) - 2, 0) : len(wide.columns)]:
        axes.tick_params(labelbottom=True)
    return figure


@in_style
def regime_chart(regimes: pd.DataFrame, mode: str) -> "Figure":
    """Probability of the high-risk regime (the paper's Figure 5)."""
    rows = regimes[(regimes["mode"] == mode) & (regimes["horizon"] == 0)].sort_values("ref_date")
    if rows.empty:
        return nothing("there are no regimes yet")
    figure, axes = _figure(10, 2.4)
    axes.fill_between(
        rows["ref_date"], rows["probability_high"], color=BAND, lw=0, label="filtered"
    )
    if rows["smoothed_high"].notna().any():
        axes.plot(rows["ref_date"], rows["smoothed_high"], color=RISK, lw=1.0, label="smoothed")
    axes.set_ylim(0, 1)
    axes.set_ylabel("probability")
    axes.legend(loc="upper left", ncols=2, bbox_to_anchor=(0, -0.14))
    axes.margins(x=0.01)
    return figure


@in_style
def coverage_chart(
    panel: pd.DataFrame, names: Mapping[str, str], titles: Mapping[str, str]
) -> "Figure":
    """Months in which each indicator had been published by the month's end.

    Args:
        panel: table ``indicator_panel``.
        names: of the indicators, in the order in which they are drawn.
        titles: of the dimensions, in the order of their colours.
    """
    rows = panel[panel["mode"] == "real_time"]
    figure, axes = _figure(10, 0.2 * len(names) + 1.0)
    colour = dict(zip(titles, cycle(PALETTE), strict=False))
    for position, indicator in enumerate(names):
        own = rows[rows["indicator"] == indicator].sort_values("ref_date")
        # A run of months without a gap is one bar.
        runs = (own["ref_date"].dt.to_period("M").astype("int64").diff() != 1).cumsum()
        for _, run in own["ref_date"].groupby(runs):
            axes.hlines(
                position, run.iloc[0] - pd.offsets.MonthBegin(1), run.iloc[-1],
                color=colour[own["dimension"].iloc[0]], lw=6,
            )  # fmt: skip
    for dimension, title in titles.items():
        empty = "" if (rows["dimension"] == dimension).any() else ": no data"
        axes.plot([], [], color=colour[dimension], lw=6, label=title + empty)
    axes.set_yticks(range(len(names)), [_label(name) for name in names.values()])
    axes.invert_yaxis()
    axes.legend(loc="upper left", ncols=4, bbox_to_anchor=(0, -0.05))
    axes.margins(x=0.01, y=0.03)
    return figure


def _label(name: str) -> str:
    """A name that leaves room for what it labels."""
    return textwrap.shorten(name, LABEL_LENGTH, placeholder=" …")


def _figure(width: float, height: float) -> "tuple[Figure, Axes]":
    figure = canvas(width, height)
    return figure, figure.subplots()


def _dimensions(
    dimensions: pd.DataFrame, titles: Mapping[str, str], mode: str, value: str
) -> pd.DataFrame:
    rows = dimensions[dimensions["mode"] == mode]
    wide = rows.pivot(index="ref_date", columns="dimension", values=value)
    return wide.reindex(columns=list(titles)).rename(columns=titles)


def _date_numbers(dates: Any) -> list[float]:
    from matplotlib.dates import date2num

    return [float(number) for number in date2num(dates)]


def _shade(axes: "Axes", dates: pd.Series, high: pd.Series) -> None:
    """Shade runs of high-risk months."""
    runs = (high != high.shift()).cumsum()
    label = "high-risk (high-variance) regime"
    for _, run in dates[high].groupby(runs[high]):
        start = run.iloc[0] - pd.offsets.MonthBegin(1)
        axes.axvspan(start, run.iloc[-1], color=STRESS, lw=0, label=label)
        label = "_"


def _fan(axes: "Axes", states: pd.DataFrame) -> None:
    """Continue the index with its forecast."""
    ahead = states[states["horizon"] > 0]
    if ahead.empty:
        return
    last = (
        states[states["horizon"] == 0]
        .iloc[[-1]]
        .assign(sfri_low=lambda row: row["sfri"], sfri_high=lambda row: row["sfri"])
    )
    fan = pd.concat([last, ahead])
    axes.fill_between(fan["ref_date"], fan["sfri_low"], fan["sfri_high"], color=GRID, lw=0)
    axes.plot(fan["ref_date"], fan["sfri"], color=INK, lw=1.0, ls="--", label="forecast")
