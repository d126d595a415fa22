"""The month picker in a real browser: what it shows, the address, the keyboard, hostile names."""

import datetime as dt
import html
import random

import pandas as pd
import pytest

from sfr_pipeline.report import page as pages
from sfr_pipeline.report.answers.where import WHERE, sentences
from sfr_pipeline.report.answers.why import WHY
from sfr_pipeline.report.formats import number
from sfr_pipeline.report.imprint import Imprint
from sfr_pipeline.report.publications import readings_of_index
from sfr_pipeline_tests.browser.chromium import PHONE, chromium, opened
from sfr_pipeline_tests.browser.reading import (
    check_accessible,
    check_phone,
    check_quiet,
    check_without_script,
)
from sfr_pipeline_tests.report.index_frames import MONTHS, made_up_index

pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = "<img src=x onerror='window.broken = 1'></script><b>"
LATEST = f"{MONTHS[-1]:%Y-%m}"


@pytest.fixture(scope="module")
def market(mini):
    hostile = {"name": HOSTILE}
    indicators = [one.model_copy(update=hostile) for one in mini.indicators[:1]]
    return mini.model_copy(update={"indicators": [*indicators, *mini.indicators[1:]]})


@pytest.fixture(scope="module")
def made_up(market):
    return made_up_index(market)


@pytest.fixture(scope="module")
def told(market, made_up):
    return sentences(market, made_up)


@pytest.fixture(scope="module")
def earlier(market, made_up):
    """What was published a month ago."""
    rows = readings_of_index(market, made_up)
    values = {"sfri": 1.25, "percentile": 85.0, "regime_high": 0.5}
    return rows.assign(
        value=rows["quantity"].map(values).fillna(rows["value"]),
        ref_date=MONTHS[-2],
        published_at=pd.Timestamp("2008-12-05 06:00"),
    )


