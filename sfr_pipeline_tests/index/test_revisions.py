"""What was revised changes no month that was over before: each month has the view that held then.

The truth is independent of how views are put together: the panel of one view alone, cut off.
"""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.index.indicators import deliver_indicators, panel_rows
from sfr_pipeline.index.known import known_panel, oriented
from sfr_pipeline.index.panel import build_panel
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.index.revised import (
    MENDED,
    PAYROLLS,
    REVISED,
    delivered,
    panel_of,
    views_of,
    with_values,
)

EXACT = {"check_exact": True}
REAL_TIME = "real_time"


@pytest.fixture(scope="module")
def inputs(mini):
    return delivered(mini)


@pytest.fixture(scope="module")
def views(inputs):
    return views_of(*inputs[:2])


@pytest.fixture(scope="module")
def revised(mini, views, inputs):
    return panel_of(mini, views, inputs[2])


@pytest.fixture(scope="module")
def alone(mini, views, inputs):
    """Of each view by itself the panel in real time, as if it had always held."""
    return [
        panel_rows(mini, deliver_indicators(mini, view.prices, view.series, inputs[2]), REAL_TIME)
        for view in views
    ]


def view_at(month):
    return int(month >= REVISED) + int(month >= MENDED)


def in_order(frame):
    key = ["ref_date", "indicator"]
    return frame.sort_values(key, ignore_index=True)


def rows_at(revisions, month, indicator):
    rows = revisions[revisions["known_from"] == month_ends(pd.PeriodIndex([month]))[0]]
    return rows[rows["indicator"] == indicator].set_index("ref_date")


def test_tables_keep_their_contracts(revised):
    assert violations(tables.INDICATOR_PANEL, revised.panel) == []
    assert violations(tables.PANEL_REVISIONS, revised.revisions) == []
    assert len(revised.revisions) > 60


def test_a_row_says_what_the_view_at_its_own_end_said(mini, revised, alone):
    panel = revised.panel[revised.panel["mode"] == REAL_TIME]
    for month in pd.period_range("2008-01", "2008-12", freq="M"):
        (day,) = month_ends(pd.PeriodIndex([month]))
        truth = alone[view_at(month)]
        pd.testing.assert_frame_equal(
            in_order(panel[panel["ref_date"] == day]),
            in_order(truth[truth["ref_date"] == day]),
            **EXACT,
        )


def test_the_panel_as_of_a_month_is_that_of_its_view_cut_off_there(mini, revised, alone):
    known = known_panel(mini, *revised)
    assert [str(known.months[row]) for row in known.first] == ["2000-01", "2008-03", "2008-09"]
    truth = [oriented(mini, rows, REAL_TIME)[list(known.indicators)].to_numpy() for rows in alone]
    for row, month in enumerate(known.months):
        np.testing.assert_array_equal(known.at(row), truth[view_at(month)][: row + 1])


def test_every_vintage_is_that_of_its_view_to_the_last_bit(mini, revised, alone):
    months = pd.period_range("2008-01", "2008-12", freq="M")
    vintages = index_room.vintage_rows(mini, revised.panel, months, revised.revisions)
    for view, rows in enumerate(alone):
        own = months[[view_at(month) == view for month in months]]
        truth = index_room.vintage_rows(mini, rows, own)
        ours = vintages[vintages["as_of"].isin(month_ends(own))].reset_index(drop=True)
        pd.testing.assert_frame_equal(ours, truth, **EXACT)


def test_a_revision_changes_no_month_that_was_over_before_it(mini, revised, alone):
    ours = index_room.index_tables_of(mini, revised.panel, REAL_TIME, revised.revisions)
    before = index_room.index_tables_of(mini, alone[0], REAL_TIME)
    (cut,) = month_ends(pd.PeriodIndex([REVISED]))
    for name, frame in before.items():
        mine, theirs = ours[name], frame
        pd.testing.assert_frame_equal(
            mine[mine["ref_date"] < cut], theirs[theirs["ref_date"] < cut], obj=name, **EXACT
        )
        # The control: from there on it does.
        assert not mine[mine["ref_date"] >= cut].equals(theirs[theirs["ref_date"] >= cut])
    # Each month's own estimate, its percentile included, is that of its view alone.
    for view, rows in enumerate(alone):
        theirs = index_room.index_tables_of(mini, rows, REAL_TIME)["sfri"]
        mine = ours["sfri"]
        held = [view_at(month) == view for month in pd.PeriodIndex(mine["ref_date"], freq="M")]
        pd.testing.assert_frame_equal(mine[held], theirs[held], **EXACT)


def test_only_rows_that_rest_on_a_revised_value_read_otherwise(revised, inputs):
    rows = revised.revisions
    first = rows[rows["known_from"] == "2008-03-31"]
    assert set(first["indicator"]) == {"payrolls"}
    # Growth over the year, published in the month after: of the months revised and a year later.
    later = [day + pd.offsets.MonthEnd(13) for day in PAYROLLS[:1]]
    expected = sorted([day + pd.offsets.MonthEnd(1) for day in PAYROLLS] + later)
    assert list(first["ref_date"]) == expected
    payrolls = inputs[0][inputs[0]["series"] == "payrolls"].set_index("ref_date")["value"]
    growth = 100 * (1.01 * payrolls["2004-05-31"] / payrolls["2003-05-31"] - 1)
    assert first["transformed"].iloc[0] == pytest.approx(growth, abs=1e-9)
    second = rows[rows["known_from"] == "2008-09-30"]
    first_of = second.groupby("indicator")["ref_date"].min().dt.strftime("%Y-%m").to_dict()
    # A price is in no window before its day; volatilities go on from there, re-estimated each year.
    assert first_of == {
        "retail_sales": "2005-03",
        "bank_beta": "2006-05",
        "stock_drawdown": "2006-05",
        "stock_volatility": "2006-05",
    }
    volatility = second[second["indicator"] == "stock_volatility"]
    assert list(volatility["ref_date"]) == list(pd.date_range("2006-05", "2008-09", freq="ME"))


