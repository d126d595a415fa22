"""The data: what the answer says of them is what the tables of inputs hold."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.inputs.probe import targets
from sfr_pipeline.markets import load_market
from sfr_pipeline.report.answers import data_findings as found
from sfr_pipeline.report.answers.data import DATA
from sfr_pipeline.sources import NAMES
from sfr_pipeline.sources.terms import BUNDLED, FILES, SITE, terms_of
from sfr_pipeline.storage.tables import INPUT_STATUS
from sfr_pipeline_tests.report.data_frames import data_tables


@pytest.fixture(scope="module")
def inputs(mini, tables):
    return tables | data_tables(mini)


@pytest.fixture(scope="module")
def fresh(mini, inputs):
    return found.freshness(mini, inputs)


def test_everything_that_was_ever_delivered_is_told_once(mini, fresh):
    names = [name for one in fresh for name in one.names]
    assert sorted(names) == sorted(found.names_of(mini).values())


def test_what_ends_first_stands_in_front_and_is_late_where_its_lag_does_not_explain_it(mini, fresh):
    first = fresh[0]
    assert first.names == (mini.sourced_series[0].name,)
    assert (first.source, first.age) == ("fred", (pd.Timestamp("2008-12-31") - first.last).days)
    allowed = {one.id: one.allowed_age for one in targets(mini)}[mini.sourced_series[0].id]
    assert first.age > allowed
    assert [one.late for one in fresh] == [True, *[False] * (len(fresh) - 1)]


def test_a_file_comes_before_the_source_that_the_catalogue_names(mini, fresh):
    (stale,) = [one for one in fresh if one.stale]
    assert stale.names == (mini.sourced_series[1].name,)
    assert stale.source == "file"
    assert "example.org" in stale.reason


def test_the_sentence_counts_what_came_what_did_not_and_what_ended(mini, inputs):
    count = len(inputs["input_status"])
    assert DATA.shown(mini, inputs)["sentence"] == (
        f"Of {count} series and instruments the last refresh brought {count - 1}, 1 kept what they "
        "had; 1 ends earlier than frequency and release lag explain, by up to 24 months."
    )


def test_an_item_that_the_catalogue_no_longer_names_is_passed_over(mini, inputs, fresh):
    gone = inputs["input_status"].iloc[[0]].assign(item="GONE")
    more = {"input_status": pd.concat([gone, inputs["input_status"]], ignore_index=True)}
    assert found.freshness(mini, inputs | more) == fresh


def test_the_largest_revision_of_an_item_is_that_of_the_farthest_value(mini, inputs):
    told = found.revisions(mini, inputs["revisions"])
    assert (told.n, told.n_late, told.n_withdrawn, told.n_items) == (4, 1, 1, 3)
    assert told.newest == pd.Timestamp("2008-06-06")
    first, second = told.items
    assert (first.name, first.n) == (mini.sourced_series[0].name, 3)
    assert (first.old, first.new, first.day) == (2.0, -1.0, pd.Timestamp("2008-02-29"))
    assert (second.n, second.old, second.new) == (1, 100.0, 101.0)


def test_of_no_revision_nothing_is_told(mini, inputs):
    told = found.revisions(mini, inputs["revisions"].head(0))
    assert (told.n, told.n_late, told.n_withdrawn, told.items) == (0, 0, 0, ())
    assert found.reread(mini, inputs["indicator_panel"], inputs["panel_revisions"]) is None


def test_a_month_that_reads_otherwise_is_held_against_what_it_read_first(mini, inputs):
    panel = inputs["indicator_panel"]
    first = panel[panel["mode"] == "real_time"].iloc[[10, 20, 30]].copy()
    revised = pd.concat(
        [
            # Of two later readings the newest counts.
            first.iloc[[0]].assign(known_from="2008-09-30", oriented=first["oriented"] + 9),
            first.iloc[[0]].assign(known_from="2008-10-31", oriented=first["oriented"] + 0.25),
            first.iloc[[1]].assign(known_from="2008-10-31", oriented=first["oriented"] - 0.75),
            first.iloc[[2]].assign(known_from="2008-10-31", oriented=np.nan),
        ]
    ).assign(known_from=lambda rows: pd.to_datetime(rows["known_from"]))
    told = found.reread(mini, panel, revised)
    assert (told.n, told.n_gone) == (3, 1)
    assert told.largest == pytest.approx(0.75)
    assert told.month == first["ref_date"].iloc[1]
    assert told.name == mini.indicator_names()[first["indicator"].iloc[1]]


def test_refused_rows_and_odd_prices_are_counted(inputs):
    assert found.rejected_posts(inputs["posts_refused"]) == [
        {"reason": "late", "n": 3},
        {"reason": "empty", "n": 1},
    ]
    split, stale = found.odd_prices(inputs["prices_quality"])
    assert split == {
        "issue": "split", "n": 3, "n_days": 3, "n_instruments": 1, "action": "kept; mended",
        "words": "jump by a ratio of small whole numbers",
    }  # fmt: skip
    assert (stale["issue"], stale["n_days"], stale["n_instruments"]) == ("stale month", 41, 2)
    assert stale["words"] == "months of trading days most of whose returns are zero"


@pytest.mark.parametrize(
    ("days", "text"), [(-3, "–"), (0, "–"), (1, "1 day"), (45, "45 days"), (730, "24 months")]
)
def test_ages_are_told_in_days_then_in_months(days, text):
    assert found.age_text(days) == text


def test_terms_are_told_once_a_kind_and_claimed_of_no_site(fresh):
    assert {terms_of(name) for name in NAMES if name not in ("bundled", "sandbox")} == {SITE}
    assert terms_of("bundled") == BUNDLED
    told = {sentence: sources for sources, sentence in found.terms(fresh)}
    assert told[SITE].split(", ")[0] == "fred"
    assert told[FILES] == "file"


def test_before_a_first_refresh_there_is_nothing_to_tell_of_it(mini, tables):
    shown = DATA.shown(mini, tables)
    assert shown["sentence"] is None
    assert not shown["fresh"]
    assert shown["revisions"] is None


def test_a_state_of_inputs_without_rows_tells_nothing_of_them(mini, inputs):
    """As `recompute` lays one out: what had been delivered by then has no state of its own."""
    shown = DATA.shown(mini, inputs | {"input_status": INPUT_STATUS.empty()})
    assert not shown["fresh"]


@pytest.mark.parametrize("name", ["us", "world", "china", "sandbox"])
def test_no_table_is_asked_for_that_a_market_does_not_have(name):
    market = load_market(name)
    asked = {*DATA.tables(market)}
    assert ("prices_quality" in asked) == (market.stress is not None)
    assert ("posts_rejected" in asked) == (market.forum is not None)
    assert ("indicator_panel" in asked) == market.monthly
