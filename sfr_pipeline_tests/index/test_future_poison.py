"""Values after a date replaced by NaN or 1e9 leave every real-time table before it untouched.

Untouched means bit for bit. The poison enters where data enter: prices and published series, and
the files of a market of daily, monthly and quarterly series with gaps.
"""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.index import indicators as indicator_room
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.index.events import event_rows
from sfr_pipeline.index.regimes import real_time_regimes
from sfr_pipeline_tests.index import patchy
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series

CUT = pd.Timestamp("2008-09-30")
FIRST_VINTAGE = "2007-06"


def real_time_tables(market, poison=None):
    """All real-time tables of the market, everything known after CUT replaced by ``poison``."""
    sample = market.sample.model_copy(update={"first_vintage": FIRST_VINTAGE})
    market = market.model_copy(update={"sample": sample})
    prices = fetch_prices(market)
    if poison is not None:
        late = prices["date"] > CUT
        prices.loc[late, ["open", "high", "low", "close", "volume"]] = poison
        prices = prices.dropna(subset="close")
    indicators = indicator_room.deliver_indicators(market, prices, *fetch_series(market))
    if poison is not None:
        indicators.loc[indicators["available_at"] > CUT, "value"] = poison
        indicators = indicators.dropna(subset="value")
    panel = indicator_room.panel_rows(market, indicators, "real_time")
    tables = index_room.index_tables_of(market, panel, "real_time")
    months = pd.PeriodIndex(tables["sfri"]["ref_date"], freq="M")
    vintages = index_room.vintage_rows(market, panel, months)
    dimensions = index_room.dimension_rows(tables["sfri_weights"], tables["sfri_contributions"])
    by_date = tables | {
        "indicator_panel": panel,
        "dimension_indices": dimensions,
        "sfri_vintages": vintages.rename(columns={"as_of": "ref_date", "ref_date": "month"}),
        "regimes": real_time_regimes(market, vintages).regimes,
    }
    events = event_rows(market, tables["sfri"])
    return {name: frame.set_index("ref_date") for name, frame in by_date.items()} | {
        "events": events.set_index("onset")[["sfri_before"]]
    }


@pytest.fixture(scope="module")
def clean(us_indicators):
    return real_time_tables(us_indicators[0])


@pytest.mark.parametrize("poison", [np.nan, pytest.param(1e9, marks=pytest.mark.faults)])
def test_every_real_time_table_is_bit_identical_up_to_the_poison(us_indicators, clean, poison):
    poisoned = real_time_tables(us_indicators[0], poison)
    for name, frame in clean.items():
        before = frame[frame.index <= CUT]
        after = poisoned[name][poisoned[name].index <= CUT]
        assert len(before) > 5, name
        pd.testing.assert_frame_equal(before, after, check_exact=True, obj=name)


def test_paper_mode_does_look_ahead(us_indicators):
    """The control: were it not caught here, the test above would prove nothing."""
    market, indicators = us_indicators
    poisoned = indicators.copy()
    poisoned.loc[poisoned["available_at"] > CUT, "value"] *= 2
    before = indicator_room.panel_rows(market, indicators, "paper").set_index("ref_date")
    after = indicator_room.panel_rows(market, poisoned, "paper").set_index("ref_date")
    assert not before[:"2008-06"].equals(after[:"2008-06"])


@pytest.fixture(scope="module")
def patchy_clean(tmp_path_factory):
    return patchy_tables(tmp_path_factory.mktemp("clean"))


def patchy_tables(root, poison=None):
    """Real-time tables of the patchy market, whatever its files published after CUT poisoned."""
    data = patchy.series()
    if poison is not None:
        lags = {series.id: series.release_lag for series in patchy.MARKET.series}
        for name, values in data.items():
            values[values.index + pd.Timedelta(days=lags[name]) > CUT] = poison
    patchy.write_files(root, data)
    sample = patchy.MARKET.sample.model_copy(update={"until": "2010-12"})
    index = patchy.MARKET.index.model_copy(update={"winsorise": ["real_time"]})
    market = patchy.MARKET.model_copy(update={"sample": sample, "index": index})
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SFR_IMPORTS", str(root))
        return real_time_tables(market)


@pytest.mark.parametrize("poison", [np.nan, 1e9])
def test_quarterly_gappy_and_lagged_series_do_not_look_ahead(patchy_clean, tmp_path, poison):
    """Ratios of two frequencies, carried quarters, skipped months and outliers drawn in as well."""
    poisoned = patchy_tables(tmp_path, poison)
    for name in ("indicator_panel", "sfri", "sfri_weights", "sfri_vintages", "regimes"):
        before = patchy_clean[name][patchy_clean[name].index <= CUT]
        after = poisoned[name][poisoned[name].index <= CUT]
        assert len(before) > 5, name
        pd.testing.assert_frame_equal(before, after, check_exact=True, obj=name)
    later = patchy_clean["indicator_panel"][patchy_clean["indicator_panel"].index > CUT]
    assert not later.equals(poisoned["indicator_panel"].loc[lambda rows: rows.index > CUT])