def test_a_withdrawn_value_leaves_a_carried_row_and_then_none(revised):
    sales = rows_at(revised.revisions, MENDED, "retail_sales")
    assert list(sales.index.strftime("%Y-%m")) == ["2005-03", "2005-04", "2006-03", "2006-04"]
    assert list(sales["origin"].fillna("none")) == ["carried", "none"] * 2
    assert sales["transformed"].isna().tolist() == [False, True] * 2


def test_paper_mode_looks_at_the_newest_values_alone(mini, revised, views, inputs):
    newest = deliver_indicators(mini, views[-1].prices, views[-1].series, inputs[2])
    ours = revised.panel[revised.panel["mode"] == "paper"]
    truth = panel_rows(mini, newest, "paper")[list(ours)]
    pd.testing.assert_frame_equal(in_order(ours), in_order(truth), **EXACT)


def test_without_a_revision_there_are_none_and_nothing_else_changes(mini, views, inputs, alone):
    same = [views[0], views[0]._replace(first_month=REVISED)]
    panel, revisions = panel_of(mini, same, inputs[2])
    assert revisions.empty
    assert violations(tables.PANEL_REVISIONS, revisions) == []
    ours = panel[panel["mode"] == REAL_TIME][list(alone[0])]
    pd.testing.assert_frame_equal(in_order(ours), in_order(alone[0]), **EXACT)
    months = pd.period_range("2008-11", "2008-12", freq="M")
    pd.testing.assert_frame_equal(
        index_room.vintage_rows(mini, panel, months, revisions),
        index_room.vintage_rows(mini, alone[0], months),
        **EXACT,
    )


def test_a_revision_after_the_sample_is_for_paper_mode_alone(mini, views, inputs, alone):
    late = [views[0], views[1]._replace(first_month=pd.Period("2009-02", "M"))]
    panel, revisions = panel_of(mini, late, inputs[2])
    assert revisions.empty
    ours = panel[panel["mode"] == REAL_TIME][list(alone[0])]
    pd.testing.assert_frame_equal(in_order(ours), in_order(alone[0]), **EXACT)


def test_what_could_not_be_computed_once_does_not_stop_the_months_after(
    mini, views, inputs, caplog
):
    """A negative number of jobs at the ends of some months, mended since."""
    bad = with_values(views[0].series, "payrolls", PAYROLLS[:1], lambda value: -value)
    mended = [
        views[0],
        views[0]._replace(first_month=REVISED, series=bad),
        views[0]._replace(first_month=MENDED),
    ]
    panel, revisions = panel_of(mini, mended, inputs[2])
    assert "payrolls: year_on_year needs positive values" in caplog.text
    rows = panel[(panel["mode"] == REAL_TIME) & (panel["indicator"] == "payrolls")]
    missing = set(month_ends(pd.period_range("2007-12", "2008-12", freq="M"))) - set(
        rows["ref_date"]
    )
    assert missing == set(month_ends(pd.period_range(REVISED, MENDED - 1, freq="M")))
    known = known_panel(mini, panel, revisions)
    column = known.indicators.get_loc("payrolls")
    assert np.isnan(known.at(known.months.get_loc(REVISED))[:, column]).all()
    clean = known_panel(mini, *panel_of(mini, views[:1], inputs[2]))
    last = known.months.get_loc(MENDED)
    np.testing.assert_array_equal(known.at(last), clean.at(last))
    # The newest values are another matter: somebody has to mend those.
    with pytest.raises(EstimationError, match="year_on_year needs positive values"):
        panel_of(mini, [views[0]._replace(series=bad)], inputs[2])


def test_rows_that_break_the_contract_are_refused(revised):
    rows = revised.revisions
    early = rows.assign(known_from=rows["ref_date"])
    assert any("later than ref_date" in text for text in violations(tables.PANEL_REVISIONS, early))
    halved = rows.assign(oriented=np.nan)
    assert any("no values at all" in text for text in violations(tables.PANEL_REVISIONS, halved))


def test_the_panel_of_one_view_is_what_build_panel_makes_of_it(mini, views, inputs, alone):
    indicators = deliver_indicators(mini, views[0].prices, views[0].series, inputs[2])
    panel = build_panel(mini, indicators).panel
    ours = panel[panel["mode"] == REAL_TIME].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours[list(alone[0])], alone[0], **EXACT)


def test_an_indicator_that_begins_one_day_moves_no_bit_of_the_months_before(mini, alone):
    """Its values alone are new: neither rounding nor the draws of a band go by what comes later."""
    begins = pd.Timestamp("2008-06-30")
    sales = alone[0]["indicator"] == "retail_sales"
    without = alone[0][~sales]
    late = alone[0][~sales | (alone[0]["ref_date"] >= begins)]
    months = pd.period_range("2007-01", "2008-12", freq="M")
    for make in (
        lambda rows: index_room.index_tables_of(mini, rows, REAL_TIME)["sfri"],
        lambda rows: index_room.vintage_rows(mini, rows, months).rename(
            columns={"ref_date": "month", "as_of": "ref_date"}
        ),
    ):
        one, other = (make(rows) for rows in (without, late))
        pd.testing.assert_frame_equal(
            one[one["ref_date"] < begins], other[other["ref_date"] < begins], **EXACT
        )
