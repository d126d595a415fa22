"""Does anything tell stress of the coming days? What was found, in words, from the daily tables.

A difference of areas counts only by its interval, and only where there are episodes enough: until
then the words name no winner.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import (
    Leg,
    benchmark,
    contender,
    name_of,
    persistence,
    references,
)
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import (
    as_float,
    labelled,
    listed,
    probability_text,
    refit_text,
    verdict_lines,
)
from sfr_pipeline.report.stress.findings import (
    STANDINGS,
    Comparison,
    Latest,
    PaperFinding,
    Scored,
    Standing,
    StressSummary,
)
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.beginning import AHEAD, HEADLINE, why_no_verdict
from sfr_pipeline.stress.paper_protocol import paper_table

# So many episodes of stress tell models of the quality at hand apart; with fewer the question is
# open whoever is ahead, and a lead is no verdict.
DECIDABLE = 50
LEG: Leg = "stress"
# Scores of event_scores that are no label of daily stress.
MONTHLY = {"index": "Index of the month", "opinion": "Public opinion"}


def score_name(score: str) -> str:
    """Name of what gives alarms: a model, or a monthly index."""
    return MONTHLY.get(score, name_of(LEG, score))


def group_of(
    scores: pd.DataFrame,
    label: str = HEADLINE,
    protocol: str = "walk_forward",
    period: str = "all",
    days: str = "all",
) -> pd.DataFrame:
    """Rows of one group of table ``stress_scores``, the highest AUROC first."""
    rows = scores[
        (scores["protocol"] == protocol)
        & (scores["label"] == label)
        & (scores["period"] == period)
        & (scores["days"] == days)
    ]
    return rows.sort_values(["auroc", "model"], ascending=[False, True], ignore_index=True)


def headline_warner(scores: pd.DataFrame, among: Iterable[str]) -> str | None:
    """Id of the rule or model whose chance of stress is shown, wherever one is.

    It has the highest AUROC of the published probability, all test days of the headline label.

    Args:
        scores: table ``stress_scores``.
        among: ids of those that can be asked.

    Returns:
        None where none of them has a score.
    """
    rows = group_of(scores).dropna(subset="auroc")
    rows = rows[rows["model"].isin(set(among))]
    return None if rows.empty else str(rows["model"].iloc[0])


def stress_summary(tables: Mapping[str, pd.DataFrame]) -> StressSummary:
    """Does anything tell the stress of the coming days?

    Args:
        tables: frames by name: ``stress_scores``, and ``stress_predictions`` where there is one.

    Raises:
        EstimationError: table ``stress_scores`` has no row of the headline label walked forward.
    """
    scores = tables["stress_scores"]
    group = group_of(scores)
    if group.empty:
        raise EstimationError(
            f"stress_scores has no walk-forward row of label {HEADLINE}, so there is nothing to "
            "judge: materialize stress_scores again"
        )
    judged = tuple(_scored(row) for row in group.to_dict("records") if not _missing(row["auroc"]))
    by_model = {scored.model: scored for scored in judged}
    own = by_model.get(contender(LEG).id)
    rivals = [by_model[rival.id] for rival in references(LEG) if rival.id in by_model]
    alike = [rival for rival in rivals if own is not None and _fitted_alike(own, rival)]
    shared = group.iloc[0]
    predictions = tables.get("stress_predictions")
    found = StressSummary(
        n_days=int(shared["n_days"]),
        n_episodes=int(shared["n_episodes"]),
        base_rate=float(shared["base_rate"]),
        judged=judged,
        contender=own,
        comparisons=() if own is None else _comparisons(group, own, alike),
        unlike=tuple(rival for rival in rivals if own is not None and rival not in alike),
        paper=_paper_finding(scores),
        latest=None if predictions is None else latest_chance(predictions, scores),
        verdict="",
    )
    return replace(found, verdict=_verdict(found))


def as_lines(market: Market, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the command line says of daily stress: the newest probability, and the verdict."""
    if market.stress is None:
        return []
    if "stress_scores" not in tables:
        return labelled("daily stress", f"unknown: materialize {market.name}/stress_scores")
    if waits := why_no_verdict(market, tables):
        return labelled("daily stress", waits)
    found, ahead = stress_summary(tables), []
    if (coming := found.latest) is not None:
        ahead = labelled(
            "stress ahead",
            f"probability {probability_text(coming.probability)} in the {AHEAD} trading days after "
            f"{coming.day:%Y-%m-%d} ({coming.name}; base rate "
            f"{probability_text(coming.base_rate)})",
        )
    return [*ahead, *verdict_lines("daily stress", found.verdict, "stress_scores")]


def _scored(row: Mapping[str, object]) -> Scored:
    model = str(row["model"])
    return Scored(
        model=model,
        name=name_of(LEG, model),
        auroc=as_float(row["auroc"]),
        low=as_float(row["auroc_low"]),
        high=as_float(row["auroc_high"]),
        refit_months=as_float(row["refit_months"]),
    )


def _fitted_alike(own: Scored, rival: Scored) -> bool:
    """Whether a difference is one of models and not of how fresh their fits are."""
    months = (own.refit_months, rival.refit_months)
    return 0 in months or months[0] == months[1] or bool(np.isnan(months).all())


