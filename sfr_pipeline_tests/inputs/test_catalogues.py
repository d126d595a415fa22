"""Versions of a catalogue: what was edited is told, and what was not makes no new one."""

import json

import pandas as pd

from sfr_pipeline.inputs.catalogues import differences, new_version, sha256_of
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.inputs.received import NOON


def edited(market, **changes):
    """The market with the release lag of its first series and the direction of an indicator."""
    first, *others = market.series
    return market.model_copy(update={"series": [first.model_copy(update=changes), *others]})


def versions_of(*markets):
    versions = tables.CATALOGUES.empty()
    for number, market in enumerate(markets):
        row = new_version(market, versions, NOON + pd.Timedelta(days=number), f"run {number}")
        versions = pd.concat([versions, row], ignore_index=True)
    return versions


def test_the_first_version_is_kept_whole_and_the_same_again_is_not(mini):
    versions = versions_of(mini, mini)
    assert violations(tables.CATALOGUES, versions) == []
    (row,) = versions.to_dict("records")
    assert (row["run"], row["changed"], row["sha256"]) == ("run 0", "", sha256_of(mini))
    assert json.loads(row["catalogue"])["name"] == "mini"


def test_an_edited_release_lag_and_direction_are_told_by_name_and_a_return_too(mini):
    other = edited(mini, release_lag=61)
    turned = mini.indicators[0].model_copy(update={"direction": -mini.indicators[0].direction})
    turned = other.model_copy(update={"indicators": [turned, *mini.indicators[1:]]})
    changed = versions_of(mini, other, turned, mini)["changed"].tolist()
    lag, direction = (
        f"series.{mini.series[0].id}.release_lag", f"indicators.{mini.indicators[0].id}.direction",
    )  # fmt: skip
    assert changed == ["", lag, direction, f"{direction}, {lag}"]


def test_entries_that_come_and_go_are_told_and_their_order_is_none_of_it():
    before = {"series": [{"id": "a", "x": 1}, {"id": "b", "x": 2}], "skips": [1, 2]}
    after = {"series": [{"id": "c", "x": 3}, {"id": "a", "x": 1}], "skips": [1]}
    assert sorted(differences(before, after)) == ["series.b", "series.c", "skips"]
    assert list(differences(before, {**before, "series": before["series"][::-1]})) == []
