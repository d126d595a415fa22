"""The charts of volatility: one function each, from frames of the tables.

What was found, in words, is in `volatility_verdict`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sfr_pipeline.evaluation.models import headline, models_of, name_of, references
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.formats import listed, number
from sfr_pipeline.report.grammar import panels, rows, time_axis, upright, within
from sfr_pipeline.report.stress.dots import (
    coloured,
    dashed,
    day_of,
    height_of,
    lines_of,
    row_axis,
    shaped,
    toggled,
)
from sfr_pipeline.report.stress.volatility_findings import Outlook
from sfr_pipeline.report.stress.volatility_verdict import (
    AHEAD,
    LEG,
    PANEL_NAMES,
    group_of,
    outer_ends,
)
from sfr_pipeline.report.style import BAND, INK, PALETTE, RISK
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import BOUNDS, PANELS

# Years that a picture of days shows, and every how many days a point: outcomes overlap by more.
YEARS, STEP = 6, 3
# Pixels of a sub-market's panel.
PANEL = 110
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")


def outlook_chart(day: pd.Timestamp | None, outlook: Sequence[Outlook]) -> Chart:
    """The newest forecasts: a dot a horizon, with what holds 50 and 90 % of outcomes.

    Args:
        day: they were made on.
        outlook: of every sub-market and horizon.
    """
    import altair as alt

    title = "Volatility of the coming days by market, per cent a year"
    if day is None:
        return nothing(title, "no forecast of volatility")
    table = pd.DataFrame(
        [
            {
                "date": day, "market": row.market, "name": row.name,
                "horizon": row.horizon, "forecast": row.forecast,
                **dict(zip(BOUNDS, row.bounds, strict=True)), "threshold": row.threshold,
            }
            for row in outlook
        ]
    )  # fmt: skip
    horizons = sorted(table["horizon"].unique())
    words = {str(horizon): f"next {horizon} days" for horizon in horizons}
    colours = {str(h): PALETTE[place % len(PALETTE)] for place, h in enumerate(horizons)}
    shapes = {str(h): SHAPES[place % len(SHAPES)] for place, h in enumerate(horizons)}
    chosen, opacity = toggled("ahead")
    x = alt.X("forecast:Q", title=None, axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=True))
    columns = ("forecast", *BOUNDS, "threshold")
    base = (
        alt.Chart(rows())
        .transform_calculate(ahead="'' + datum.horizon", told_day=day_of("date"))
        .encode(
            y=row_axis("market", dict(zip(table["market"], table["name"], strict=True))),
            color=coloured("ahead", colours, words),
            opacity=opacity,
            tooltip=[
                alt.Tooltip("name:N", title="market"),
                alt.Tooltip("told_day:N", title="after"),
                alt.Tooltip("horizon:Q", title="trading days"),
                *(alt.Tooltip(f"{column}:Q", format=".1%") for column in columns),
            ],
            **lines_of("ahead", list(words)),
        )
    )
    low, half_low, half_high, high = BOUNDS
    picture = alt.layer(
        base.mark_rule(strokeWidth=1.2).encode(x=alt.X(f"{low}:Q"), x2=f"{high}:Q"),
        base.mark_rule(strokeWidth=5).encode(x=alt.X(f"{half_low}:Q"), x2=f"{half_high}:Q"),
        base.mark_point(filled=True, size=60, stroke="white", strokeWidth=0.7)
        .encode(x=x, shape=shaped("ahead", shapes, words))
        .add_params(chosen),
        base.mark_tick(thickness=2, size=11).encode(x="threshold:Q", color=alt.value(INK)),
    )
    n_markets = table["market"].nunique()
    month = table[table["horizon"] == AHEAD]
    told = [f"{row.name} {100 * row.forecast:.1f} %" for row in month.itertuples(index=False)]
    return Chart(
        title,
        f"After {day:%Y-%m-%d}, the next {AHEAD} trading days: {listed(told) if told else '–'}. "
        "Thick holds 50 and thin 90 % of outcomes by past errors; beyond the upright mark a market "
        "is in stress.",
        table,
        picture.properties(width="container", height=height_of(n_markets, len(horizons))),
    )


def hindsight_chart(forecasts: pd.DataFrame, names: Mapping[str, str]) -> Chart:
    """Forecast against what happened, the last years of every sub-market.

    Args:
        forecasts: table ``volatility_forecasts``.
        names: of the sub-markets, by identifier; their order is that of the panels.
    """
    import altair as alt

    title = f"Volatility of the next {AHEAD} days, forecast and outcome"
    found = forecasts[
        (forecasts["model"] == headline(LEG).id)
        & (forecasts["panel"] == PANELS[0])
        & (forecasts["horizon"] == AHEAD)
        & (forecasts["seed"] == MEAN_OF_SEEDS)
    ].sort_values("date")
    shown = [market for market in names if (found["market"] == market).any()]
    if not shown:
        return nothing(title, "no forecast of volatility")
    columns = ["date", "market", "forecast", "low_90", "high_90", "actual"]
    table = pd.concat(
        [_last_years(found[found["market"] == market]) for market in shown], ignore_index=True
    )[columns]
    table.insert(2, "name", table["market"].map(names))
    known = table.dropna(subset=["low_90", "high_90", "actual"])
    held = known["actual"].between(known["low_90"], known["high_90"]).mean()
    drawn = {
        "forecast": (f"forecast of {headline(LEG).name}", RISK, [1, 0]),
        "actual": ("what happened", INK, [4, 2]),
    }
    # Ratios count; powers of ten would leave most of a panel empty.
    axis = alt.Axis(format=".0%", values=[0.02, 0.05, 0.1, 0.2, 0.5, 1, 2])
    y: dict[str, Any] = {"title": None, "axis": axis, "scale": alt.Scale(type="log", nice=False)}
    chosen, opacity = toggled("line")
    base = within(alt.Chart(), "date").transform_calculate(told_day=day_of("date"))
    band = base.mark_area(color=BAND, clip=True).encode(
        x=time_axis("date"), y=alt.Y("low_90:Q", **y), y2="high_90:Q"
    )
    both = base.transform_fold(list(drawn), as_=["line", "value"])
    told = [
        alt.Tooltip("name:N", title="market"),
        alt.Tooltip("told_day:N", title="after"),
        *(alt.Tooltip(f"{column}:Q", format=".1%") for column in columns[2:]),
    ]
    named = {name: label for name, (label, _, _) in drawn.items()}
    line = both.mark_line(clip=True, strokeWidth=1.2).encode(
        x=time_axis("date"),
        y=alt.Y("value:Q", **y),
        color=coloured("line", {n: colour for n, (_, colour, _) in drawn.items()}, named, "stroke"),
        strokeDash=dashed("line", {n: dash for n, (_, _, dash) in drawn.items()}, named),
        opacity=opacity,
    )
    # Wide enough to be met by the pointer, and seen by nobody.
    spot = base.mark_rule(strokeWidth=4, opacity=0).encode(x=time_axis("date"), tooltip=told)
    picture = panels(
        band, line.add_params(chosen), spot,
        by="market", names={market: names[market] for market in shown}, height=PANEL, columns=1,
    )  # fmt: skip
    return Chart(
        title,
        f"The last {YEARS} years of each market, every {STEP}rd day. The band is to hold 90 % of "
        f"outcomes and held {100 * held:.0f} % of those shown.",
        table,
        picture.resolve_scale(y="independent"),
    )


def _last_years(own: pd.DataFrame) -> pd.DataFrame:
    since = own["date"].max() - pd.DateOffset(years=YEARS)
    return own[own["date"] >= since].iloc[::STEP]


def gain_chart(scores: pd.DataFrame) -> Chart:
    """Gains of the models over the rivals, all years, with intervals.

    Args:
        scores: table ``volatility_scores``.
    """
    title = f"Squared error saved against rivals, {AHEAD} days ahead, all years"
    found = pd.concat([group_of(scores, panel) for panel in PANELS], ignore_index=True)
    rivals = _rivals()
    models = [
        model
        for model in models_of(LEG)
        if (model.featured or model.network) and model.id not in rivals
        and (found["model"] == model.id).any()
    ]  # fmt: skip
    if not models:
        return nothing(title, "no forecast of volatility is judged yet")
    own = found[found["model"].isin([model.id for model in models])]
    table = _gains(own, rivals)
    return _gain_picture(title, table, "model", {model.id: model.name for model in models})


def decade_chart(scores: pd.DataFrame) -> Chart:
    """Gains of the headline model over the rivals by half-decade, with intervals.

    Args:
        scores: table ``volatility_scores``.
    """
    first = headline(LEG)
    title = f"Squared error that {first.name} saves, by half-decade"
    periods = sorted(
        str(period) for period in scores["period"].unique() if str(period)[:1].isdigit()
    )
    found = [group_of(scores, panel, period=period) for panel in PANELS for period in periods]
    found = [group[group["model"] == first.id] for group in found]
    table = _gains(pd.concat(found), _rivals()) if found else pd.DataFrame()
    if table.empty:
        return nothing(title, "no forecast of volatility is judged yet")
    return _gain_picture(title, table, "period", {period: period for period in periods})


def _rivals() -> dict[str, str]:
    return {rival.id: rival.name for rival in references(LEG) if rival.id != headline(LEG).id}


def _gains(found: pd.DataFrame, rivals: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the chart: ends of the interval hold for every length of blocks."""
    own = found[found["rival"].isin(rivals)].reset_index(drop=True)
    columns = ["panel", "period", "model", "rival", "n_days", "gain"]
    ends = [outer_ends(row) for _, row in own.iterrows()]
    table = own[columns].assign(
        low=[low for low, _ in ends], high=[high for _, high in ends], verdict=own["verdict"]
    )
    table.insert(3, "name", [name_of(LEG, str(model)) for model in table["model"]])
    return table


