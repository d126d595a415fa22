"""A page in a real browser: a made-up one with every kind of chart, and names that are hostile."""

import pandas as pd
import pytest

from sfr_pipeline_tests.browser.charts import (
    check_drawn,
    check_hovers,
    check_keys,
    check_legend,
    check_marks,
    check_pointer,
    check_zoom,
    window_of,
)
from sfr_pipeline_tests.browser.chromium import PHONE, chromium, opened
from sfr_pipeline_tests.browser.reading import (
    check_accessible,
    check_paper,
    check_phone,
    check_quiet,
    check_size,
    check_without_script,
)
from sfr_pipeline_tests.browser.takeaway import check_csv, check_png, check_tables, saved_csv
from sfr_pipeline_tests.report.made_up_page import HOSTILE, made_up_charts, made_up_page

# One browser and one page, which every test leaves as it found it.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def file(mini, tmp_path_factory):
    path = tmp_path_factory.mktemp("Straße 数据") / "mini.html"
    path.write_text(made_up_page(mini), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(browser, file):
    with opened(browser, file) as page:
        yield page
        check_quiet(page)


@pytest.fixture
def wide(page):
    """The page; its window of time is whole again afterwards, also where a test failed."""
    yield page
    if any(window_of(page)):
        page.page.get_by_role("button", name="all").click()


@pytest.fixture(scope="module")
def phone(browser, file):
    with opened(browser, file, PHONE, has_touch=True) as page:
        yield page
        check_quiet(page)


def test_every_chart_is_drawn_and_has_words_for_who_cannot_see_it(wide):
    assert check_drawn(wide) == list(made_up_charts())


def test_pointing_at_a_chart_tells_what_its_table_holds(wide):
    assert check_hovers(wide) == ["level", "days", "panels"]
    check_pointer(wide, "level", made_up_charts()["level"].table)
    (told,) = [one for one in check_marks(wide, "bars") if one["name"] == HOSTILE[1]]
    assert told["contribution"] == "+0.250"


def test_dragging_moves_the_window_of_every_chart_over_time(wide):
    check_zoom(wide, "level")


def test_buttons_and_fields_move_the_window(wide):
    wide.page.get_by_role("button", name="5 years").click()
    assert window_of(wide) == ["2014-12-31", ""]
    check_pointer(wide, "days")
    wide.page.get_by_label("Charts to").fill("2016-06-30")
    assert (
        pd.Timestamp("2016-03-31") < check_pointer(wide, "level")[-1] <= pd.Timestamp("2016-06-30")
    )
    wide.page.get_by_role("button", name="all").click()
    assert window_of(wide) == ["", ""]


@pytest.mark.parametrize(
    ("begin", "end"),
    [("2017-12-30", "2018-12-30"), ("2018-01-01", "2018-02-15"), ("2010-01-07", "2018-12-20")],
)
def test_axes_of_another_window_have_room_for_their_words(wide, begin, end):
    wide.page.get_by_label("Charts from").fill(begin)
    wide.page.get_by_label("Charts to").fill(end)
    check_drawn(wide)


def test_the_legend_shows_one_line_alone(wide):
    check_legend(wide, "level")


def test_keys_tell_one_month_after_the_other(wide):
    last, before, first, year = check_keys(wide, "level")
    for told, month in (
        (last, "December 2019"),
        (before, "November 2019"),
        (first, "January 1990"),
        (year, "January 1991"),
    ):
        assert month in told
    assert "SFRI" in last


def test_what_a_reader_takes_away_is_what_the_chart_holds(wide):
    check_csv(wide)
    check_tables(wide)
    check_png(wide, ["level", "panels"])
    saved = saved_csv(wide, "level")
    held = made_up_charts()["level"].table
    assert saved["sfri"].astype(float).to_numpy() == pytest.approx(
        held["sfri"].to_numpy(), rel=1e-6
    )
    assert (pd.to_datetime(saved["ref_date"]) == held["ref_date"]).all()


def test_texts_that_begin_like_formulas_are_escaped(wide):
    assert saved_csv(wide, "bars")["name"].to_list() == [
        *HOSTILE[:2],
        f"'{HOSTILE[2]}"[1:],
        f"'{HOSTILE[3]}",
        HOSTILE[4],
    ]


def test_aids_for_who_cannot_see_find_nothing_amiss(wide, phone):
    check_accessible(wide)
    phone.figure("bars").locator(".as-table").click()
    check_accessible(phone)
    phone.page.keyboard.press("Escape")


def test_all_of_it_stands_on_paper(wide):
    assert check_paper(wide) <= 3
    check_drawn(wide)


def test_a_phone_shows_the_present_and_scrolls_nothing_but_tables(phone):
    check_phone(phone)
    check_drawn(phone)
    assert window_of(phone) == ["2009-12-31", ""]


def test_a_page_is_small_and_can_be_read_without_script(browser, file):
    check_size(file)
    with opened(browser, file, java_script_enabled=False) as page:
        check_without_script(page)


def test_where_continuous_integration_runs_a_missing_browser_fails(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="is on the PATH"), chromium():
        pass
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="is on the PATH"), chromium():
        pass
