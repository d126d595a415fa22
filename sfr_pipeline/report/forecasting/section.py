"""The evidence on early warning: rows of its tables and its charts, all from frames.

Belongs here: every model, test and setting that was tried. Does not belong here: the forecast of
the coming months and how far to trust it, which are answers of the report.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sfr_pipeline.evaluation.models import (
    contender,
    find,
    in_reading_order,
    lead,
    models_of,
    name_of,
    variants_looked_at,
)
from sfr_pipeline.forecasting.beginning import why_no_verdict
from sfr_pipeline.forecasting.diagnostics import MIN_MONTHS
from sfr_pipeline.forecasting.explanation import agreement
from sfr_pipeline.forecasting.panel import INDEX, settings_of
from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.forecasting import charts, explanation_charts, score_charts
from sfr_pipeline.report.forecasting.diagnostic_charts import transfer_network
from sfr_pipeline.report.forecasting.verdict import (
    LEG,
    forecasting_summary,
    group_of,
    headline_scores,
)
from sfr_pipeline.report.parts import Part

TABLES = (
    "warning_panel",
    "warning_lag_orders",
    "nonlinearity_tests",
    "transfer_entropy",
    "forecasts",
    "forecast_scores",
    "forecast_explanations",
    "training_history",
)

# The paper's Table 10, on China: its index is not in standard deviations, so units differ.
METRICS = ("rmse", "mae", "ia", "tic", "var")
# What its Table 5 implies for forecasting no change on its own index; `sfr audit` derives it.
PAPERS_NO_CHANGE = 0.0687
# As R's tseries has it; the other form stands in the table alone.
BDS_FORM = "lebaron"

Rows = list[dict[str, Any]]


def forecasting_section(
    market: Market, tables: Mapping[str, pd.DataFrame]
) -> dict[str, Any] | None:
    """What the template shows of early warning; None where the market has none.

    Args:
        market: the catalogue.
        tables: frames by name; without one of them there is nothing to show but that.
    """
    if market.forecasting is None:
        return None
    if not _is_complete(market, tables):
        return {"missing": True}
    names = input_names(market, tables["warning_panel"])
    scores, explanations = tables["forecast_scores"], tables["forecast_explanations"]
    waits = why_no_verdict(market, tables)
    return {
        "missing": False,
        "waits": waits,
        "summary": None if waits else forecasting_summary(tables),
        "scores": score_rows(scores),
        "table_ten": table_ten(scores),
        "metrics": METRICS,
        "papers_no_change": PAPERS_NO_CHANGE,
        "papers_lead": lead(LEG).printed["test_rmse"],
        "explained": [_kebab(model) for model in explained(explanations)],
        "without": contender_without(market, tables["warning_panel"]),
        "inputs_without": inputs_without(market, tables["warning_panel"]),
        "tried": [
            {"name": model.name, "settings": model.settings, "what": model.choice}
            for model in models_of(LEG)
        ],
        "candidate": contender(LEG).name,
        "earlier_variants": variants_looked_at(LEG),
        "origin": explanations["origin"].max() if len(explanations) else None,
        "agreement": agreement(explanations, lead(LEG).id) if len(explanations) else None,
        "diagnostics_need": MIN_MONTHS,
        "lag_orders": lag_orders(tables["warning_lag_orders"]),
        "bds": bds_rows(tables["nonlinearity_tests"], names),
        "entropy": entropy_rows(tables["transfer_entropy"], names),
    }


def forecasting_charts(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Chart]:
    """The charts of those sections; none where the sections are missing."""
    if not _is_complete(market, tables):
        return {}
    names = input_names(market, tables["warning_panel"])
    found = {
        "paper-forecasts": charts.paper_chart(tables["forecasts"]),
        "losses": explanation_charts.loss_chart(tables["training_history"]),
    }
    if not why_no_verdict(market, tables):
        found["skill"] = score_charts.skill_chart(tables["forecast_scores"])
        found["forecasts"] = charts.forecast_chart(tables["forecasts"])
        found["saved"] = charts.saved_chart(tables["forecasts"])
    explanations = tables["forecast_explanations"]
    for model in explained(explanations):
        told = explanation_charts.explanation_chart(explanations, model, names)
        found[f"explanation-{_kebab(model)}"] = told
    # Where these have no rows the template says so in words.
    if len(explanations):
        found["attention"] = explanation_charts.attention_chart(explanations, lead(LEG).id)
    if lag_orders(tables["warning_lag_orders"]):
        found["entropy"] = transfer_network(tables["transfer_entropy"], names)
    return found


def explained(explanations: pd.DataFrame) -> list[str]:
    """Ids of the models whose latest forecast is taken apart, in reading order."""
    return in_reading_order(LEG, explanations["model"])


def _kebab(model: str) -> str:
    return model.replace("_", "-")


def _is_complete(market: Market, tables: Mapping[str, pd.DataFrame]) -> bool:
    return market.forecasting is not None and all(name in tables for name in TABLES)


def input_names(market: Market, panel: pd.DataFrame) -> dict[str, str]:
    """Names for readers of what may move a forecast: indicators, and variables of the panel."""
    listed = panel.drop_duplicates("variable").set_index("variable")["name"]
    return market.indicator_names() | listed.to_dict()


def real_time(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the information set that the report keeps."""
    return rows[rows["mode"] == "real_time"]