@pytest.fixture(scope="module")
def file(market, made_up, earlier, tmp_path_factory):
    made = Imprint(dt.datetime(2026, 11, 27), "1.0", "run", None, "catalogue")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "ANSWERS", (WHERE, WHY))
        patch.setattr(pages, "EVIDENCE", ())
        report = pages.render(market, made_up | {"publications": earlier}, made).report
    path = tmp_path_factory.mktemp("Straße 数据") / "mini.html"
    path.write_text(report, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def wide(browser, file):
    with opened(browser, file) as page:
        yield page
        check_quiet(page)


@pytest.fixture
def picker(wide):
    """The page as it is opened: the latest month, without an end of its address."""
    wide.page.evaluate("location.hash = ''")
    shows(wide.page, LATEST)
    return wide.page


def shows(page, month):
    """Wait until the answers of a month stand in the page, and its name beside the picker."""
    page.wait_for_function(
        "month => document.getElementById('months').dataset.shown === month", arg=month
    )
    assert page.locator("#month").input_value() == month


def lead(page):
    return page.locator("#where .lead").inner_text()


def test_five_random_months_show_what_was_known_then(picker, market, made_up, told):
    names = market.indicator_names()
    parts = made_up["sfri_contributions"]
    index = made_up["sfri"].query("mode == 'real_time'").set_index("ref_date")["sfri"]
    for month in random.Random(16).sample(list(MONTHS[:-1]), 5):
        one = f"{month:%Y-%m}"
        picker.locator("#month").select_option(one)
        shows(picker, one)
        assert lead(picker) == told[one]
        assert picker.locator("#where .card b").first.inner_text() == number(index[month])
        own = parts[parts["ref_date"] == month].set_index("indicator")["contribution"]
        first = picker.locator("#why table").first.locator("tr").nth(1).locator("td")
        if own.max() > 0:
            assert first.first.inner_text() == names[own.idxmax()]
            assert first.nth(4).inner_text() == number(own.max(), 3)
        said = picker.get_by_role("status").inner_text()
        assert said.startswith(f"As known at the end of {month:%B %Y}.")


def test_what_the_last_report_said_stands_beside_what_is_said_now(picker, made_up):
    table = picker.get_by_role("region", name="Since the last report").locator("tr")
    before, now = (table.nth(row).locator("td").all_inner_texts() for row in (1, 2))
    assert before == ["2008-12-05", "November 2008", "+1.25", "85", "high", "50 %", "–"]
    level = made_up["sfri"].query("mode == 'real_time'").iloc[-1]["sfri"]
    assert now[:3] == ["now", "December 2008", number(level)]


def test_a_name_that_is_markup_is_read_as_text(picker, market, made_up):
    month = next(
        month for month in MONTHS
        if made_up["sfri_contributions"].query("ref_date == @month")
        .set_index("indicator")["contribution"].idxmax() == market.indicators[0].id
    )  # fmt: skip
    picker.evaluate("month => { location.hash = `month=${month}`; }", f"{month:%Y-%m}")
    shows(picker, f"{month:%Y-%m}")
    assert HOSTILE in picker.locator("#why").inner_text()
    assert picker.locator("#why img, #where img").count() == 0


def test_the_address_follows_the_choice_and_back_goes_back(picker, told):
    for button, month in (("The month before", "2008-11"), ("The month before", "2008-10")):
        picker.get_by_role("button", name=button).click()
        shows(picker, month)
        assert picker.url.endswith(f"#month={month}")
    picker.get_by_role("link", name="Why").click()
    picker.wait_for_url("**#month=2008-10&to=why")
    assert lead(picker) == told["2008-10"], "a link within the page keeps the month"
    picker.go_back()
    picker.go_back()
    shows(picker, "2008-11")
    picker.get_by_role("button", name="The month after").click()
    shows(picker, LATEST)
    assert picker.get_by_role("button", name="The month after").is_disabled()
    assert picker.get_by_role("status").inner_text() == "December 2008, the latest month."


def test_keys_alone_pick_a_month_and_lead_back(picker, told):
    picker.locator("#month").focus()
    picker.keyboard.press("ArrowDown")
    shows(picker, "2008-11")
    picker.keyboard.press("Tab")
    picker.keyboard.press("Tab")
    picker.keyboard.press("Enter")
    shows(picker, LATEST)
    assert lead(picker) == told[LATEST]
    assert picker.evaluate("document.activeElement.id") == "month", "the focus is not lost"
    assert picker.locator("#month-latest").is_hidden()


def test_a_click_on_the_chart_picks_the_month_under_it(picker):
    plot = picker.locator("figure[data-chart=index] .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    picker.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    # The address changes first, and what hears of that shows the month.
    picker.wait_for_function("document.getElementById('month').value.startsWith('2006')")
    assert picker.evaluate("location.hash").startswith("#month=2006")


def test_a_month_that_is_none_is_refused_by_name_and_the_latest_shown(picker, told):
    picker.evaluate("location.hash = 'month=1900-01<b>%'")
    status = picker.get_by_role("status")
    status.filter(has_text="There is no month").wait_for()
    assert html.unescape(status.inner_text()).startswith("There is no month 1900-01<b>%: they are ")
    assert lead(picker) == told[LATEST]


def test_a_link_opens_a_month_at_its_answer_on_a_phone_too(browser, file, told):
    with opened(browser, file, PHONE) as phone:
        phone.page.goto(f"{file.as_uri()}#month=2006-05&to=why")
        phone.page.reload()
        shows(phone.page, "2006-05")
        assert lead(phone.page) == told["2006-05"]
        top = phone.page.locator("#why").bounding_box()["y"]
        assert 0 <= top < PHONE[1] / 2, top
        check_phone(phone)
        check_accessible(phone)
        check_quiet(phone)


def test_without_script_the_latest_month_stands_there(browser, file):
    with opened(browser, file, java_script_enabled=False) as still:
        check_without_script(still)
        assert still.page.locator("#months").is_hidden()
