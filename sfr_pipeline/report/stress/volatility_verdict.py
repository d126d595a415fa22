"""How large will volatility be, and what is the forecast worth? In words, from the tables.

Belongs here: what may be said, which tests and intervals decide. Does not belong here: pictures
(`volatility_charts`), rows of the report (`volatility_section`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import (
    Leg,
    Model,
    ablation,
    headline,
    models_of,
    name_of,
    references,
)
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import as_float, labelled, listed, refit_text, verdict_lines
from sfr_pipeline.report.stress.volatility_findings import (
    Gain,
    Outlook,
    PanelFinding,
    VolatilitySummary,
)
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import BLOCKS, BOUNDS, LOSSES, PANELS

LEG: Leg = "volatility"
# The horizon that verdicts rest on, in trading days.
AHEAD = 21
PANEL_NAMES = dict(zip(PANELS, ("sub-markets", "stocks"), strict=True))
LOSS_NAMES = dict(zip(LOSSES, ("Squared error", "QLIKE", "QLIKE, levels corrected"), strict=True))
SQUARED, QLIKE = LOSSES[:2]
# Months between fits of rows that are compared.
YEARLY = 12
ENDS = ("low", "high")
ORDER = ("better", "undecided", "worse")
CAVEAT = (
    "The linear panel and the continuous score were written down before the hold-outs of 2010 to "
    "2021 were scored, but the model registered as the pick was another, the filtered historical "
    "simulation; the recalibrated rivals and the bound on training targets came later, and half of "
    "the network's correction was chosen on two of three hold-outs. The forms are frozen as of "
    "2026-11-26: only figures of days after the data used here are fresh evidence."
)


def sub_market_names(market: Market) -> dict[str, str]:
    """Names of a market's sub-markets by identifier, in the catalogue's order."""
    return {part.id: part.name for part in (market.stress.sub_markets if market.stress else ())}


def proposed_network() -> Model | None:
    """The network that this project proposes for the question; None where there is none."""
    return next((model for model in models_of(LEG) if model.contender), None)


def linear_companions() -> list[Model]:
    """Other forms of the headline model, which need no network."""
    return [
        model
        for model in models_of(LEG)
        if model.family == "own" and not model.network and not model.headline
        and not model.contender and not model.ablation_of
    ]  # fmt: skip


def group_of(
    scores: pd.DataFrame,
    panel: str,
    *,
    horizon: int = AHEAD,
    market: str = "all",
    period: str = "all",
    loss: str = SQUARED,
) -> pd.DataFrame:
    """Rows of one group of table ``volatility_scores``, means over seeds alone."""
    return scores[
        (scores["panel"] == panel)
        & (scores["horizon"] == horizon)
        & (scores["market"] == market)
        & (scores["period"] == period)
        & (scores["loss"] == loss)
        & (scores["seed"] == MEAN_OF_SEEDS)
    ]


def outer_ends(row: "pd.Series[Any]") -> tuple[float, float]:
    """Ends of the interval of a gain that hold for every length of blocks."""
    low, high = ([as_float(row[f"gain_{block}_{end}"]) for block in BLOCKS] for end in ENDS)
    # An end that blocks of one length cannot give is missing, and the other's counts.
    return float(np.fmin.reduce(low)), float(np.fmax.reduce(high))


def volatility_summary(market: Market, tables: Mapping[str, pd.DataFrame]) -> VolatilitySummary:
    """How large will volatility be, and what is the forecast worth?

    Args:
        market: the catalogue, with a stress leg.
        tables: frames by name: ``volatility_scores`` and ``volatility_forecasts``.
    """
    scores = tables["volatility_scores"]
    judged = (_panel_finding(scores, panel) for panel in PANELS)
    panels = tuple(panel for panel in judged if panel is not None)
    day, outlook = newest_outlook(market, tables["volatility_forecasts"])
    found = VolatilitySummary(day, outlook, panels, _unlike(panels), "")
    return replace(found, verdict=_verdict(found))


def newest_outlook(
    market: Market, forecasts: pd.DataFrame, model: str | None = None
) -> tuple[pd.Timestamp | None, tuple[Outlook, ...]]:
    """The newest day and its forecasts of the sub-markets by one model.

    Args:
        market: the catalogue, with a stress leg.
        forecasts: table ``volatility_forecasts``.
        model: id; None for the headline model.
    """
    chosen = headline(LEG).id if model is None else model
    own = forecasts[
        (forecasts["model"] == chosen)
        & (forecasts["panel"] == PANELS[0])
        & (forecasts["seed"] == MEAN_OF_SEEDS)
    ]
    if own.empty:
        return None, ()
    day = pd.Timestamp(own["date"].max())
    rows = own[own["date"] == own["date"].max()].set_index(["market", "horizon"])
    outlook = [
        Outlook(
            market=identifier,
            name=name,
            horizon=int(horizon),
            forecast=float(row["forecast"]),
            bounds=tuple(as_float(row[end]) for end in BOUNDS),  # type: ignore[arg-type]
            threshold=float(row["threshold"]),
        )
        for identifier, name in sub_market_names(market).items()
        if identifier in rows.index.get_level_values("market")
        for horizon, row in rows.loc[identifier].sort_index().iterrows()
    ]
    return day, tuple(outlook)


def as_lines(market: Market, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the command line says of volatility: the newest forecasts, and the verdict."""
    if market.stress is None:
        return []
    if not {"volatility_scores", "volatility_forecasts"} <= tables.keys():
        return labelled("volatility", f"unknown: materialize {market.name}/volatility_scores")
    found = volatility_summary(market, tables)
    ahead = labelled("coming days", outlook_text(found)) if found.day is not None else []
    return [*ahead, *verdict_lines("volatility", found.verdict, "volatility_scores")]