def score_rows(scores: pd.DataFrame) -> Rows:
    """The real-time scores of each model, headline target beside its companion.

    Each row holds the columns of the headline group, ``name``, ``word`` (of the verdict), ``refit``
    (how often, in words), and of the companion ``published_ratio`` and ``published_p``, NaN where
    there is none.

    Args:
        scores: table ``forecast_scores``.
    """
    companion = group_of(scores, "real_time", "published").set_index("model")
    rows = headline_scores(scores)
    rows = rows.assign(
        name=[name_of(LEG, model) for model in rows["model"]],
        word=[_word(row) for row in rows.to_dict("records")],
        refit=[_refit(months) for months in rows["refit_months"]],
        published_ratio=rows["model"].map(companion["bar_ratio"]),
        published_p=rows["model"].map(companion["p_bar"]),
    )
    return rows.to_dict("records")


def _word(row: Mapping[str, Any]) -> str:
    """The verdict on a model, with the reason where its own test alone says otherwise."""
    if row["beats_bar"] == "bar":
        return "–"
    if row["why_undecided"] == "all_models":
        return "undecided: alone, not among all tried"
    return str(row["beats_bar"])


def _refit(months: Any) -> str:
    """How often a model is fitted anew, in words."""
    if pd.isna(months):
        return "fitted once"
    if months == 0:
        return "–"
    return "month" if months == 1 else f"{months:.0f} months"


def contender_without(market: Market, panel: pd.DataFrame) -> list[str]:
    """What the ridge on changes does without in this market, of what it may read of each day.

    Args:
        market: the catalogue, with early warning.
        panel: table ``warning_panel``.
    """
    settings, held = settings_of(market), set(real_time(panel)["variable"])
    may_read = {gap.name: f"gap_week_{gap.id}" for gap in settings.gaps}
    without = [f"the gaps of {name}" for name, variable in may_read.items() if variable not in held]
    if not settings.gaps:
        without.append("gaps of daily measures")
    if "implied_realised" not in held:
        without.append("implied volatility")
    if "rate_gap" not in held:
        without.append("a daily rate")
    return without


def inputs_without(market: Market, panel: pd.DataFrame) -> list[str]:
    """Inputs of the paper's models that are missing, or ended before the last month.

    Args:
        market: the catalogue, with early warning.
        panel: table ``warning_panel``.
    """
    last = real_time(panel).groupby("variable")["ref_date"].max()
    today = last.get(INDEX, last.max())
    phrases = []
    for measured in settings_of(market).inputs:
        if measured.id not in last.index:
            phrases.append(f"{measured.name} is missing")
        elif last[measured.id] < today:
            phrases.append(f"{measured.name} ends in {last[measured.id]:%B %Y}")
    return phrases


