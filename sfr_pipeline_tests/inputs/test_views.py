"""Views of the ends of months: what revisions after them did not change."""

import datetime as dt

import pandas as pd
import pytest

from sfr_pipeline.inputs import archive
from sfr_pipeline.inputs.views import inputs_as_of, month_end_views
from sfr_pipeline_tests.inputs.test_archive import archived, bars, version
from sfr_pipeline_tests.inputs.test_series import market_of

PRICE = {"symbol": "SP500", "name": "S", "unit": "USD", "source": "bundled", "code": "sp500"}


@pytest.fixture
def market():
    return market_of(prices=[PRICE])


FIRST = [
    version("jobs", "2000-01-31", 5.0, "2000-02-10"),
    version("jobs", "2000-02-29", 6.0, "2000-03-10"),
    version("jobs", "2000-03-31", 7.0, "2000-04-10"),
    version("homes", "2000-01-31", 1.0, "2000-02-10"),
    *bars("SP500", {"2000-01-03": 100.0, "2000-03-01": 101.0}),
]
REVISED = [
    version("jobs", "2000-01-31", 5.5, "2000-03-20", dt.datetime(2024, 3, 20)),
    version("SP500", "2000-01-03", 99.0, "2000-05-02", kind="price", field="close"),
]


def views(market, *versions):
    deliveries = archived(*versions)
    newest = inputs_as_of(market, deliveries)
    revisions = archive.revision_rows(deliveries)
    return month_end_views(market, *newest, revisions, lambda: deliveries), newest


def test_where_nothing_was_revised_there_is_one_view_and_the_archive_is_not_read(market):
    deliveries = archived(*FIRST)
    newest = inputs_as_of(market, deliveries)

    def never():
        raise AssertionError

    (view,) = month_end_views(market, *newest, archive.revision_rows(deliveries), never)
    assert view.series is newest.series
    assert view.prices is newest.prices
    assert view.first_month == pd.Period("2000-01")


def test_each_view_holds_the_revisions_up_to_its_months(market):
    found, newest = views(market, *FIRST, *REVISED)
    assert [str(view.first_month) for view in found] == ["2000-01", "2000-03", "2000-05"]
    january = [
        view.series.set_index(["series", "ref_date"]).loc[("jobs", "2000-01-31"), "value"]
        for view in found
    ]
    assert january == [5.0, 5.5, 5.5]
    closes = [view.prices.set_index("date").loc["2000-01-03", "close"] for view in found]
    assert closes == [100.0, 100.0, 99.0]
    assert found[-1].series is newest.series
    assert found[-1].prices is newest.prices


def test_values_that_come_later_are_in_every_view_as_they_first_came(market):
    """The panel cuts them off by their day; what was never revised is thus always the same."""
    found, newest = views(market, *FIRST, *REVISED)
    for view in found:
        jobs = view.series[view.series["series"] == "jobs"].set_index("ref_date")
        assert jobs["value"].to_dict().keys() == set(pd.to_datetime(
            ["2000-01-31", "2000-02-29", "2000-03-31"]))  # fmt: skip
        assert jobs["available_at"].min() == pd.Timestamp("2000-02-10")
        homes = view.series[view.series["series"] == "homes"]
        pd.testing.assert_frame_equal(
            homes.reset_index(drop=True),
            newest.series[newest.series["series"] == "homes"].reset_index(drop=True),
        )


def test_a_revised_volume_is_a_revision_too(market):
    volume = [
        version("SP500", "2000-01-03", value, day, kind="price", field="volume")
        for value, day in ((10.0, "2000-01-03"), (11.0, "2000-04-03"))
    ]
    found, _ = views(market, *FIRST, *volume)
    assert [view.prices.set_index("date").loc["2000-01-03", "volume"] for view in found] == [10, 11]


def test_what_the_catalogue_no_longer_names_stays_in_the_archive_alone(market):
    _, newest = views(market, *FIRST, version("gone", "2000-01-31", 1.0, "2000-02-10"))
    assert set(newest.series["series"]) == {"jobs", "homes"}
