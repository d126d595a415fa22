"""What the macros answer, against tables small enough to answer by hand."""

import re

import duckdb
import pytest

from sfr_pipeline.report.forecasting.verdict import headline_forecaster
from sfr_pipeline.storage.publish import MACROS
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.alarms import DAILY

TABLES = """
CREATE SCHEMA us;
CREATE TABLE us.sfri AS FROM (VALUES
    ('real_time', DATE '2008-09-30', 2.0), ('real_time', DATE '2008-10-31', 3.0),
    ('paper', DATE '2008-10-31', 2.5)) AS t(mode, ref_date, sfri);
CREATE TABLE us.sfri_contributions AS FROM (VALUES
    ('real_time', DATE '2008-09-30', 'a', 'bond', 2.0, NULL, NULL),
    ('real_time', DATE '2008-10-31', 'a', 'bond', 1.0, -0.75, -0.25),
    ('real_time', DATE '2008-10-31', 'b', 'stock', 2.0, 1.5, 0.5),
    ('real_time', DATE '2008-10-31', 'gone', 'stock', NULL, -0.5, 0.0),
    ('paper', DATE '2008-10-31', 'a', 'bond', 2.5, 0.0, 0.0)
) AS t(mode, ref_date, indicator, dimension, contribution, indicator_effect, weight_effect);
CREATE TABLE us.sfri_weights AS FROM (VALUES
    ('real_time', DATE '2008-10-31', 'a', 0.75), ('real_time', DATE '2008-10-31', 'b', 0.25),
    ('paper', DATE '2008-10-31', 'a', 1.0)) AS t(mode, ref_date, indicator, weight);
CREATE TABLE us.indicator_statistics AS FROM (VALUES
    ('a', 'Spread'), ('b', 'Volatility'), ('gone', 'Ended')) AS t(indicator, name);
CREATE TABLE us.index_news AS
    SELECT *, 0.0 AS new_data, 0.0 AS revised_data, 0.0 AS scaling, change AS weights,
        'bond' AS dimension, strftime(as_of, '%Y-%m') AS month
    FROM (VALUES
        (DATE '2008-09-30', DATE '2008-08-31', 'a', 9.0),
        (DATE '2008-09-30', DATE '2008-09-30', 'a', 0.5),
        (DATE '2008-09-30', DATE '2008-09-30', 'b', -2.0),
        (DATE '2008-10-31', DATE '2008-10-31', 'a', 3.0)) AS t(as_of, ref_date, indicator, change);
CREATE TABLE us.models AS FROM (VALUES
    ('forecasting', 'still', 1, 'Standing still', true, false),
    ('forecasting', 'good', 2, 'Good one', false, false),
    ('forecasting', 'outside', 3, 'Not in the fan', false, false),
    ('stress', 'base', 1, 'Base rate', true, false), ('stress', 'm', 2, 'M', false, false),
    ('volatility', 'base', 1, 'Of another leg', true, false),
    ('volatility', 'v', 2, 'First of volatility', false, true)
) AS t(leg, model, place, name, benchmark, headline);
CREATE TABLE us.forecast_fan AS
    SELECT *, DATE '2008-11-30' + to_months(CAST(horizon AS INT) - 1) AS ref_date,
        DATE '2008-10-31' AS origin, forecast AS low_50, forecast AS high_50, forecast AS low_90,
        forecast AS high_90, 50 AS n_errors
    FROM (VALUES ('still', 1, 3.0), ('still', 2, 3.0), ('good', 1, 2.0), ('good', 2, 1.0),
        ('unscored', 1, 7.0)) AS t(model, horizon, forecast);
CREATE TABLE us.forecast_scores AS
    SELECT *, 'basket' AS target, 'test' AS split, 'all' AS period, rmse / 2 AS rmse_ratio
    FROM (VALUES ('real_time', 1, 'still', 2.0), ('real_time', 1, 'good', 1.5),
        ('real_time', 1, 'outside', 0.5), ('real_time', 2, 'still', 0.1), ('paper', 1, 'still', 0.1)
    ) AS t(protocol, horizon, model, rmse);
CREATE TABLE us.volatility_forecasts AS
    SELECT *, 'sub_markets' AS panel, forecast AS low_50, forecast AS high_50, forecast AS low_90,
        forecast AS high_90, 0.25 AS threshold
    FROM (VALUES ('v', -1, DATE '2018-01-02', 'equity', 21, 0.5),
        ('v', -1, DATE '2018-01-01', 'equity', 21, 0.125),
        ('v', -1, DATE '2017-01-01', 'oil', 21, 0.125), ('v', 3, DATE '2019-01-01', 'oil', 21, 0.9),
        ('base', -1, DATE '2018-01-02', 'equity', 21, 0.8)
    ) AS t(model, seed, date, market, horizon, forecast);
CREATE TABLE us.alarm_scores AS
    SELECT *, 2 AS n_events, 1 AS n_warned, 5.0 AS median_lead, 3 AS n_alarms, 1 AS n_false,
        0.5 AS false_alarms_a_year, 0.1 AS time_on, 0.2 AS p_shifted
    FROM (VALUES ('F21', 'm'), ('index', 'sfri')) AS t(label, model);
"""