def outlook_text(found: VolatilitySummary) -> str:
    """The newest forecasts in a sentence: all horizons, and what holds nine of ten outcomes."""
    by_market: dict[str, list[Outlook]] = {}
    for row in found.outlook:
        by_market.setdefault(row.name, []).append(row)
    told = [
        f"{name} {', '.join(_ahead_in_words(row) for row in rows)}"
        for name, rows in by_market.items()
    ]
    when = f"after {found.day:%Y-%m-%d}, by trading days"
    return f"volatility in per cent a year {when}: {'; '.join(told)}"


def _ahead_in_words(row: Outlook) -> str:
    text = f"{row.horizon}: {100 * row.forecast:.1f}"
    low, high = row.bounds[0], row.bounds[-1]
    if row.horizon == AHEAD and low == low and high == high:
        text += f" (90 % within {100 * low:.1f} to {100 * high:.1f})"
    return text


def _panel_finding(scores: pd.DataFrame, panel: str) -> PanelFinding | None:
    rows = group_of(scores, panel)
    if rows.empty:
        return None
    first, network = headline(LEG), proposed_network()
    twin = None if network is None else ablation(network)
    others = [*([] if twin is None else [twin]), *linear_companions()]
    qlike = group_of(scores, panel, loss=QLIKE)

    def gain(model: Model | None, rival: Model) -> Gain | None:
        return None if model is None else _gain(rows, qlike, model.id, rival.id)

    rivals = [rival for rival in references(LEG) if rival.id != first.id]
    gains = (gain(first, rival) for rival in rivals)
    beside = (gain(other, first) for other in others)
    own = scores[(scores["panel"] == panel) & (scores["market"] != "all")]
    return PanelFinding(
        panel=panel,
        n_markets=int(own.loc[own["horizon"] == AHEAD, "market"].nunique()),
        n_days=int(rows["n_days"].max()),
        gains=tuple(one for one in gains if one is not None),
        network=gain(network, first),
        beside=tuple(one for one in beside if one is not None),
    )