def _gain_picture(title: str, table: pd.DataFrame, row: str, names: Mapping[str, str]) -> Chart:
    import altair as alt

    rivals = {rival: name for rival, name in _rivals().items() if rival in set(table["rival"])}
    panels = [panel for panel in PANELS if panel in set(table["panel"])]
    shapes = dict(zip(panels, SHAPES, strict=False))
    colours = {rival: PALETTE[place % len(PALETTE)] for place, rival in enumerate(rivals)}
    chosen, opacity = toggled("rival")
    percent: dict[str, Any] = {"format": "+.1%"}
    told = [
        "name:N", "period:N", "panel:N", "rival:N",
        *(alt.Tooltip(f"{column}:Q", **percent) for column in ("gain", "low", "high")),
        "verdict:N",
    ]  # fmt: skip
    order = [f"{panel} {rival}" for panel in panels for rival in rivals]
    x = alt.X("gain:Q", title="less squared error, 95 % interval", axis=alt.Axis(format="+.0%"))
    look = {
        "y": row_axis(row, names),
        "color": coloured("rival", colours, {rival: f"against {n}" for rival, n in rivals.items()}),
        "opacity": opacity,
        "tooltip": told,
        **lines_of("line", order),
    }
    base = alt.Chart(rows()).transform_calculate(line="datum.panel + ' ' + datum.rival")
    picture = alt.layer(
        upright(0),
        base.mark_rule(strokeWidth=1.4).encode(x=alt.X("low:Q"), x2="high:Q", **look),
        base.mark_point(filled=True, size=46)
        .encode(x=x, shape=shaped("panel", shapes, PANEL_NAMES), **look)
        .add_params(chosen),
    )
    best = table.loc[table["gain"].idxmax()]
    better = int((table["verdict"] == "better").sum())
    return Chart(
        title,
        f"{better} of {len(table)} comparisons are better than their rival. The largest gain is "
        f"{number(100 * best['gain'], 1)} % ({names[best[row]]} against {rivals[best['rival']]}, "
        f"{PANEL_NAMES[best['panel']]}).",
        table,
        picture.properties(width="container", height=height_of(len(names), len(order))),
    )
