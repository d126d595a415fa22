"""No template and no catalogue claims in its own words what a run has found.

What a run finds changes with data and profile, so that a page takes it from the tables. README and
docs/ are held by `test_figures`.
"""

import re

import pytest

from sfr_pipeline.markets import load_market, market_names
from sfr_pipeline_tests.checkout import CHECKOUT

TEMPLATES = sorted((CHECKOUT / "sfr_pipeline" / "report").rglob("*.html.j2"))
JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", flags=re.DOTALL)
MARKUP = re.compile(r"<style.*?</style>|<meta[^>]*>|<[^>]*>", flags=re.DOTALL)
FIGURE = re.compile(r"\d+(?:\.\d+)? ?(?:%|per cent)|\d*\.\d+")
MONTHS = "January February March April May June July August September October November December"
MONTH = re.compile(rf"(?:{MONTHS.replace(' ', '|')}) \d{{4}}|\d{{4}}-\d{{2}}(?:-\d{{2}})?")

# Levels of tests and of intervals, weights, what chance gives: none is found by a run.
LEVELS = {"1 %", "5 %", "10 %", "50 %", "90 %", "95 %", "5 per cent", "0.05"}
SETTINGS = {"0.1", "0.3", "0.5", ".5", ".7", ".9"}
# What the sources of a market say of their own data.
OF_SOURCES = {
    "china": {"2023-06-30", "0.26161", "2024-12", "3.5", "2025-12"},
    "us": {"June 2016", "July 2016", "December 2018"},
    "us_live": {"October 2025", "October 2026"},
}


def prose(template: str) -> str:
    return MARKUP.sub(" ", JINJA.sub(" ", template))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.parent.name + "/" + path.name)
def test_figures_of_a_template_are_levels_and_settings_alone(path):
    text = prose(path.read_text(encoding="utf-8"))
    assert set(FIGURE.findall(text)) <= LEVELS | SETTINGS
    assert not MONTH.findall(text)


@pytest.mark.parametrize("name", market_names())
def test_figures_and_months_of_a_catalogues_notes_are_its_sources(name):
    text = " ".join(load_market(name).notes)
    dates = MONTH.findall(text)
    found = {*dates, *FIGURE.findall(MONTH.sub(" ", text))}
    assert found == OF_SOURCES.get(name, set())


def test_a_claim_of_a_run_would_be_found():
    claim = "<p>The regime that real time shows from August 2016 has {{ share }}, some 84 %.</p>"
    assert MONTH.findall(prose(claim)) == ["August 2016"]
    assert FIGURE.findall(prose(claim)) == ["84 %"]