def _comparisons(
    group: pd.DataFrame, own: Scored, rivals: Sequence[Scored]
) -> tuple[Comparison, ...]:
    row = group[group["model"] == own.model].iloc[0]
    found = []
    for rival in rivals:
        column = f"against_{rival.model}"
        difference, low, high = (row[f"{column}{end}"] for end in ("", "_low", "_high"))
        if _missing(difference) or _missing(low) or _missing(high):
            continue
        standing: Standing = "above" if low > 0 else "below" if high < 0 else "level with"
        found.append(Comparison(rival.model, rival.name, difference, low, high, standing))
    return tuple(found)


def _paper_finding(scores: pd.DataFrame) -> PaperFinding | None:
    needed = {"paper", "paper_random"}
    if not needed <= set(scores["protocol"]):
        return None
    table = paper_table(scores).set_index("model")
    table = table[["paper_f1", "f1_in_time_order", "f1_leaking"]].astype(float)
    # Of the paper's networks alone there is something printed to hold them against.
    networks = table.dropna()
    last_label = persistence(LEG).id
    if networks.empty or last_label not in table.index:
        return None
    printed, in_time_order, leaking = networks.mean()
    last = table.loc[last_label]
    return PaperFinding(
        in_time_order=in_time_order,
        leaking=leaking,
        printed=printed,
        last_in_time_order=last["f1_in_time_order"],
        last_leaking=last["f1_leaking"],
    )


def latest_chance(predictions: pd.DataFrame, scores: pd.DataFrame) -> Latest | None:
    """The chance of stress that is shown wherever one is: of the newest day, by the best scored.

    Args:
        predictions: table ``stress_predictions``.
        scores: table ``stress_scores``.

    Returns:
        None where no rule with a score speaks of that day, or the base rate is missing.
    """
    rows = predictions[
        (predictions["protocol"] == "walk_forward")
        & (predictions["label"] == HEADLINE)
        & (predictions["seed"] == MEAN_OF_SEEDS)
    ].dropna(subset="probability")
    newest = rows[rows["date"] == rows["date"].max()].set_index("model")["probability"]
    base = benchmark(LEG).id
    first = headline_warner(scores, newest.index)
    if first is None or base not in newest:
        return None
    return Latest(
        day=pd.Timestamp(rows["date"].max()),
        model=first,
        name=name_of(LEG, first),
        probability=float(newest[first]),
        base_rate=float(newest[base]),
    )


def _verdict(found: StressSummary) -> str:
    """True whatever the result: whether the question can be decided, the contender, the paper."""
    if not found.judged:
        return (
            f"No model can be judged: the {found.n_days:,} test days hold "
            f"{'nothing but' if found.base_rate == 1 else 'no'} stress."
        )
    sentences = [question_text(found), _contender_in_words(found)]
    if found.paper is not None:
        sentences.append(_paper_in_words(found.paper))
    return " ".join(sentences)


def question_text(found: StressSummary) -> str:
    """How much there is to learn from, and whether that is enough to tell models apart."""
    episodes = "1 episode" if found.n_episodes == 1 else f"{found.n_episodes} episodes"
    days = f"{found.n_days:,} test days with {episodes} of stress"
    if found.n_episodes < DECIDABLE:
        return (
            f"Who tells best whether the next {AHEAD} trading days bring stress is undecided by "
            f"design: {days} are too few, it takes some {DECIDABLE}."
        )
    return f"Whether the next {AHEAD} trading days bring stress is judged on {days}."


def _contender_in_words(found: StressSummary) -> str:
    own = found.contender
    if own is None:
        return f"{contender(LEG).name}, this project's candidate, was not run."
    text = f"This project's candidate, {own.name}, has {_auroc(own)}"
    if not found.comparisons:
        text += "; it has no rival to be held by"
    elif found.n_episodes < DECIDABLE:
        rivals = listed([_difference(pair) for pair in found.comparisons])
        text += f"; less that of each rival: {rivals}"
    else:
        parts = []
        for standing in STANDINGS:
            pairs = [pair for pair in found.comparisons if pair.standing == standing]
            if pairs:
                parts.append(f"{standing} {listed([_difference(pair) for pair in pairs])}")
        text += f"; it is {'; '.join(parts)}"
    if found.unlike:
        unlike = [f"{rival.name} ({refit_text(rival.refit_months)})" for rival in found.unlike]
        text += (
            f"; it is fitted {refit_text(own.refit_months)} and not compared with {listed(unlike)}"
        )
    return f"{text}."


def _paper_in_words(paper: PaperFinding) -> str:
    return (
        "In the paper's own experiment random windows, which leak, move the networks' mean F1 from "
        f"{paper.in_time_order:.2f} in time order to {paper.leaking:.2f} (the paper prints "
        f"{paper.printed:.2f}); yesterday's label alone has {paper.last_in_time_order:.2f} and "
        f"{paper.last_leaking:.2f}."
    )


def _auroc(scored: Scored) -> str:
    if _missing(scored.low) or _missing(scored.high):
        return f"AUROC {scored.auroc:.3f}"
    return f"AUROC {scored.auroc:.3f} (95 % interval {scored.low:.2f} to {scored.high:.2f})"


def _difference(pair: Comparison) -> str:
    return f"{pair.name} ({pair.difference:+.3f}, {pair.low:+.3f} to {pair.high:+.3f})"


def _missing(value: object) -> bool:
    return bool(pd.isna(value))