def table_ten(scores: pd.DataFrame) -> dict[str, Rows]:
    """The paper's Table 10 by part of the sample: metrics of each model, and the paper's own.

    A row has ``name``, ``ratio``, the metrics as ``own`` and the paper's as ``paper``, None where
    it has no such model.

    Args:
        scores: table ``forecast_scores``.
    """
    parts = {}
    for split in ("test", "train"):
        group = group_of(scores, "paper", "index", split).set_index("model")
        parts[split] = [
            {
                "name": name_of(LEG, model),
                "ratio": group.at[model, "rmse_ratio"],
                "own": [group.at[model, metric] for metric in METRICS],
                "paper": _printed(model, split),
            }
            for model in in_reading_order(LEG, group.index)
        ]
    return parts


def _printed(identifier: str, split: str) -> list[float] | None:
    model = find(LEG, identifier)
    if model is None or not model.printed:
        return None
    return [model.printed[f"{split}_{metric}"] for metric in METRICS]


def lag_orders(orders: pd.DataFrame) -> dict[str, Any] | None:
    """Orders that AIC and BIC choose in real time; None where there is nothing to relate."""
    rows = real_time(orders)
    if rows.empty:
        return None
    return {
        "aic": int(rows.loc[rows["chosen_by_aic"], "lags"].iloc[0]),
        "bic": int(rows.loc[rows["chosen_by_bic"], "lags"].iloc[0]),
        "n_months": int(rows["n_months"].iloc[0]),
    }


def bds_rows(tests: pd.DataFrame, names: Mapping[str, str]) -> Rows:
    """One row a variable, distance, and scaled or not, the index first.

    A row has ``name``, ``distance``, ``scaled``, and ``tests`` by dimension.

    Args:
        tests: table ``nonlinearity_tests``.
        names: of the variables, for readers.
    """
    rows = real_time(tests)
    rows = rows[rows["form"] == BDS_FORM].assign(other=rows["variable"] != INDEX)
    order = ["other", "variable", "distance", "scaled"]
    return [
        {
            "name": names.get(str(variable), str(variable)),
            "distance": distance,
            "scaled": scaled,
            "tests": group.sort_values("dimension")[
                ["dimension", "statistic", "p_bootstrap"]
            ].to_dict("records"),
        }
        for (_, variable, distance, scaled), group in rows.groupby(order)
    ]


def entropy_rows(entropy: pd.DataFrame, names: Mapping[str, str]) -> Rows:
    """Transfer entropies in both settings, most significant of the primary setting first.

    Pairs that share a series come last.

    A row holds the columns of the primary setting, ``from`` and ``to`` for readers, and the
    adjusted p-value of the paper's setting as ``paper_p``.

    Args:
        entropy: table ``transfer_entropy``.
        names: of the variables, for readers.
    """
    rows = real_time(entropy)
    if rows.empty:
        return []
    pair = ["source", "target"]
    paper = rows[rows["setting"] == "paper"].set_index(pair)["p_adjusted"].rename("paper_p")
    primary = rows[rows["setting"] == "primary"].join(paper, on=pair)
    primary = primary.sort_values(["shares_series", "p_adjusted", "p_value", *pair])
    return [
        row
        | {
            end: names.get(row[key], row[key])
            for end, key in zip(("from", "to"), pair, strict=True)
        }
        for row in primary.to_dict("records")
    ]


PART = Part(
    "forecasting",
    "Early warning",
    "forecasting/section.html.j2",
    forecasting_section,
    forecasting_charts,
    wanted=lambda market: TABLES if market.forecasting else (),
)
