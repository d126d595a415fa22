"""What is ahead: one forecast of the index, volatility of the next month, the chance of stress.

Belongs here: which of the three a market has, or why it waits, and their pictures. Does not belong
here: what is expected (`index_ahead`, `daily_ahead`); how far to trust it, which is the next
answer; what other models expect, which is evidence.
"""

from typing import Any

from sfr_pipeline.forecasting.beginning import why_no_verdict as why_no_forecast
from sfr_pipeline.markets import Market
from sfr_pipeline.report.answers.daily_ahead import stress_ahead, volatility_ahead
from sfr_pipeline.report.answers.index_ahead import index_ahead
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.forecasting.charts import fan_chart
from sfr_pipeline.report.index.verdict import index_waits
from sfr_pipeline.report.parts import Part, Tables
from sfr_pipeline.report.stress.charts import probability_chart
from sfr_pipeline.report.stress.volatility_charts import outlook_chart
from sfr_pipeline.report.stress.volatility_verdict import AHEAD as DAYS
from sfr_pipeline.report.stress.volatility_verdict import newest_outlook
from sfr_pipeline.stress.beginning import why_no_verdict as why_no_stress

# Without them there is no forecast of the index, of volatility, no chance of stress.
INDEX = ("forecasts", "forecast_scores", "forecast_fan")
VOLATILITY = ("volatility_forecasts",)
STRESS = ("stress_predictions", "stress_scores")
# An index has them.
NEEDED = ("sfri", "indicator_panel")
# Where there is nothing yet they tell why; labels tell of the newest day too.
BESIDE_STRESS = ("daily_returns", "stress_labels")


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    found = {
        "index": _index(market, tables),
        "volatility": _volatility(market, tables),
        "stress": _stress(market, tables),
    }
    if not any(found.values()):
        return None
    return found | {"days": DAYS}


def _index(market: Market, tables: Tables) -> dict[str, Any] | None:
    """The forecast of the index, or why there is none; None where the market has no such leg."""
    if not market.monthly or market.forecasting is None:
        return None
    # The answer before this one says why there is no index.
    if index_waits(market, tables):
        return None
    if not _there(INDEX, tables):
        return {"waits": "The forecasts of the index have not been materialized."}
    if waits := why_no_forecast(market, tables):
        return {"waits": waits}
    found = index_ahead(tables)
    if found is None:
        waits = "Too few forecasts have been made in real time to draw intervals from their errors."
        return {"waits": waits}
    return {"waits": None, "found": found}


def _volatility(market: Market, tables: Tables) -> dict[str, Any] | None:
    if market.stress is None:
        return None
    if not _there(VOLATILITY, tables):
        return {"waits": "The forecasts of volatility have not been materialized."}
    found = volatility_ahead(market, tables)
    if found is None:
        return {"waits": "No day's volatility is forecast yet."}
    return {"waits": None, "found": found}


def _stress(market: Market, tables: Tables) -> dict[str, Any] | None:
    if market.stress is None:
        return None
    if not _there(STRESS, tables):
        return {"waits": "The predictions of stress have not been materialized."}
    if waits := why_no_stress(market, tables):
        return {"waits": waits}
    found = stress_ahead(tables)
    if found is None:
        return {"waits": "No rule gives a chance of stress on the newest day."}
    return {"waits": None, "found": found}


def _charts(market: Market, tables: Tables) -> dict[str, Chart]:
    charts = {}
    if (index := _index(market, tables)) and not index["waits"]:
        model = index["found"].model
        charts["fan"] = fan_chart(tables["sfri"], tables["forecast_fan"], model)
    if (volatility := _volatility(market, tables)) and not volatility["waits"]:
        outlook = newest_outlook(market, tables["volatility_forecasts"])
        charts["volatility-outlook"] = outlook_chart(*outlook)
    if (stress := _stress(market, tables)) and not stress["waits"]:
        predictions = tables["stress_predictions"]
        charts["stress-chance"] = probability_chart(
            predictions, market.events, [stress["found"].chance.model]
        )
    return charts


def _there(names: tuple[str, ...], tables: Tables) -> bool:
    return all(name in tables for name in names)


def _wanted(market: Market) -> tuple[str, ...]:
    index = market.monthly and market.forecasting is not None
    return (
        *((*INDEX, "regimes") if index else ()),
        *((*VOLATILITY, *STRESS, *BESIDE_STRESS) if market.stress else ()),
    )


AHEAD = Part(
    "ahead",
    "What is ahead",
    "answers/ahead.html.j2",
    _shown,
    charts=_charts,
    needed=lambda market: NEEDED if market.monthly else (),
    wanted=_wanted,
)
