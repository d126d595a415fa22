"""The pages of a whole run, held against its warehouse."""

import random

import pandas as pd
import pytest

from sfr_pipeline_tests.browser import charts, reading, takeaway
from sfr_pipeline_tests.browser.chromium import PHONE, chromium, opened

# Months that are picked, beside the newest; tables that are opened: all would take minutes.
N_MONTHS, N_TABLES = 5, 3
PICKED = """month => document.getElementById('months').dataset.shown === month"""
ROWS = """() => [...document.querySelectorAll('[data-month-part=why] table')[0].rows]
  .map(row => [...row.cells].map(cell => cell.textContent.trim()))"""


def check_pages(folder, market, read):
    """Both pages of a market stand what any page must, and show what the warehouse holds.

    Args:
        folder: of the warehouse.
        market: its catalogue.
        read: gives a table by its name.
    """
    report, evidence = (
        folder / "reports" / f"{market.name}{end}.html" for end in ("", "_evidence")
    )
    with chromium() as browser:
        with opened(browser, report) as page:
            _check_report(page, market, read)
        with opened(browser, evidence) as page:
            charts.check_drawn(page)
            charts.check_hovers(page)
            reading.check_accessible(page)
            reading.check_paper(page, most_sheets=None)
            reading.check_quiet(page)
        for file in (report, evidence):
            reading.check_size(file)
            with opened(browser, file, PHONE, has_touch=True) as page:
                charts.check_drawn(page)
                reading.check_phone(page)
                reading.check_quiet(page)


def _check_report(page, market, read):
    names = charts.check_drawn(page)
    charts.check_hovers(page)
    index = read("sfri")
    index = index[index["mode"] == "real_time"].sort_values("ref_date", ignore_index=True)
    charts.check_pointer(page, "index", index)
    takeaway.check_csv(page)
    saved = takeaway.saved_csv(page, "index")
    assert (pd.to_datetime(saved["ref_date"]) == index["ref_date"]).all()
    for column in ("sfri", "percentile"):
        assert saved[column].astype(float).to_numpy() == pytest.approx(
            index[column].to_numpy(), rel=1e-6
        )
    takeaway.check_tables(page, names[:N_TABLES])
    takeaway.check_png(page, ["index"])
    charts.check_zoom(page, "index")
    charts.check_legend(page, "index")
    charts.check_keys(page, "index")
    check_months(page, market, index, read("sfri_contributions"))
    reading.check_accessible(page)
    page.figure("index").locator(".as-table").click()
    reading.check_accessible(page)
    reading.check_paper(page)
    reading.check_quiet(page)


def check_months(page, market, index, contributions):
    """Whichever month is picked, the page tells its level and its drivers as they were known then.

    Args:
        page: the report.
        market: the catalogue.
        index: rows of table ``sfri`` in real time.
        contributions: table ``sfri_contributions``.
    """
    level = index.set_index(index["ref_date"].dt.strftime("%Y-%m"))["sfri"]
    known = contributions[contributions["mode"] == "real_time"]
    called = market.indicator_names()
    months = random.Random(0).sample(sorted(level.index[:-1]), N_MONTHS)
    for month in (*months, level.index[-1]):
        page.page.select_option("#month", month)
        page.page.wait_for_function(PICKED, arg=month)
        card = page.page.locator("[data-month-part=where] .card").first.locator("b")
        assert charts.number_of(card.inner_text()) == pytest.approx(level[month], abs=0.0051)
        own = known[known["ref_date"].dt.strftime("%Y-%m") == month]
        held = own.set_index(own["indicator"].map(called))["contribution"]
        head, *rows = page.page.evaluate(ROWS)
        at = head.index("Contribution")
        told = {row[0]: charts.number_of(row[at]) for row in rows if row[0] in held.index}
        assert max(told, key=told.get) == held.idxmax(), month
        for name, value in told.items():
            assert value == pytest.approx(held[name], abs=0.00051), f"{month}: {name}"
