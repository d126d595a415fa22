"""Three months of operation: what is revised, stale, news, and published again from the archive.

The two years are in ``faults/test_time_travel.py``.
"""

import numpy as np
import pytest

from sfr_pipeline_tests.operation.publishing import FIRST_TOO_HIGH_BY, final
from sfr_pipeline_tests.operation.time_travel import (
    assert_published_again,
    assert_rebuilt_from_deliveries,
    operate,
)

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def months(tmp_path_factory):
    root = tmp_path_factory.mktemp("operation")
    return operate(root, "2023-01", "2023-03", truncated="2023-03")


def test_every_month_has_its_vintage_and_its_publication(months):
    vintages = months.read("sfri_vintages")
    assert sorted(vintages["as_of"].dt.strftime("%Y-%m").unique()) == [
        "2023-01", "2023-02", "2023-03",
    ]  # fmt: skip
    for month, told in months.told.items():
        index = told[told["quantity"] == "sfri"]
        assert index["ref_date"].dt.strftime("%Y-%m").tolist() == [month]


def test_each_revision_is_listed_as_it_was_made(months):
    rows = months.read("revisions")
    assert set(rows["item"]) == {"production"}
    assert rows["ref_date"].dt.strftime("%Y-%m").tolist() == ["2023-01", "2023-02"]
    right = np.array([final("production", month) for month in rows["ref_date"]])
    np.testing.assert_array_equal(rows["new_value"], right)
    np.testing.assert_array_equal(rows["old_value"], right * FIRST_TOO_HIGH_BY)


def test_no_month_that_was_over_has_changed(months):
    newest = months.indices["2023-03"]
    newest = newest[newest["mode"] == "real_time"].set_index("ref_date")
    for month, index in months.indices.items():
        then = index[index["mode"] == "real_time"].set_index("ref_date")
        assert then.index.max().strftime("%Y-%m") == month
        np.testing.assert_array_equal(then["sfri"], newest.loc[then.index, "sfri"])


def test_a_truncated_answer_leaves_the_series_stale_and_the_refresh_ends_badly(months):
    status = months.read("input_status").set_index("item")
    # February's refresh, in March, met it; April's answer is whole again.
    assert months.results == {"2023-01": True, "2023-02": False, "2023-03": True}
    assert set(status["state"]) == {"current"}
    events = months.read("alerts")
    assert events["event"].tolist()[:1] == ["raised"]
    assert "unemployment" in events["text"].iloc[0]
    assert "cleared" in set(events["event"])


def test_publication_series_prices_and_vintages_are_made_again_from_the_archive(months, tmp_path):
    assert_published_again(months, "2023-03", tmp_path)
    assert_rebuilt_from_deliveries(months, tmp_path)
