"""The report: complete offline, escaped, readable in a real browser, marked where synthetic."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import variants_looked_at
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.report.forecasting.section import forecasting_figures, forecasting_section
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.section import index_figures
from sfr_pipeline.report.page import optional_tables_of, render, tables_of
from sfr_pipeline.report.style import to_png
from sfr_pipeline_tests.report.forecasting_frames import warning_tables

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def page(mini, tables):
    return render(mini, tables)


@pytest.fixture(scope="module")
def warned(mini):
    """The market with a leg of early warning."""
    return mini.model_copy(
        update={"forecasting": ForecastingSettings(start="2000-01"), "synthetic": True}
    )


@pytest.fixture(scope="module")
def warning_frames():
    return warning_tables()


@pytest.fixture(scope="module")
def warned_page(warned, tables, warning_frames):
    return render(warned, tables | warning_frames)


def test_needs_nothing_but_itself(page):
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"'#][^"']*)""", page)
    assert all(link.startswith("data:") for link in links), links
    assert "@import" not in page
    assert "<script" not in page


def test_escapes_what_comes_from_outside(page):
    assert "<i>banks</i>" not in page
    assert "Beta of &lt;i&gt;banks&lt;/i&gt;" in page
    assert "Lehman <fails>" not in page
    assert "A note with &lt;b&gt;markup&lt;/b&gt; &amp; an ampersand." in page


def test_every_section_names_its_information_set(warned_page):
    for section in re.findall(r"<h2>(.*?)</h2>", warned_page, flags=re.S):
        heading = re.sub(r"<[^>]*>", "", section).strip()
        if heading.startswith(("Real time against", "What this market lacks")):
            continue
        assert 'class="information-set' in section, heading


def test_a_synthetic_market_is_marked(mini, tables, page):
    assert "synthetic" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    assert "This market is synthetic" in render(mini.model_copy(update={"synthetic": True}), tables)


def test_the_same_tables_give_the_same_bytes(mini, tables, page):
    assert render(mini, tables) == page


@pytest.fixture(scope="module")
def without_bonds(tables):
    """The tables as they are where no indicator of a dimension has data."""
    bonds = ("default_spread", "bill_change")
    left = {
        name: frame[~frame["indicator"].isin(bonds)]
        for name, frame in tables.items()
        if "indicator" in frame
    }
    dimensions = {
        name: tables[name][tables[name]["dimension"] != "bond"]
        for name in ("dimension_indices", "dimension_correlations")
    }
    return tables | left | dimensions


def test_a_dimension_without_any_data_is_shown_as_such(mini, without_bonds):
    page = render(mini, without_bonds)
    (row,) = re.findall(r"<tr><td>Bond market</td>(.*?)</tr>", page)
    assert row == '<td colspan="2" class="muted">no data</td>'
    pictures = re.findall(r"<figure>.*?</figure>", page, flags=re.S)
    panels, coverage = pictures[2], pictures[-1]
    for picture in (panels, coverage):
        assert "Bond market: no data" in picture
        assert "Stock market: no data" not in picture


def test_a_dimension_without_data_does_not_empty_the_stack_above_it(mini, without_bonds):
    def colours(tables):
        dimensions = tables["dimension_indices"]
        figure = charts.dimension_stack(dimensions, mini.dimensions, "real_time")
        drawn = [part for part in figure.axes[0].collections if len(part.get_paths())]
        assert drawn
        return {tuple(part.get_facecolor()[0].round(3)) for part in drawn}

    # Each dimension keeps its colour, whoever is missing.
    assert len(colours(without_bonds)) == 2


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_every_picture_of_a_synthetic_market_is_marked(warned, tables, warning_frames, warned_page):
    pictures = re.findall(r"<figure>.*?</figure>", warned_page, flags=re.S)
    shown = tables | warning_frames
    assert len(pictures) == len(index_figures(warned, shown) | forecasting_figures(warned, shown))
    assert all("SYNTHETIC DATA" in picture for picture in pictures)


def test_pictures_for_the_ui_are_small_pngs(mini, tables):
    figure = charts.weight_heat_map(tables["sfri_weights"], mini.indicator_names(), "real_time")
    png = to_png(figure)
    assert png.startswith(b"\x89PNG")
    assert len(png) < 100_000


def test_a_real_browser_shows_it_without_complaint(mini, tables, page, tmp_path):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser found: install one of {', '.join(BROWSERS)}")
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    done = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
            "--virtual-time-budget=2000", "--dump-dom", path.as_uri(),
        ],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert done.stdout.count("</svg>") == len(index_figures(mini, tables))
    assert "Systemic financial risk: Mini market" in done.stdout
    assert done.stdout.rstrip().endswith("</html>")
