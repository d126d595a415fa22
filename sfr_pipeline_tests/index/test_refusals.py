"""What an own market's data can't give is told with market, information set, month and indicator.

Each case is a panel as somebody would bring it, from its files to the index.
"""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.index.indicators import deliver_indicators
from sfr_pipeline.index.known import known_panel
from sfr_pipeline.index.naming import naming
from sfr_pipeline.index.news import news_rows
from sfr_pipeline.index.panel import build_panel
from sfr_pipeline.index.sfri import index_tables, vintage_rows
from sfr_pipeline.markets import Market
from sfr_pipeline_tests.inputs.received import NO_PRICES, fetch_series

ENDS = pd.date_range("2010-01-31", "2016-12-31", freq="ME")
VINTAGES = pd.period_range("2016-10", "2016-12", freq="M")


def brought(n_series=3):
    rng = np.random.default_rng(4)
    stress = rng.standard_normal(len(ENDS)).cumsum()
    noise = rng.standard_normal((len(ENDS), n_series))
    names = ["spread", "default", "rate"][:n_series]
    return pd.DataFrame(stress[:, None] + noise, ENDS, names)


def market_of(frame, frequency="monthly", transform="level"):
    series = [
        {"id": name, "name": name, "unit": "per cent", "frequency": frequency, "release_lag": 10,
         "source": None, "vendor": "page"}
        for name in frame
    ]  # fmt: skip
    indicators = [
        {"id": name, "name": name, "unit": "per cent", "input": {"series": name}, "why": "risk",
         "transform": [transform], "dimension": "all", "direction": 1}
        for name in frame
    ]  # fmt: skip
    return Market.model_validate(
        {
            "name": "brazil",
            "title": "Brazil",
            "sample": {"start": "2010-01", "end": "2016-12", "first_vintage": "2013-01"},
            "files": "imports/brazil",
            "dimensions": {"all": "All"},
            "index": {"draws": 100, "replications": 100, "forecast_months": 3},
            "series": series,
            "indicators": indicators,
        }
    )


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """Gives a function that takes what somebody brought through to the index."""
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    folder = tmp_path / "brazil"
    folder.mkdir()

    def through(frame, **options):
        market = market_of(frame, **options)
        for name, values in frame.items():
            lines = [f"{day:%Y-%m-%d},{value}" for day, value in values.dropna().items()]
            (folder / f"{name}.csv").write_text("\n".join(["date,value", *lines, ""]))
        series = fetch_series(market)
        indicators = deliver_indicators(market, NO_PRICES, *series)
        panel = build_panel(market, indicators).panel
        return market, panel

    return through


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda frame: None, "2010-02"),
        (lambda frame: frame.iloc[:1].__setitem__(slice(None), np.nan), "2010-02"),
        (lambda frame: frame.iloc.__setitem__(slice(0, 14), np.nan), "2011-04"),
        (lambda frame: frame.iloc.__setitem__((slice(60, None), 0), np.nan), "2010-02"),
        (lambda frame: frame.iloc.__setitem__((slice(40, 50), 1), np.nan), "2010-02"),
        (lambda frame: frame.iloc.__setitem__((slice(0, 60), 2), 2.0), "2010-02"),
    ],
    ids=["whole", "first month", "late", "ends early", "gap", "pegged"],
)
def test_what_an_estimate_can_do_without_stops_no_market(measure, change, first):
    frame = brought()
    change(frame)
    market, panel = measure(frame)
    # With a release lag nothing is known at the end of the first month.
    assert str(known_panel(market, panel).months[0]) == first
    index = index_tables(market, panel)["sfri"]
    assert np.isfinite(index["sfri"]).all()
    assert index.loc[index["mode"] == "real_time", "ref_date"].max() == ENDS[-1]


@pytest.mark.parametrize("n_series", [1, 2])
def test_one_series_is_an_index_and_so_are_two(measure, n_series):
    index = index_tables(*measure(brought(n_series)))["sfri"]
    assert set(index["n_indicators"]) == {n_series}


def test_quarters_alone_are_an_index_in_every_month(measure):
    quarters = brought().resample("QE").mean()
    index = index_tables(*measure(quarters, frequency="quarterly"))["sfri"]
    months = index[index["mode"] == "real_time"]["ref_date"]
    assert len(months) == 48


def test_a_month_without_any_value_is_named_under_either_information_set(measure):
    frame = brought()
    frame.iloc[40:46] = np.nan
    market, panel = measure(frame)
    with pytest.raises(
        EstimationError,
        match=r"^market brazil, paper mode: no series .* observation in 2013-05 to 2013-10, though "
        r".*: begin the sample after that, or fill it \(sample\.start .*'carry'",
    ):
        index_tables(market, panel)
    # April is out in May and stands one month more; November is out in December.
    told = r"^market brazil, real time as of 2016-(09|10): .* 2013-07 to 2013-11, though"
    for refused in (vintage_rows, news_rows):
        with pytest.raises(EstimationError, match=told):
            refused(market, panel, VINTAGES)


def test_all_gaps_are_named_not_the_first_alone(measure):
    frame = brought()
    frame.iloc[[40, 60, 61]] = np.nan
    with pytest.raises(EstimationError, match="observation in 2013-05, 2015-01 to 2015-02, though"):
        index_tables(*measure(frame))


def test_a_series_that_never_moves_stops_no_market_and_is_named(measure, caplog):
    market, panel = measure(brought().assign(spread=3.0))
    index = index_tables(market, panel)
    assert set(index["sfri_weights"]["indicator"]) == {"default", "rate"}
    assert "spread is not in the panel in paper mode: it is 3 in all 84 months" in caplog.text


def test_where_nothing_ever_moves_there_is_no_index_yet(measure):
    market, panel = measure(brought().assign(spread=3.0, default=3.0, rate=3.0))
    with pytest.raises(TooShortError, match="needs an indicator that moves within 24 months"):
        index_tables(market, panel)


def test_a_transform_that_can_not_be_made_names_month_and_value(measure):
    frame = brought().abs() + 1
    frame.loc["2012-05-31", "default"] = -0.25
    with pytest.raises(
        EstimationError,
        match=r"^market brazil, paper mode, default: log .* that of 2012-05 is -0\.25: choose",
    ):
        measure(frame, transform="log")


def test_pegged_throughout_real_time_there_is_no_index_yet(measure):
    frame = brought()
    frame.iloc[:-1] = 1.0
    market, panel = measure(frame)
    with pytest.raises(TooShortError, match="needs an indicator that moves within 24 months"):
        index_tables(market, panel)


def test_every_refusal_keeps_its_class_and_what_is_not_ours_passes():
    months = pd.period_range("2020-01", periods=3, freq="M")
    with (
        pytest.raises(TooShortError, match=r"^market us, real time as of 2020-03: few$"),
        naming("us", "real_time", ["a"], months, months[2]),
    ):
        raise TooShortError("few")
    with pytest.raises(KeyError), naming("us", "paper", ["a"], months):
        raise KeyError("a")
