"""Claims about where a page lies in time, whatever odd rows it shows."""

from datetime import datetime

import pytest

from sfr_pipeline.scrapers.pages import ListPage
from sfr_pipeline.scrapers.rows import Row
from sfr_pipeline.scrapers.window import Window, own_rows

NOW = datetime(2020, 12, 1)


def row(time, **fields):
    return Row(**{"post_id": "1", "bar": "b", "time": time, **fields})


def placed(*rows, before=None):
    return own_rows(ListPage(frozenset({"b"}), None, None, rows), "b", before, NOW)


def test_months_are_whole_and_the_end_is_outside():
    window = Window.of_months("2019-12", "2020-02")
    assert (window.start, window.end) == (datetime(2019, 12, 1), datetime(2020, 3, 1))
    assert window.holds(datetime(2020, 2, 29, 23, 59, 59))
    assert not window.holds(window.end)
    assert not window.holds(None)


@pytest.mark.parametrize("months", [("2020-02", "2020-01"), ("2020-13", "2021-01"), ("x", "y")])
def test_what_are_no_months_is_refused(months):
    with pytest.raises(ValueError, match="YYYY-MM"):
        Window.of_months(*months)


def test_odd_rows_do_not_move_a_page():
    good = [row(f"2020-06-{day:02} 10:00:00") for day in range(9, 4, -1)]
    odd = [
        row("2011-01-01 00:00:00", pinned=True),
        row("2011-01-01 00:00:00", bar="elsewhere"),
        row("2011-01-01 00:00:00", bar=None),
        row("2099-01-01 00:00:00"),  # in the future
        row("1970-01-01 00:00:00"),
        row(None),
        row("昨天"),
        row("2020-01-01 00:00:00", time_is="last_reply"),
    ]
    page = placed(*odd[:4], *good, *odd[4:])
    assert page.middle == datetime(2020, 6, 7, 10)
    assert page.oldest == datetime(2020, 6, 5, 10)
    assert page.others == 1


def test_a_row_without_a_time_goes_by_its_neighbours():
    page = placed(row(None), row("2020-06-09 10:00:00"), row("2099-01-01 00:00:00"))
    assert [time for _, time in page.rows] == [datetime(2020, 6, 9, 10)] * 3
    alone = placed(row(None), before=NOW)
    assert alone.rows[0][1] == NOW
    assert alone.middle is None


def test_a_list_by_last_reply_is_noticed():
    assert placed(row("12-31 23:58", time_is="last_reply")).unordered
    assert not placed(row("2020-06-09 10:00")).unordered
    assert not placed().unordered
