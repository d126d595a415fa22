"""A small market's tables as the report reads them: of the index alone, and of every leg."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.index import indicators as indicator_room
from sfr_pipeline.index import panel as panel_room
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.index.description import describe_indicators
from sfr_pipeline.index.events import event_rows
from sfr_pipeline.index.missing import missing_indicators
from sfr_pipeline.index.regimes import regime_tables
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series
from sfr_pipeline_tests.report.data_frames import data_tables
from sfr_pipeline_tests.report.forecasting_frames import warning_tables
from sfr_pipeline_tests.report.stress_frames import daily_tables
from sfr_pipeline_tests.report.volatility_frames import volatility_tables


@pytest.fixture(scope="session")
def tables(mini):
    """The tables of the index, estimated."""
    series, missing = fetch_series(mini)
    indicators = indicator_room.deliver_indicators(mini, fetch_prices(mini), series, missing)
    panel = panel_room.build_panel(mini, indicators).panel
    frames = index_room.index_tables(mini, panel)
    months = pd.period_range("2007-01", "2008-12", freq="M")
    fitted = regime_tables(mini, frames["sfri"], index_room.vintage_rows(mini, panel, months))
    dimensions = index_room.dimension_rows(frames["sfri_weights"], frames["sfri_contributions"])
    return frames | {
        "indicator_panel": panel,
        "missing_indicators": missing_indicators(mini, indicators, missing),
        "indicator_statistics": describe_indicators(mini, panel),
        "dimension_indices": dimensions,
        "dimension_correlations": index_room.correlation_rows(frames["sfri"], dimensions),
        "regimes": fitted.regimes,
        "regime_parameters": fitted.parameters,
        "events": event_rows(mini, frames["sfri"]),
    }


@pytest.fixture(scope="session")
def everything(mini, tables):
    """A synthetic market that has every leg, and its tables; those beside the index are made up."""
    market = mini.model_copy(
        update={
            "synthetic": True,
            "forecasting": ForecastingSettings(start="2000-01"),
            "forum": load_market("sandbox").forum,
            "stress": load_market("world").stress,
            "references": load_market("china").references,
            "truth": "sandbox",
        }
    )
    opinion = {"npoi": npoi_table()}
    beside = {"truth": truth_table(tables["sfri"]), "reference_comparison": comparison_table()}
    return (
        market,
        tables
        | opinion
        | beside
        | data_tables(market)
        | warning_tables()
        | daily_tables()
        | volatility_tables(),
    )


@pytest.fixture(scope="session")
def frames():
    """Tables of the daily leg, made up."""
    return daily_tables() | volatility_tables()


@pytest.fixture(scope="session")
def world():
    """The market that has a daily leg alone."""
    return load_market("world")


def npoi_table():
    """Two months in three variants; the latter is the higher of the two."""
    rows = [
        {
            "variant": variant, "ref_date": pd.Timestamp(month), "npoi": npoi, "mean_score": 0.1,
            "share_negative": 0.5, "share_neutral": 0.125, "share_positive": 0.375,
            "n_posts": 1200, "share_missing": 0.25, "top_weight_share": 0.5,
        }
        for variant in ("paper", "real_time", "robust")
        for month, npoi in (("2008-11-30", -0.5), ("2008-12-31", 0.125))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def truth_table(sfri):
    """A truth that is the real-time index itself, calm throughout."""
    index = sfri[sfri["mode"] == "real_time"].set_index("ref_date")["sfri"]
    variables = {"factor": index, "regime": 0 * index, "sentiment": index}
    frame = pd.DataFrame(variables).reset_index()
    return frame.melt(id_vars="ref_date", var_name="variable", value_name="value")


def comparison_table():
    """One published index that was found and one that was not."""
    numbers = {"correlation": 0.5, "best_lead": -2, "best_correlation": 0.75, "high_in_common": 0.4}
    return pd.DataFrame(
        [
            {"mode": mode, "reference": "ofr", "name": "OFR", "source": "ofr", "n_months": 120,
             "reason": None, **numbers}
            for mode in ("paper", "real_time")
        ]
        + [
            {"mode": mode, "reference": "ciss", "name": "CISS", "source": "ecb", "n_months": 0,
             "reason": "no answer", **dict.fromkeys(numbers, np.nan)}
            for mode in ("paper", "real_time")
        ]
    )  # fmt: skip
