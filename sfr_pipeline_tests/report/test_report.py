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


def test_early_warning_says_what_was_found(warned_page):
    text = text_of(warned_page)
    assert "1 of 11 models beats no change in real time, one month ahead" in text
    for heading in ("Early warning", "The coming months", "What is behind it"):
        assert heading in text
    # The paper's Table 10 stands beside the market's own.
    (row,) = re.findall(
        r"<tr><td>Transformer</td>(?:(?!</tr>).)*0\.1088.*?</tr>", warned_page, re.S
    )
    assert "(0.1088)" in row
    assert "(0.3468)" in row


def test_the_fan_says_how_often_its_intervals_held(warned, tables, warning_frames):
    scores = warning_frames["forecast_scores"]
    headline = scores[(scores["model"] == "ridge_changes") & (scores["protocol"] == "real_time")]
    basket, published = (headline[headline["target"] == t] for t in ("basket", "published"))
    others = [
        basket.assign(horizon=2, coverage=0.81),
        basket.assign(horizon=3, coverage=0.2),
        published.assign(horizon=3, coverage=0.74),
        published.assign(horizon=4, coverage=0.3, period="without_systemic"),
    ]
    more = {"forecast_scores": pd.concat([scores, *others], ignore_index=True)}
    page = render(warned, tables | warning_frames | more)
    assert "Held so far by the 90 % interval 88 % 81 % 74 % – – –" in text_of(page)
    assert "as often as stated" not in page


def test_what_a_market_lacks_is_said_beside_the_scores(warned, tables, warning_frames):
    settings = {
        "start": "2000-01",
        "inputs": [
            {"id": name, "name": name.title(), "unit": "x", "why": "x",
             "input": {"series": name}, "transform": ["level"]}
            for name in ("repo", "prices", "loans")
        ],
        "gaps": [
            {"id": name, "name": name.title(), "input": {"measure": "close", "symbols": ["X"]}}
            for name in ("stock", "banks")
        ],
    }  # fmt: skip
    market = warned.model_copy(update={"forecasting": ForecastingSettings.model_validate(settings)})
    panel = warning_frames["warning_panel"]
    # The paper's information set goes on: what was known in real time counts.
    ended = (panel["variable"] == "prices") & (panel["ref_date"] > "2016-06-15")
    panel = panel[~(ended & (panel["mode"] == "real_time"))].replace("vix_gap", "gap_week_stock")
    text = text_of(render(market, tables | warning_frames | {"warning_panel": panel}))
    assert (
        "In this market Ridge on changes does without the gaps of Banks, implied volatility, "
        "a daily rate."
    ) in text
    assert (
        "Among the inputs of the paper's models: Prices ends in May 2016; Loans is missing." in text
    )
    rich = panel.replace({"gap_week_stock": "rate_gap", "spread": "implied_realised"})
    text = text_of(render(warned, tables | warning_frames | {"warning_panel": rich}))
    assert "does without gaps of daily measures." in text


def test_the_number_of_settings_tried_stands_beside_the_scores(warned_page):
    text = text_of(warned_page)
    assert "Ridge on changes 13 penalty, by expanding cross-validation at each origin" in text
    assert f"Variants before this project {variants_looked_at('forecasting')}" in text


def test_early_warning_escapes_what_comes_from_outside(warned_page):
    assert "<b>repo</b>" not in warned_page
    assert "Seven-day &lt;b&gt;repo&lt;/b&gt; rate" in warned_page


def test_every_picture_of_a_synthetic_market_is_marked(warned, tables, warning_frames, warned_page):
    pictures = re.findall(r"<figure>.*?</figure>", warned_page, flags=re.S)
    shown = tables | warning_frames
    assert len(pictures) == len(index_figures(warned, shown) | forecasting_figures(warned, shown))
    assert all("SYNTHETIC DATA" in picture for picture in pictures)


def test_a_market_without_early_warning_has_no_such_section(mini, warning_frames, page):
    assert "Early warning" not in page
    assert not set(warning_frames) & set(tables_of(mini))
    # Even where tables of an older catalogue lie around.
    assert forecasting_section(mini, warning_frames) is None


def test_early_warning_that_was_not_run_yet_is_said_to_be_missing(warned, tables, warning_frames):
    assert set(warning_frames) <= set(optional_tables_of(warned))
    page = render(warned, tables)
    assert "The tables of early warning have not been materialized." in page
    assert "What is behind it" not in page


def test_too_few_months_for_a_fan_or_for_diagnostics_are_no_obstacle(
    warned, tables, warning_frames
):
    short = ("forecast_fan", "warning_lag_orders", "nonlinearity_tests", "transfer_entropy")
    empty = {name: warning_frames[name].head(0) for name in short}
    page = render(warned, tables | warning_frames | empty)
    assert "Too few forecasts have been made in real time" in page
    assert "Who informs whom?" not in page


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
