"""The evidence on daily stress: rows of its tables and its charts, all from frames.

Belongs here: every model, label and protocol that was tried. Does not belong here: what the report
answers from them, the chance of stress and the events that were warned of (`report.answers`).
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sfr_pipeline.evaluation.models import (
    contender,
    in_reading_order,
    name_of,
    references,
    simple_kind,
    variants_looked_at,
)
from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.formats import as_float, refit_text
from sfr_pipeline.report.parts import Part
from sfr_pipeline.report.stress import charts, network_charts
from sfr_pipeline.report.stress.verdict import (
    DECIDABLE,
    LEG,
    MONTHLY,
    group_of,
    score_name,
    stress_summary,
)
from sfr_pipeline.storage.tables.stress import LABELS
from sfr_pipeline.stress.beginning import HEADLINE, why_no_verdict
from sfr_pipeline.stress.paper_protocol import paper_table

TABLES = (
    "prices_quality",
    "stress_label_statistics",
    "stress_scores",
    "alarm_scores",
    "stress_robustness",
    "stress_training_history",
)
# Where there is no verdict they tell why.
BESIDE_TABLES = ("daily_returns", "stress_labels")
LABEL_NAMES = {
    "D90": "Stress of the day: composite above its past 90 % quantile",
    "D50": "The same above its median of five years, for the paper's table",
    "F5": "Stress within 5 trading days",
    "F21": "Stress within 21 trading days",
    "F63": "Stress within 63 trading days",
}
# Columns of the groups of days and years beside the headline: key, then period and days.
BESIDE = {
    "onset": ("all", "onset"),
    "calm_start": ("all", "calm_start"),
    "development": ("development", "all"),
    "confirmation": ("confirmation", "all"),
}
FURTHER_LABELS = ("F5", "F63", "D90")
# Months between fits of rows that are compared.
YEARLY = 12
# Rivals that stand beside each other in a table, each with an interval.
BESIDE_EACH_OTHER = 4

Rows = list[dict[str, Any]]


def stress_section(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    """What the template shows of daily stress; None where there is none, or a table is missing.

    Args:
        market: the catalogue.
        tables: frames by name.
    """
    if market.stress is None or not _is_complete(tables):
        return None
    scores = tables["stress_scores"]
    about = {
        "quality": quality_rows(tables["prices_quality"]),
        "left_out": market.stress.left_out,
    }
    if waits := why_no_verdict(market, tables):
        return {"waits": waits, "summary": None, **about}
    return about | {
        "waits": None,
        "summary": stress_summary(tables),
        "decidable": DECIDABLE,
        "refits": refit_exceptions(scores),
        "variants": variants_looked_at(LEG),
        "candidate": contender(LEG).name,
        "scores": score_rows(scores),
        "beside": {name: group_facts(scores, *key) for name, key in BESIDE.items()},
        "further": {label: group_facts(scores, label=label) for label in FURTHER_LABELS},
        "best_naive": name_of(LEG, group_of(scores)["best_naive"].iloc[0]),
        "batches": batches(len(references(LEG))),
        "rivals": [reference.name for reference in references(LEG)],
        "paper": paper_rows(scores),
        "labels": label_rows(tables["stress_label_statistics"]),
        "alarms": alarm_rows(tables["alarm_scores"]),
        "robustness": robustness_rows(tables["stress_robustness"]),
        "parts": [part.name for part in market.stress.sub_markets],
        "settings": market.stress,
    }


def stress_charts(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Chart]:
    """The charts of that section; none where the section is missing."""
    if market.stress is None or not _is_complete(tables) or why_no_verdict(market, tables):
        return {}
    return {
        "auroc": charts.auroc_chart(tables["stress_scores"]),
        "stress-paper": charts.paper_chart(tables["stress_scores"]),
        "stress-losses": network_charts.loss_chart(tables["stress_training_history"]),
        "robustness": network_charts.robustness_chart(tables["stress_robustness"]),
    }


def _is_complete(tables: Mapping[str, pd.DataFrame]) -> bool:
    return all(name in tables for name in TABLES)


def score_rows(scores: pd.DataFrame) -> Rows:
    """Headline scores of each model, the highest AUROC first.

    A row holds the columns of the group, ``name``, ``simple``, ``differences`` and
    ``brier_differences`` (difference and ends of its interval against each reference), the AUROC
    in the groups of ``BESIDE`` by key as ``beside``, and that of the other labels as ``further``,
    NaN where there is none.

    Args:
        scores: table ``stress_scores``.
    """
    beside = {
        name: group_of(scores, period=period, days=days).set_index("model")["auroc"]
        for name, (period, days) in BESIDE.items()
    }
    further = {
        label: group_of(scores, label).set_index("model")["auroc"] for label in FURTHER_LABELS
    }
    return [
        row
        | {
            "name": name_of(LEG, row["model"]),
            "simple": simple_kind(LEG, row["model"]),
            "differences": _differences(row, "against"),
            "brier_differences": _differences(row, "brier_against"),
            "beside": {name: rows.get(row["model"], float("nan")) for name, rows in beside.items()},
            "further": {
                name: rows.get(row["model"], float("nan")) for name, rows in further.items()
            },
        }
        for row in group_of(scores).to_dict("records")
    ]


def _differences(row: Mapping[str, Any], kind: str) -> list[list[float]]:
    return [
        [row[f"{kind}_{reference.id}{end}"] for end in ("", "_low", "_high")]
        for reference in references(LEG)
    ]


def batches(n_rivals: int) -> list[tuple[int, int]]:
    """Begin and end of the parts in which a table shows its rivals."""
    ends = range(BESIDE_EACH_OTHER, n_rivals + BESIDE_EACH_OTHER, BESIDE_EACH_OTHER)
    return [(end - BESIDE_EACH_OTHER, min(end, n_rivals)) for end in ends]


def refit_exceptions(scores: pd.DataFrame) -> list[str]:
    """Models of the headline that are fitted, but not every year, each with how often.

    Args:
        scores: table ``stress_scores``.
    """
    months = group_of(scores).set_index("model")["refit_months"]
    return [
        f"{name_of(LEG, model)} ({refit_text(as_float(months[model]))})"
        for model in in_reading_order(LEG, months.index)
        if pd.isna(months[model]) or months[model] not in (0, YEARLY)
    ]


def group_facts(
    scores: pd.DataFrame, period: str = "all", days: str = "all", label: str = HEADLINE
) -> dict[str, Any] | None:
    """Days, episodes and base rate of one group; None where it has no rows."""
    rows = group_of(scores, label, period=period, days=days)
    if rows.empty:
        return None
    return rows.iloc[0][["n_days", "n_episodes", "base_rate"]].to_dict()


def paper_rows(scores: pd.DataFrame) -> Rows:
    """The paper's Table 1 beside both protocols: accuracy, recall, F1 of each, and the AUROC.

    Args:
        scores: table ``stress_scores``.
    """
    table = paper_table(scores)
    metrics = ("accuracy", "recall", "f1")
    return [
        {
            "name": name_of(LEG, row["model"]),
            "simple": simple_kind(LEG, row["model"]),
            "printed": [row[f"paper_{metric}"] for metric in metrics],
            "in_time_order": [row[f"{metric}_in_time_order"] for metric in (*metrics, "auroc")],
            "leaking": [row[f"{metric}_leaking"] for metric in (*metrics, "auroc")],
        }
        for row in table.to_dict("records")
    ]


def label_rows(statistics: pd.DataFrame) -> Rows:
    """Base rate and episodes of each label, over all days and over the test years.

    Args:
        statistics: table ``stress_label_statistics``.
    """
    rows = []
    for label in LABELS:
        own = statistics[statistics["label"] == label].set_index("period")
        if own.empty:
            continue
        # A history that ends before the first test year has none.
        periods = own.reindex(["all", "test"]).to_dict("index")
        rows.append({"label": label, "name": LABEL_NAMES[label]} | periods)
    return rows


def alarm_rows(alarms: pd.DataFrame) -> Rows:
    """Alarms of the headline's models and of the monthly indices, in reading order.

    Args:
        alarms: table ``alarm_scores``.
    """
    shown = alarms[(alarms["label"] == HEADLINE) | alarms["label"].isin(MONTHLY)]
    rows = {_score_of(row): row for row in shown.to_dict("records")}
    order = in_reading_order(LEG, list(rows))
    return [
        rows[score]
        | {
            "name": score_name(score),
            "simple": simple_kind(LEG, score),
            "unit": "months" if score in MONTHLY else "days",
        }
        for score in order
    ]


def robustness_rows(robustness: pd.DataFrame) -> dict[str, Any] | None:
    """AUROC of each model by disturbance: ``heads`` and ``rows``; None where nothing was tried.

    Args:
        robustness: table ``stress_robustness``.
    """
    if robustness.empty:
        return None
    wide = robustness.pivot(index="model", columns=["disturbance", "amount"], values="auroc")
    order = [
        (kind, amount)
        for kind in ("none", *network_charts.DISTURBANCES)
        for amount in sorted(robustness.loc[robustness["disturbance"] == kind, "amount"].unique())
    ]
    return {
        "heads": ["clean" if kind == "none" else f"{kind} {amount:g}" for kind, amount in order],
        "rows": [
            {
                "name": name_of(LEG, model),
                "simple": simple_kind(LEG, model),
                "values": [wide.at[model, column] for column in order],
            }
            for model in in_reading_order(LEG, robustness["model"])
        ],
    }


def quality_rows(quality: pd.DataFrame) -> Rows:
    """What is odd about the prices: kinds of it, how many instruments and days, what is done.

    Args:
        quality: table ``prices_quality``.
    """
    rows = []
    for issue, own in quality.groupby("issue", sort=True):
        symbols = sorted(own["symbol"].unique())
        rows.append(
            {
                "issue": str(issue).replace("_", " "),
                "symbols": symbols,
                "n_days": int(own["n_days"].sum()),
                "action": own["action"].mode().iloc[0],
            }
        )
    return rows


def _score_of(row: Mapping[str, Any]) -> str:
    return str(row["label"] if row["label"] in MONTHLY else row["model"])


PART = Part(
    "stress",
    "Stress of the coming days",
    "stress/section.html.j2",
    stress_section,
    stress_charts,
    wanted=lambda market: TABLES + BESIDE_TABLES if market.stress else (),
)