def _gain(rows: pd.DataFrame, qlike: pd.DataFrame, model: str, rival: str) -> Gain | None:
    """Of one pair; None where the table has no row of it."""
    own = _pair(rows, model, rival)
    if own is None:
        return None
    other = _pair(qlike, model, rival)
    low, high = outer_ends(own)
    return Gain(
        model=model,
        name=name_of(LEG, model),
        rival=rival,
        rival_name=name_of(LEG, rival),
        gain=as_float(own["gain"]),
        low=low,
        high=high,
        p_value=as_float(own["p_value"]),
        verdict=str(own["verdict"]),
        by_qlike="" if other is None else str(other["verdict"]),
        refit_months=as_float(own["refit_months"]),
    )


def _pair(rows: pd.DataFrame, model: str, rival: str) -> "pd.Series[Any] | None":
    own = rows[(rows["model"] == model) & (rows["rival"] == rival)]
    return None if own.empty else own.iloc[0]


def _unlike(panels: Sequence[PanelFinding]) -> tuple[str, ...]:
    """Models of the verdict that are fitted otherwise than once a year."""
    told = {
        one.name: refit_text(one.refit_months)
        for panel in panels
        for one in (*panel.gains, *([panel.network] if panel.network else []), *panel.beside)
        if one.refit_months != YEARLY
    }
    return tuple(f"{name} {often}" for name, often in told.items())


def _verdict(found: VolatilitySummary) -> str:
    """True whatever the result: the headline against its rivals, then what a network adds."""
    if not found.panels:
        return (
            "No forecast of volatility can be judged yet: the prices hold no day whose volatility "
            "was forecast and is over."
        )
    sentences = [_rivals_in_words(panel) for panel in found.panels]
    sentences += [_network_in_words(panel) for panel in found.panels if panel.network]
    if found.unlike:
        sentences.append(f"Fitted every year, but for {listed(found.unlike)}.")
    return " ".join(sentences)


def _rivals_in_words(panel: PanelFinding) -> str:
    where = f"{panel.n_markets} {PANEL_NAMES[panel.panel]} and {panel.n_days:,} days"
    own = headline(LEG).name
    if not panel.gains:
        return f"On {where}, {own} has no rival to be held by."
    says = {
        "better": "forecasts the volatility of the next {days} trading days better than {rivals}",
        "undecided": "is not separable from {rivals}",
        "worse": "forecasts it worse than {rivals}",
    }
    parts = [
        says[word].format(days=AHEAD, rivals=listed([_pair_text(gain) for gain in gains]))
        for word in ORDER
        if (gains := [gain for gain in panel.gains if gain.verdict == word])
    ]
    return f"On {where}, {own} {'; it '.join(parts)}."


def _network_in_words(panel: PanelFinding) -> str:
    own = panel.network
    if own is None:
        return ""
    says = {
        "better": "takes {gain} more off its squared error",
        "undecided": "is not separable from it ({gain})",
        "worse": "is worse than it ({gain})",
    }
    text = f"{own.name} {says[own.verdict].format(gain=_gain_text(own))}"
    if panel.beside:
        others = listed([f"{gain.name} {_gain_text(gain)}" for gain in panel.beside])
        text += (
            f"; beside it stand {others}, and no test here holds it against them: that it reads "
        )
        text += "the path of days is not claimed"
    return f"On the {PANEL_NAMES[panel.panel]} {text}."


def _pair_text(gain: Gain) -> str:
    tail = ""
    if gain.verdict == ORDER[1] and not gain.low <= 0 <= gain.high:
        # The intervals would decide; the test does not.
        tail += f", p {gain.p_value:.2f}"
    if gain.by_qlike and gain.by_qlike != gain.verdict:
        tail += f"; by QLIKE {gain.by_qlike}"
    return f"{gain.rival_name} ({_gain_text(gain)}{tail})"


def _gain_text(gain: Gain) -> str:
    return f"{100 * gain.gain:+.1f} %, {100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
