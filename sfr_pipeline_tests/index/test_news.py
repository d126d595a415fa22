"""What moved the index: closed forms of the split, its sums, and a planted revision."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.sfri import weights
from sfr_pipeline.econometrics.tvp_favar import estimate
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.index.known import known_panel
from sfr_pipeline.index.news import ScaledVintage, news_rows, split_news
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.index.revised import REVISED, delivered, panel_of, views_of

PARTS = ["new_data", "revised_data", "scaling", "weights"]


def vintage(values, mean, sd, weight):
    values = np.array(values, dtype=float)
    observed = ~np.isnan(values)
    return ScaledVintage(
        np.where(observed, values, 0.0),
        observed,
        np.array(mean, dtype=float),
        np.array(sd, dtype=float),
        np.where(observed, weight, 0.0),
    )


def parts_of(split, row, column=0):
    return [getattr(split, name)[row, column] for name in (*PARTS, "change")]


def test_a_value_that_is_revised_and_a_new_one_are_told_apart():
    """One indicator, the old scaling 1 and 2, the new one 3 and 4; weights of a half and 0.8."""
    old = vintage([[5], [7]], [1], [2], 0.5)
    new = vintage([[9], [11], [15]], [3], [4], 0.8)
    split = split_news(old, new)
    # The first month: z from 2 to 4 by the old scaling, to 1.5 by the new one.
    expected = [0, 0.5 * (4 - 2), 0.5 * (1.5 - 4), (0.8 - 0.5) * 1.5, 0.8 * 1.5 - 0.5 * 2]
    assert parts_of(split, 0) == pytest.approx(expected, abs=1e-15)
    # The newest month comes from 7, which reads 11 now: z from 3 to 5 to 7 to 3.
    expected = [0.5 * (7 - 5), 0.5 * (5 - 3), 0.5 * (3 - 7), 0.3 * 3, 0.8 * 3 - 0.5 * 3]
    assert parts_of(split, 2) == pytest.approx(expected, abs=1e-15)


NAN = np.nan


@pytest.mark.parametrize(
    ("old", "new", "row", "expected"),
    [
        # It joins: all of it is new, in the newest month and before.
        ([[NAN], [NAN]], [[3.0], [3.0], [3.0]], 0, {"new_data": 0.8 * 3}),
        ([[NAN], [NAN]], [[3.0], [3.0], [3.0]], 2, {"new_data": 0.8 * 3}),
        # The newest month brings none: new data, as the value before still stands.
        ([[2.0], [4.0]], [[2.0], [4.0], [NAN]], 2, {"new_data": -0.5 * 4}),
        # The value before was revised, and then no further one came.
        (
            [[2.0], [4.0]],
            [[2.0], [5.0], [NAN]],
            2,
            {"revised_data": 0.5 * (5 - 4), "new_data": -0.5 * 5},
        ),
        # A value is withdrawn: revised data, of its own month and of the one that comes from it.
        ([[2.0], [4.0]], [[2.0], [NAN], [NAN]], 1, {"revised_data": -0.5 * 4}),
        ([[2.0], [4.0]], [[2.0], [NAN], [NAN]], 2, {"revised_data": -0.5 * 4}),
        (
            [[2.0], [4.0]],
            [[2.0], [NAN], [6.0]],
            2,
            {"revised_data": -0.5 * 4, "new_data": 0.8 * 6},
        ),
        # A gap is filled afterwards.
        ([[NAN], [4.0]], [[2.0], [4.0], [4.0]], 0, {"new_data": 0.8 * 2}),
        # Nobody has it.
        ([[NAN], [4.0]], [[NAN], [4.0], [4.0]], 0, {}),
    ],
)
def test_what_comes_and_what_goes(old, new, row, expected):
    split = split_news(vintage(old, [0], [1], 0.5), vintage(new, [0], [1], 0.8))
    found = dict(zip(PARTS, parts_of(split, row), strict=False))
    assert found == pytest.approx(dict.fromkeys(PARTS, 0.0) | expected, abs=1e-15)
    assert split.change[row, 0] == pytest.approx(sum(expected.values()), abs=1e-15)
    assert split.present[row, 0] == bool(expected)


@pytest.fixture(scope="module")
def inputs(mini):
    return delivered(mini)


@pytest.fixture(scope="module")
def revised(mini, inputs):
    return panel_of(mini, views_of(*inputs[:2]), inputs[2])


MONTHS = pd.period_range("2007-01", "2008-12", freq="M")


@pytest.fixture(scope="module")
def news(mini, revised):
    return news_rows(mini, revised.panel, MONTHS, revised.revisions)


def test_news_keep_their_contract_and_the_first_vintage_has_none(mini, revised, news):
    assert violations(tables.INDEX_NEWS, news) == []
    assert news["as_of"].min() == pd.Timestamp("2007-02-28")
    first = news_rows(mini, revised.panel, MONTHS[:1], revised.revisions)
    assert first.empty
    assert violations(tables.INDEX_NEWS, first) == []
    bent = news.assign(scaling=news["scaling"] + 2e-12)
    assert any("sum to change" in text for text in violations(tables.INDEX_NEWS, bent))


def test_parts_sum_to_the_change_of_every_month_and_of_the_headline(mini, revised, news):
    vintages = index_room.vintage_rows(mini, revised.panel, MONTHS, revised.revisions)
    index = vintages.pivot(index="ref_date", columns="as_of", values="sfri")
    sums = news.groupby(["as_of", "ref_date"])[PARTS].sum().sum(axis=1)
    count = 0
    for before, after in zip(index.columns[:-1], index.columns[1:], strict=True):
        change = (index[after] - index[before]).dropna()
        change[after] = index.loc[after, after] - index.loc[before, before]
        np.testing.assert_allclose(sums[after], change, rtol=0, atol=1e-12)
        count += len(change)
    assert count == len(sums)
    # The headline is that of table sfri.
    sfri = index_room.index_tables_of(mini, revised.panel, "real_time", revised.revisions)["sfri"]
    headline = sfri.set_index("ref_date")["sfri"].diff().dropna()
    own = sums[[as_of == ref_date for as_of, ref_date in sums.index]].droplevel(0)
    np.testing.assert_allclose(own, headline, rtol=0, atol=1e-12)


def test_a_planted_revision_lands_on_its_own_indicator_by_the_closed_form(mini, revised, news):
    known = known_panel(mini, *revised)
    last = known.months.get_loc(REVISED) - 1
    old, new = known.at(last), known.at(last + 1)
    observed = ~np.isnan(old)
    observed &= observed.sum(axis=0) >= mini.index.min_observations
    weight = weights(estimate(old, observed=observed).loadings_smoothed, observed)
    sd = pd.DataFrame(old).std().to_numpy()
    column = known.indicators.get_loc("payrolls")
    expected = (weight * (new[:-1] - old) / sd)[:, column]
    told = news[news["as_of"] == "2008-03-31"]
    past = told[(told["indicator"] == "payrolls") & (told["ref_date"] < told["as_of"])]
    rows = known.months.get_indexer(pd.PeriodIndex(past["ref_date"], freq="M"))
    np.testing.assert_allclose(past["revised_data"], expected[rows], rtol=0, atol=1e-12)
    assert (past["revised_data"] != 0).sum() == 3
    assert (told[told["indicator"] != "payrolls"]["revised_data"] == 0).all()


def test_revised_data_are_zero_wherever_nothing_was_revised(news):
    moved = news[news["revised_data"] != 0].groupby("as_of")["indicator"].unique()
    assert {str(day.date()): set(names) for day, names in moved.items()} == {
        "2008-03-31": {"payrolls"},
        "2008-09-30": {"bank_beta", "retail_sales", "stock_drawdown", "stock_volatility"},
    }
    past = news[news["ref_date"] < news["as_of"]]
    assert (past[past["as_of"] < "2008-09-30"]["new_data"] == 0).all()
    newest = news[news["ref_date"] == news["as_of"]]
    assert (newest["new_data"] != 0).mean() > 0.9


def test_one_month_alone_has_the_news_of_a_run_over_all(mini, revised, news):
    month = pd.PeriodIndex(["2008-09"], freq="M")
    alone = news_rows(mini, revised.panel, month, revised.revisions)
    whole = news[news["as_of"] == "2008-09-30"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, whole, check_exact=True)
