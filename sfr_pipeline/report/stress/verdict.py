"""Who tells stress of the coming days best? What was found, in words, from the daily tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import (
    Leg,
    ablation,
    benchmark,
    contender,
    name_of,
    persistence,
    references,
    simple_kind,
)
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import as_float, labelled, probability_text, verdict_lines
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.beginning import AHEAD, HEADLINE, why_no_verdict
from sfr_pipeline.stress.paper_protocol import paper_table

# Below so many episodes a score describes the past and proves nothing.
MIN_EPISODES = 5
LEG: Leg = "stress"
# Scores of event_scores that are no label of daily stress.
MONTHLY = {"index": "Index of the month", "opinion": "Public opinion"}
Standing = Literal["above", "level with", "below"]
STANDINGS: tuple[Standing, ...] = ("above", "level with", "below")


@dataclass(frozen=True)
class Scored:
    """A model's AUROC on the headline, all test days pooled.

    Attributes:
        low: 2.5 % quantile over block-bootstrap samples.
        high: 97.5 % quantile.
        simple: what it is, in words, if it is one of those that networks are held against.
    """

    model: str
    name: str
    auroc: float
    low: float
    high: float
    simple: str


@dataclass(frozen=True)
class Comparison:
    """The contender against one rival, on the same days.

    Attributes:
        difference: contender's AUROC less the rival's.
        low: 2.5 % quantile of paired block-bootstrap differences.
        high: 97.5 % quantile.
        standing: of the contender; 'level with' where the interval holds 0.
    """

    rival: str
    name: str
    difference: float
    low: float
    high: float
    standing: Standing


@dataclass(frozen=True)
class PaperFinding:
    """F1 in the paper's own experiment; of networks the mean over those that were run.

    Attributes:
        in_time_order: networks, tested on the latest fifth of the days.
        leaking: networks, tested on windows drawn at random.
        printed: the same networks in the paper.
        last_in_time_order: yesterday's label, which needs no model.
        last_leaking: the same on the days drawn at random.
    """

    in_time_order: float
    leaking: float
    printed: float
    last_in_time_order: float
    last_leaking: float


@dataclass(frozen=True)
class Latest:
    """The newest day with a forecast by the contender, and the base rate known on it."""

    day: pd.Timestamp
    name: str
    probability: float
    base_rate: float


@dataclass(frozen=True)
class StressSummary:
    """Who tells the stress of the coming days best?

    Attributes:
        n_days: test days that are scored.
        n_episodes: episodes of stress among them, the effective sample.
        base_rate: share of days before stress.
        best: the model with the highest AUROC; None where no model can be scored.
        contender: None where it was not run or cannot be scored.
        base: the contender without its network.
        comparisons: of the contender with the references.
        paper: None where no network was run under the paper's protocol.
        latest: None without a contender and the base rate beside it.
        verdict: what was found, in words.
    """

    n_days: int
    n_episodes: int
    base_rate: float
    best: Scored | None
    contender: Scored | None
    base: Scored | None
    comparisons: tuple[Comparison, ...]
    paper: PaperFinding | None
    latest: Latest | None
    verdict: str


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


def stress_summary(tables: Mapping[str, pd.DataFrame]) -> StressSummary:
    """Who tells the stress of the coming days best?

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
    judged = [_scored(row) for row in group.to_dict("records") if not _missing(row["auroc"])]
    by_model = {scored.model: scored for scored in judged}
    candidate = contender(LEG)
    without = ablation(candidate)
    own = group[group["model"] == candidate.id]
    comparisons = _comparisons(own.iloc[0]) if len(own) else ()
    shared = group.iloc[0]
    predictions = tables.get("stress_predictions")
    found = StressSummary(
        n_days=int(shared["n_days"]),
        n_episodes=int(shared["n_episodes"]),
        base_rate=float(shared["base_rate"]),
        best=judged[0] if judged else None,
        contender=by_model.get(candidate.id),
        base=None if without is None else by_model.get(without.id),
        comparisons=comparisons,
        paper=_paper_finding(scores),
        latest=None if predictions is None else _latest(predictions),
        verdict="",
    )
    return StressSummary(**{**found.__dict__, "verdict": _verdict(found)})


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
        simple=simple_kind(LEG, model),
    )


def _comparisons(row: pd.Series) -> tuple[Comparison, ...]:
    found = []
    for rival in references(LEG):
        column = f"against_{rival.id}"
        difference, low, high = (row[f"{column}{end}"] for end in ("", "_low", "_high"))
        if _missing(difference) or _missing(low) or _missing(high):
            continue
        standing: Standing = "above" if low > 0 else "below" if high < 0 else "level with"
        found.append(Comparison(rival.id, rival.name, difference, low, high, standing))
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


def _latest(predictions: pd.DataFrame) -> Latest | None:
    rows = predictions[
        (predictions["protocol"] == "walk_forward")
        & (predictions["label"] == HEADLINE)
        & (predictions["seed"] == MEAN_OF_SEEDS)
    ]
    both = rows.pivot(index="date", columns="model", values="probability")
    own, base = contender(LEG), benchmark(LEG)
    if not {own.id, base.id} <= set(both):
        return None
    both = both.dropna(subset=[own.id, base.id])
    if both.empty:
        return None
    newest = both.loc[both.index.max()]
    return Latest(
        day=pd.Timestamp(both.index.max()),
        name=own.name,
        probability=float(newest[own.id]),
        base_rate=float(newest[base.id]),
    )


def _verdict(found: StressSummary) -> str:
    """True whatever the result: the best, the contender against its bars, the paper's table."""
    if found.best is None:
        return (
            f"No model can be judged: the {found.n_days:,} test days hold "
            f"{'nothing but' if found.base_rate == 1 else 'no'} stress."
        )
    sentences = [_best_in_words(found, found.best)]
    if found.n_episodes < MIN_EPISODES:
        sentences.append(
            f"So few episodes ({found.n_episodes}) describe the past and prove nothing."
        )
    sentences.append(_contender_in_words(found))
    if found.paper is not None:
        sentences.append(_paper_in_words(found.paper))
    return " ".join(sentences)


def _best_in_words(found: StressSummary, best: Scored) -> str:
    episodes = "1 episode" if found.n_episodes == 1 else f"{found.n_episodes} episodes"
    kind = f", a {best.simple}," if best.simple else ""
    return (
        f"Over {found.n_days:,} test days with {episodes} of stress, {best.name}{kind} tells best "
        f"whether the next {AHEAD} trading days bring stress: {_auroc(best)}."
    )


def _contender_in_words(found: StressSummary) -> str:
    own = found.contender
    if own is None:
        return f"{contender(LEG).name}, this project's candidate, was not run."
    opening = (
        "It, this project's candidate,"
        if found.best == own
        else f"This project's candidate, {own.name}, has {_auroc(own)}; it"
    )
    by_standing = {
        standing: [pair for pair in found.comparisons if pair.standing == standing]
        for standing in STANDINGS
    }
    parts = [
        f"{standing} {_listed([_difference(pair) for pair in pairs])}"
        for standing, pairs in by_standing.items()
        if pairs
    ]
    text = f"{opening} is {'; '.join(parts)}" if parts else f"{opening} has no rival to be held by"
    if found.base is not None:
        text += f"; {found.base.name} alone, fitted every year, has {found.base.auroc:.3f}"
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


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _missing(value: object) -> bool:
    return bool(pd.isna(value))
