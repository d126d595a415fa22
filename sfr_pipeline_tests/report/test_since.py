"""What the report before this one said of the index: the newest that said anything else."""

import pandas as pd
import pytest

from sfr_pipeline.report.index.since import told_before, told_now
from sfr_pipeline.report.publications import readings_of_index
from sfr_pipeline_tests.report.index_frames import MONTHS, made_up_index

MODEL = "one"


@pytest.fixture(scope="module")
def told(mini):
    """Readings of the index, with a forecast of two months by two models."""
    readings = readings_of_index(mini, made_up_index(mini))
    ahead = [
        ["forecast", model, MONTHS[-1], MONTHS[-1] + pd.offsets.MonthEnd(months), value, ""]
        for model, months, value in (
            (MODEL, 2, 0.2),
            (MODEL, 1, 0.1),
            ("other", 1, 9.0),
        )
    ]
    return pd.concat([readings, pd.DataFrame(ahead, columns=readings.columns)], ignore_index=True)


def published(told, at, **values):
    """The same readings, some with other values, as they were published."""
    other = told["quantity"].map(values)
    return told.assign(value=other.fillna(told["value"]), published_at=pd.Timestamp(at))


def test_what_is_told_now_is_that_of_the_tables(mini, told):
    now = told_now(told, MODEL)
    tables = made_up_index(mini)
    newest = tables["sfri"].query("mode == 'real_time'").iloc[-1]
    assert (now.month, now.sfri) == (MONTHS[-1], newest["sfri"])
    assert now.percentile == newest["percentile"]
    regime = tables["regimes"].query("horizon == 0").iloc[-1]["probability_high"]
    assert (now.regime_high, now.forecast, now.at) == (regime, 0.1, None)


def test_before_is_the_newest_publication_that_told_anything_else(told):
    now = told_now(told, MODEL)
    rows = [
        published(told, "2026-01-05", sfri=0.5, percentile=95.0),
        published(told, "2026-02-05", regime_high=0.25),
        published(told, "2026-03-05"),
        published(told, "2026-04-05"),
        # Of another leg alone: nothing is told of the index.
        published(told, "2026-05-05").assign(quantity="stress"),
    ]
    before = told_before(pd.concat(rows[::-1]), now, MODEL)
    assert (before.at, before.regime_high) == (pd.Timestamp("2026-02-05"), 0.25)
    assert (before.sfri, before.forecast) == (now.sfri, 0.1)
    first = told_before(rows[0], now, MODEL)
    assert (first.sfri, first.grade.name) == (0.5, "very high")


def test_a_report_that_is_written_again_is_still_the_first(told):
    now = told_now(told, MODEL)
    assert told_before(published(told, "2026-03-05"), now, MODEL) is None
    assert told_before(published(told, "2026-03-05").iloc[:0], now, MODEL) is None


def test_without_regime_and_forecast_the_level_is_compared(mini, told):
    bare = told[told["quantity"].isin(["sfri", "percentile"])]
    now = told_now(bare, MODEL)
    assert pd.isna(now.regime_high)
    assert pd.isna(now.forecast)
    assert told_before(published(bare, "2026-03-05"), now, MODEL) is None
    assert told_before(published(bare, "2026-03-05", sfri=1.0), now, MODEL).sfri == 1.0
