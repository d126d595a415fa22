"""The site: each link leads somewhere inside it, no network is asked, and it is replaced whole."""

import gzip
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest

from sfr_pipeline.errors import SettingError
from sfr_pipeline.markets import load_market
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.website import documentation
from sfr_pipeline.website.build import build, first_words, past_reports
from sfr_pipeline.website.comparison import Standing, percentile_chart
from sfr_pipeline_tests.checkout import CHECKOUT

SCRIPT = "<script>alert(1)</script> & co"
PAST = '<p>then</p><a href="us_evidence.html">its evidence</a>'


class Links(HTMLParser):
    """What a page points to, and the places in it that can be pointed to."""

    def __init__(self):
        super().__init__()
        self.targets, self.loaded, self.ids = [], [], set()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.targets.append(found["href"])
        if tag == "link" and found.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(found["href"])
        if tag in ("script", "img", "iframe") and found.get("src"):
            self.loaded.append(found["src"])


def read(page):
    found = Links()
    found.feed(page.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def index():
    months = pd.date_range("2001-01-31", periods=24, freq="ME")
    return pd.DataFrame(
        {"mode": "real_time", "ref_date": months, "percentile": [float(n) for n in range(24)]}
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory, index):
    reports = tmp_path_factory.mktemp("reports")
    us = load_market("us")
    named = load_market("sandbox").model_copy(update={"title": SCRIPT})
    for market in (us, named):
        (reports / f"{market.name}.html").write_text(f"<p>{market.name}</p>", encoding="utf-8")
    (reports / "us_evidence.html").write_text("<p>all of it</p>", encoding="utf-8")
    kept = reports / "archive" / "us" / "2026-01-31.html.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(gzip.compress(PAST.encode()))
    standings = [
        Standing(us, "It stands low.", past_reports(Folder(reports), "us"), True),
        Standing(named, SCRIPT, past_reports(Folder(reports), "sandbox"), False),
    ]
    target = reports.parent / "a site"
    build(target, Folder(reports), standings, {"us": index, "sandbox": index}, CHECKOUT / "docs")
    return target


def test_every_link_leads_to_a_page_and_a_place_of_the_site(site):
    pages = {page: read(page) for page in site.rglob("*.html")}
    assert len(pages) > 25
    for page, found in pages.items():
        for target in found.targets + found.loaded:
            parts = urlsplit(target)
            if parts.scheme in ("http", "https", "data"):
                continue
            there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert there.is_file(), f"{page.name}: {target}"
            if parts.fragment and there.suffix == ".html":
                assert unquote(parts.fragment) in pages[there].ids, f"{page.name}: {target}"


def test_nothing_is_asked_of_a_network(site):
    for page in site.rglob("*.html"):
        outside = [one for one in read(page).loaded if urlsplit(one).scheme in ("http", "https")]
        assert not outside, page


def test_the_first_page_names_every_market_and_runs_no_text_of_theirs(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    found = read(site / "index.html")
    assert {"us.html", "us_evidence.html", "sandbox.html"} <= set(found.targets)
    assert "sandbox_evidence.html" not in found.targets
    assert "It stands low." in page
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "nothing here happened" in page


def test_a_past_report_is_as_it_was(site):
    assert "<p>then</p>" in (site / "archive/us/2026-01-31.html").read_text(encoding="utf-8")
    assert "archive/us/2026-01-31.html" in read(site / "index.html").targets


def test_what_the_chart_shows_is_the_percentile_in_real_time(index):
    hindsight = index.assign(mode="paper", percentile=99.0)
    chart = percentile_chart({"us": pd.concat([hindsight, index])}, {"us": "The US"})
    assert chart.table["us"].tolist() == index["percentile"].tolist()
    assert percentile_chart({"us": hindsight}, {"us": "The US"}) is None


def test_a_site_that_fails_leaves_the_one_before(site, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "broken.md").write_text("# A page\n\n[nowhere](#such-place)\n")
    before = (site / "index.html").read_bytes()
    with pytest.raises(SettingError, match="such-place"):
        build(site, tmp_path, [], {}, tmp_path / "docs")
    assert (site / "index.html").read_bytes() == before
    assert not [path for path in site.parent.iterdir() if path.name.startswith(".site-")]


def test_without_its_tools_the_documentation_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(documentation, "NEEDED", ("no_such_package",))
    with pytest.raises(SettingError, match=re.escape("pip install 'sfr_pipeline[site]'")):
        documentation.build(CHECKOUT / "docs", tmp_path / "site", tmp_path)


def test_a_folder_of_somebody_else_is_never_replaced(site, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(SettingError, match=r"thesis\.docx"):
        build(tmp_path, Folder(tmp_path), [], {}, None)
    assert (tmp_path / "thesis.docx").read_text() == "years of work"
    (site / "notes.txt").write_text("mine")
    with pytest.raises(SettingError, match=r"notes\.txt"):
        build(site, Folder(tmp_path), [], {}, None)
    (site / "notes.txt").unlink()


def test_what_a_report_says_first_is_told_of_it():
    report = '<p>before</p><p class="lead">Risk &lt; usual &amp; falling.</p>'
    assert first_words(report) == "Risk < usual & falling."
    assert first_words("<p>nothing</p>") == ""