def predictions(*probabilities, base=0.2):
    """Rows of table ``stress_predictions``, a day each."""
    rows = [
        f"('walk_forward', 'F21', '{model}', {MEAN_OF_SEEDS}, DATE '2018-01-01' + {day}, "
        f"{value}::DOUBLE)"
        for day, probability in enumerate(probabilities)
        for model, value in (("m", probability), ("base", base))
    ]
    return (
        "CREATE OR REPLACE TABLE us.stress_predictions AS FROM (VALUES "
        f"{', '.join(rows)}) AS t(protocol, label, model, seed, date, probability)"
    )


@pytest.fixture(scope="module")
def small():
    with duckdb.connect() as connection:
        connection.execute(MACROS.read_text(encoding="utf-8"))
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def ask(small):
    return lambda sql: small.execute(sql).fetchall()


def test_the_drivers_of_a_month_are_its_contributions_largest_first(ask):
    columns = "name, dimension, contribution, score, weight, change"
    of_october = [
        ("Volatility", "stock", 2.0, 8.0, 0.25, 2.0),
        ("Spread", "bond", 1.0, 1.0 / 0.75, 0.75, -1.0),
        ("Ended", "stock", None, None, None, -0.5),
    ]
    for month in ("'2008-10'", "DATE '2008-10-07'", "NULL"):
        assert ask(f"SELECT {columns} FROM sfri_drivers('us', {month})") == of_october
    paper = ask("SELECT contribution FROM sfri_drivers('us', '2008-10', wanted_mode := 'paper')")
    assert paper == [(2.5,)]
    (september,) = ask("SELECT contribution, score, change FROM sfri_drivers('us', '2008-09')")
    assert september == (2.0, None, None)
    assert ask("FROM sfri_drivers('us', '1950-01')") == []


def test_the_news_of_a_month_are_those_of_its_own_vintage_largest_first(ask):
    told = ask("SELECT name, change FROM sfri_news('us', '2008-09')")
    assert told == [("Volatility", -2.0), ("Spread", 0.5)]
    assert ask("SELECT change FROM sfri_news('us', NULL)") == [(3.0,)]


def test_the_forecast_is_of_the_best_that_the_fan_holds_beside_no_change(ask):
    told = ask("SELECT name, horizon, forecast, no_change, rmse_ratio FROM sfri_forecast('us')")
    assert told == [("Good one", 1, 2.0, 3.0, 0.75), ("Good one", 2, 1.0, 3.0, 0.75)]


@pytest.mark.parametrize("unscored", ["", "still", "good", "still, good"])
def test_the_forecast_is_of_the_model_that_the_report_shows(small, unscored):
    """Where a score is missing, too."""
    small.begin()
    for model in filter(None, unscored.split(", ")):
        small.execute("DELETE FROM us.forecast_scores WHERE model = ?", [model])
    tables = [small.execute(f"FROM us.{name}").df() for name in ("forecast_scores", "forecast_fan")]
    told = small.execute("SELECT DISTINCT model FROM sfri_forecast('us')").fetchall()
    small.rollback()
    assert told == [(headline_forecaster(*tables),)]


def test_volatility_is_that_of_the_model_that_comes_first_on_each_market_s_newest_day(ask):
    told = ask(
        "SELECT date::VARCHAR, market, forecast, above_threshold, name "
        "FROM volatility_outlook('us')"
    )
    assert told == [
        ("2018-01-02", "equity", 0.5, True, "First of volatility"),
        ("2017-01-01", "oil", 0.125, False, "First of volatility"),
    ]
    assert ask("FROM volatility_outlook('us', wanted_panel := 'stocks')") == []


@pytest.mark.parametrize(
    ("probabilities", "on"),
    [
        ((0.1, 0.3, 0.3, 0.3), True),
        ((0.3, 0.3, 0.1, 0.3), False),
        ((0.3, 0.3, 0.3, 0.2), False),
        ((0.3, 0.3), False),
    ],
)
def test_an_alarm_stands_after_days_in_a_row_above_the_base_rate(ask, probabilities, on):
    ask(predictions(*probabilities))
    daily, monthly = ask("SELECT label, name, probability, alarm_on FROM stress_alarms('us')")
    assert daily == ("F21", "M", probabilities[-1], on)
    assert monthly == ("index", "sfri", None, None)
    assert DAILY.consecutive == 3


def test_every_macro_has_a_comment_and_stands_with_an_example_above_it():
    text = MACROS.read_text(encoding="utf-8")
    names = re.findall(r"CREATE OR REPLACE MACRO (\w+)\(", text)
    assert len(names) >= 9
    for name in names:
        assert f"COMMENT ON MACRO TABLE {name} IS '" in text
        assert f"-- FROM {name}('us'" in text
