"""The pictures of volatility: one function each, from frames of the tables to a figure.

What was found, in words, is in `volatility_verdict`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.evaluation.models import Model, headline, models_of, references
from sfr_pipeline.report.model_styles import FAMILY_COLOURS
from sfr_pipeline.report.stress.volatility_findings import Outlook
from sfr_pipeline.report.stress.volatility_verdict import (
    AHEAD,
    LEG,
    PANEL_NAMES,
    group_of,
    outer_ends,
)
from sfr_pipeline.report.style import (
    BAND,
    INK,
    MUTED,
    PALETTE,
    RISK,
    canvas,
    in_style,
    nothing,
)
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import PANELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Years that a picture of days shows, and every how many days a point: outcomes overlap by more.
YEARS, STEP = 6, 3


@in_style
def outlook_chart(day: pd.Timestamp | None, outlook: Sequence[Outlook]) -> "Figure":
    """The newest forecasts: a dot a horizon, with what holds 50 and 90 % of outcomes.

    Args:
        day: they were made on.
        outlook: of every sub-market and horizon.
    """
    if day is None:
        return nothing("no forecast of volatility")
    horizons = sorted({row.horizon for row in outlook})
    markets = list(dict.fromkeys(row.name for row in outlook))
    figure = canvas(10, 0.3 * len(markets) * len(horizons) + 1.3)
    axes = figure.subplots()
    for row in outlook:
        # From above: markets in their order, the nearest horizon first.
        place = -(markets.index(row.name) * (len(horizons) + 0.7) + horizons.index(row.horizon))
        colour = PALETTE[horizons.index(row.horizon) % len(PALETTE)]
        low, half_low, half_high, high = (100 * bound for bound in row.bounds)
        axes.hlines(place, low, high, color=colour, lw=1.1, alpha=0.6)
        axes.hlines(place, half_low, half_high, color=colour, lw=4.5, alpha=0.45)
        axes.plot(100 * row.forecast, place, "o", color=colour, ms=5)
        axes.plot(100 * row.threshold, place, "|", color=INK, ms=9)
    middle = (len(horizons) - 1) / 2
    axes.set_yticks(
        [-(number * (len(horizons) + 0.7) + middle) for number in range(len(markets))], markets
    )
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlim(left=0)
    axes.set_xlabel(
        f"volatility of the days after {day:%Y-%m-%d}, per cent a year; thick 50 %, thin 90 % by "
        "past errors",
        color=MUTED,
    )
    for number, horizon in enumerate(horizons):
        axes.plot([], [], "o", color=PALETTE[number % len(PALETTE)], label=f"next {horizon} days")
    axes.plot([], [], "|", color=INK, ms=9, label="above it the market is in stress")
    figure.legend(loc="outside lower left", ncols=len(horizons) + 1)
    return figure


@in_style
def hindsight_chart(forecasts: pd.DataFrame, names: Mapping[str, str]) -> "Figure":
    """Forecast against what happened, the last years of every sub-market.

    Args:
        forecasts: table ``volatility_forecasts``.
        names: of the sub-markets, by identifier; their order is that of the panels.
    """
    rows = forecasts[
        (forecasts["model"] == headline(LEG).id)
        & (forecasts["panel"] == PANELS[0])
        & (forecasts["horizon"] == AHEAD)
        & (forecasts["seed"] == MEAN_OF_SEEDS)
    ]
    shown = [market for market in names if (rows["market"] == market).any()]
    if not shown:
        return nothing("no forecast of volatility")
    since = pd.Timestamp(rows["date"].max()) - pd.DateOffset(years=YEARS)
    figure = canvas(10, 1.5 * len(shown) + 0.7)
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False).ravel()
    for axes, market in zip(panels, shown, strict=True):
        own = rows[(rows["market"] == market) & (rows["date"] >= since)]
        own = own.sort_values("date").iloc[::STEP]
        columns = ("low_90", "high_90", "forecast", "actual")
        low, high, told, came = (100 * own[name].to_numpy(dtype=float) for name in columns)
        dates = own["date"].to_numpy()
        axes.fill_between(dates, low, high, color=BAND, lw=0, label="90 % by past errors")
        axes.plot(dates, told, color=RISK, lw=1, label=f"forecast of {headline(LEG).name}")
        axes.plot(dates, came, color=INK, lw=0.9, label="what happened")
        axes.set_yscale("log")
        _plain_ticks(axes)
        axes.set_title(names[market], fontsize=9)
        axes.margins(x=0.01)
    figure.supylabel(f"volatility of the next {AHEAD} days, per cent a year", fontsize=8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return figure


@in_style
def gain_chart(scores: pd.DataFrame) -> "Figure":
    """Gains over the rivals with intervals: by model over all years, and by half-decade.

    Args:
        scores: table ``volatility_scores``.
    """
    panels = [panel for panel in PANELS if not group_of(scores, panel).empty]
    if not panels:
        return nothing("no forecast of volatility is judged yet")
    first = headline(LEG)
    rivals = [rival for rival in references(LEG) if rival.id != first.id]
    figure = canvas(10, 2.6 * len(panels) + 0.6)
    grid = figure.subplots(len(panels), 2, squeeze=False, width_ratios=(1, 1.3))
    for row, panel in zip(grid, panels, strict=True):
        _model_gains(row[0], group_of(scores, panel), rivals)
        _decade_gains(row[1], scores, panel, first, rivals)
        row[0].set_title(f"{PANEL_NAMES[panel]}, all years", fontsize=9)
        row[1].set_title(f"{PANEL_NAMES[panel]}, by half-decade: {first.name}", fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("less squared error, per cent, 95 % interval", color=MUTED)
    for place, rival in enumerate(rivals):
        grid[0][0].plot([], [], "o", color=PALETTE[place], label=f"against {rival.name}")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=len(rivals))
    return figure


def _model_gains(axes: "Axes", rows: pd.DataFrame, rivals: Sequence[Model]) -> None:
    """A line a featured model, a dot a rival."""
    models = [
        model
        for model in models_of(LEG)
        if (model.featured or model.network) and model not in rivals
        and (rows["model"] == model.id).any()
    ]  # fmt: skip
    for number, model in enumerate(models):
        for place, rival in enumerate(rivals):
            own = rows[(rows["model"] == model.id) & (rows["rival"] == rival.id)]
            _dot(axes, own, -number - 0.3 * place, PALETTE[place])
    axes.set_yticks([-number - 0.15 for number in range(len(models))], [m.name for m in models])
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    for label, model in zip(axes.get_yticklabels(), models, strict=True):
        label.set_color(INK if model.headline else FAMILY_COLOURS[model.family])
    _zero(axes)


def _decade_gains(
    axes: "Axes",
    scores: pd.DataFrame,
    panel: str,
    model: Model,
    rivals: Sequence[Model],
) -> None:
    """A line a half-decade of the headline model, a dot a rival."""
    periods = sorted(
        period
        for period in scores.loc[scores["panel"] == panel, "period"].unique()
        if str(period)[:1].isdigit()
    )
    for number, period in enumerate(periods):
        rows = group_of(scores, panel, period=period)
        for place, rival in enumerate(rivals):
            own = rows[(rows["model"] == model.id) & (rows["rival"] == rival.id)]
            _dot(axes, own, -number - 0.3 * place, PALETTE[place])
    axes.set_yticks([-number - 0.15 for number in range(len(periods))], periods)
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    _zero(axes)


def _dot(axes: "Axes", own: pd.DataFrame, height: float, colour: str) -> None:
    for _, row in own.iterrows():
        low, high = outer_ends(row)
        axes.hlines(height, 100 * low, 100 * high, color=colour, lw=1.2)
        axes.plot(100 * float(row["gain"]), height, "o", color=colour, ms=4)


def _zero(axes: "Axes") -> None:
    axes.axvline(0, color=INK, lw=0.8)
    axes.grid(visible=False, axis="y")


def _plain_ticks(axes: "Axes") -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
