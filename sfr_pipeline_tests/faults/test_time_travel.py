"""Two years of monthly operation: lags, revisions, a withdrawal, a truncation, silence."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline_tests.operation.publishing import FIRST_TOO_HIGH_BY, final
from sfr_pipeline_tests.operation.time_travel import (
    assert_published_again,
    assert_rebuilt_from_deliveries,
    operate,
)

pytestmark = pytest.mark.faults

MONTHS = pd.period_range("2023-01", "2024-12", freq="M").astype(str).tolist()
WITHDRAWN, TRUNCATED, DOWN = "2024-06-01", "2023-10", "2024-02"


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    root = tmp_path_factory.mktemp("operation")
    return operate(root, MONTHS[0], MONTHS[-1], withdrawn=WITHDRAWN, truncated=TRUNCATED, down=DOWN)


def test_all_months_exist(years):
    for table, column in (("sfri_vintages", "as_of"), ("index_news", "as_of")):
        assert sorted(years.read(table)[column].dt.strftime("%Y-%m").unique()) == MONTHS
    told = years.read("publications")
    told = told[told["quantity"] == "sfri"]["ref_date"].dt.strftime("%Y-%m")
    assert sorted(told) == MONTHS


def test_revisions_are_those_that_were_made_on_the_days_when_they_came(years):
    rows = years.read("revisions")
    made = rows[rows["old_value"].notna()]
    assert set(made["item"]) == {"production"}
    # Nobody answered when January came too high.
    silent = {"2024-01"}
    assert made["ref_date"].dt.strftime("%Y-%m").tolist() == [
        month for month in MONTHS[:-1] if month not in silent
    ]
    right = np.array([final("production", month) for month in made["ref_date"]])
    np.testing.assert_array_equal(made["new_value"], right)
    np.testing.assert_array_equal(made["old_value"], right * FIRST_TOO_HIGH_BY)
    # Prices that could not be had in February came with the next refresh.
    late = rows[rows["old_value"].isna()]
    assert set(late["kind"]) <= {"price"}


def test_no_month_that_was_over_has_ever_changed(years):
    newest = years.indices[MONTHS[-1]]
    newest = newest[newest["mode"] == "real_time"].set_index("ref_date")
    for index in years.indices.values():
        then = index[index["mode"] == "real_time"].set_index("ref_date")
        np.testing.assert_array_equal(then["sfri"], newest.loc[then.index, "sfri"])


def test_news_sum_to_the_change_of_every_month_of_every_vintage(years):
    news = years.read("index_news")
    parts = news[["new_data", "revised_data", "scaling", "weights"]].sum(axis=1)
    sums = parts.groupby([news["as_of"], news["ref_date"]]).sum()
    own = years.read("sfri_vintages").pivot(index="ref_date", columns="as_of", values="sfri")
    for before, after in zip(own.columns[:-1], own.columns[1:], strict=True):
        moved = (own[after] - own[before]).dropna()
        moved[after] = own.loc[after, after] - own.loc[before, before]
        np.testing.assert_allclose(
            sums[after].reindex(moved.index, fill_value=0.0), moved, rtol=0, atol=1e-12
        )
    revised = news[news["revised_data"] != 0]
    assert {"production"} <= set(revised["indicator"])
    assert set(revised["indicator"]) <= {"production", "land_prices"} | set(
        news.loc[news["as_of"] == "2024-02-29", "indicator"]
    )


def test_refreshes_end_badly_where_something_was_missing_and_nowhere_else(years):
    bad = {month for month, success in years.results.items() if not success}
    # A month is refreshed in the one that follows.
    expected = {"2023-09", "2024-01"} | {month for month in MONTHS if month >= "2024-05"}
    assert bad == expected


def test_alerts_are_raised_and_cleared_as_constructed(years):
    events = years.read("alerts")
    months = events["noted_at"].dt.strftime("%Y-%m")
    raised = events[events["event"] == "raised"]
    cleared = events[events["event"] == "cleared"]
    assert set(raised[months[raised.index] == TRUNCATED]["text"].str.contains("unemployment")) == {
        True
    }
    assert raised[months[raised.index] == DOWN].shape[0] > 20
    assert cleared[months[cleared.index] == "2024-03"].shape[0] > 20
    last = raised[raised["text"].str.contains("land_prices")]
    assert months[last.index].tolist() == [DOWN, WITHDRAWN[:7]]
    # Each was told once.
    assert not events.duplicated(["alert", "event", "ref_date", "noted_at"]).any()


@pytest.mark.parametrize("month", MONTHS)
def test_each_publication_is_made_again_from_the_archive_as_it_then_was(years, month, tmp_path):
    assert_published_again(years, month, tmp_path)
    if month == MONTHS[-1]:
        assert_rebuilt_from_deliveries(years, tmp_path)
