"""A rules file is read from one place, and a wrong one is refused with line and remedy."""

import re

import pytest
import yaml

from sfr_pipeline.cli.workspace_files import write_workspace
from sfr_pipeline.errors import AlertError, CatalogueError
from sfr_pipeline.markets import load_market, market_names
from sfr_pipeline.operation.rules_file import load_rules, read_rules
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.operation.made_up import LEVEL, months, rules

KINDS = (
    "level", "regime", "forecast", "stress", "failed_refresh", "missed_refresh", "stale",
)  # fmt: skip


def refusal(folder, market, text):
    path = folder / f"{market.name}.yaml"
    path.write_text(text)
    with pytest.raises(CatalogueError) as refused:
        read_rules(path, market)
    return str(refused.value)


def entry(**changes):
    return "notify: [SFR_TO]\nrules:\n  - " + yaml.safe_dump(
        LEVEL | changes, default_flow_style=True, width=1000
    )


# What a market without a file of rules is told of, by what it has; us and sandbox end some day.
INDEX = {"level", "regime"}
LATE = {"missed_refresh", "stale"}
TOLD = {
    "us": INDEX | {"forecast", "stress"},
    "sandbox": INDEX | {"forecast", "stress"},
    "us_live": INDEX | LATE | {"forecast"},
    "china": INDEX | LATE | {"forecast"},
    "world": LATE | {"stress"},
}


@pytest.mark.parametrize("name", market_names())
def test_a_market_without_a_file_has_the_rules_that_fit_its_legs(name):
    found = load_rules(load_market(name))
    assert found.notify == ["SFR_ALERTS_TO"]
    assert all(rule.text for rule in found.rules)
    assert {rule.kind for rule in found.rules} == TOLD[name] | {"failed_refresh"}


def test_an_own_market_has_them_too_and_they_pass_as_a_file_of_its_own(mini, tmp_path):
    found = load_rules(mini)
    assert {rule.kind for rule in found.rules} == INDEX | {"failed_refresh"}
    path = tmp_path / "mini.yaml"
    path.write_text(yaml.safe_dump(found.model_dump(exclude_none=True)), encoding="utf-8")
    assert read_rules(path, mini) == found


def test_the_rules_of_the_workspace_come_before_those_shipped_and_after_those_named(
    mini, tmp_path, monkeypatch
):
    write_workspace(tmp_path, ["us"])
    named = tmp_path / "named"
    for folder, name in ((tmp_path / "markets" / "alerts", "OWN"), (named, "NAMED")):
        folder.mkdir()
        (folder / "mini.yaml").write_text(f"notify: [SFR_{name}]", encoding="utf-8")
    monkeypatch.setenv("SFR_WORKSPACE", str(tmp_path))
    assert load_rules(mini).notify == ["SFR_OWN"]
    monkeypatch.setenv("SFR_ALERTS", str(named))
    assert load_rules(mini).notify == ["SFR_NAMED"]
    (named / "mini.yaml").unlink()
    assert load_rules(mini).notify == ["SFR_OWN"]
    assert "mini" not in market_names(), "rules are no market"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"clear_below": 90}, "clear_below (90) must be lower than threshold (90)"),
        ({"clear_below": 95}, "lower it"),
        ({"threshold": 120}, "less than or equal to 100"),
        ({"months": 0}, "greater than or equal to 1"),
        ({"kind": "weather"}, "'level', 'regime', 'forecast'"),
        ({"severity": "loud"}, "'information', 'warning' or 'critical'"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ({"notify": ["mailto://user:pw@host"]}, "String should match pattern"),
        ({"kind": "regime"}, "less than 1"),
        ({"kind": "forecast"}, "market mini has no forecasting leg to judge: leave this rule out"),
        (
            {"kind": "stress", "threshold": 0.5, "clear_below": 0.1},
            "market mini has no stress leg to judge: leave this rule out",
        ),
        ({"kind": "forecast", "model": "oracle"}, "there is no model 'oracle': choose from"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(mini, tmp_path, changes, told):
    text = refusal(tmp_path, mini, entry(**changes))
    assert told in text
    assert "mini.yaml:3: rules > level" in text


def test_two_rules_of_one_name_are_refused(mini, tmp_path):
    lines = entry().splitlines()
    assert "'level' is already the id of rule 1" in refusal(
        tmp_path, mini, "\n".join([*lines, lines[-1]])
    )


def test_a_level_of_a_market_without_an_index_is_refused(tmp_path):
    told = refusal(tmp_path, load_market("world"), entry())
    assert "market world has no index to judge" in told


def test_a_file_of_ones_own_takes_the_place_of_the_one_shipped(tmp_path, monkeypatch):
    us = load_market("us")
    monkeypatch.setenv("SFR_ALERTS", str(tmp_path))
    assert load_rules(us).notify == ["SFR_ALERTS_TO"]
    (tmp_path / "us.yaml").write_text(entry())
    found = load_rules(us)
    assert (found.notify, [rule.id for rule in found.rules]) == (["SFR_TO"], ["level"])
    monkeypatch.setenv("SFR_ALERTS", str(tmp_path / "absent"))
    with pytest.raises(AlertError, match="is no folder: create it, or unset SFR_ALERTS"):
        load_rules(us)


def test_the_files_that_the_page_shows_are_accepted(tmp_path):
    page = (CHECKOUT / "docs" / "alerts.md").read_text()
    shown = re.findall(r"```yaml\n(.*?)```", page, flags=re.S)
    sandbox = load_market("sandbox")
    path = tmp_path / "sandbox.yaml"
    path.write_text("".join(shown))
    found = read_rules(path, sandbox)
    assert {rule.kind for rule in found.rules} == set(KINDS)
    assert found.told_by("input_stale") == ["SFR_ALERTS_DATA"]


def test_a_rule_may_tell_others_than_the_file():
    own = LEVEL | {"id": "own", "notify": ["SFR_DESK"]}
    nobody = LEVEL | {"id": "quiet", "notify": []}
    found = rules(LEVEL, own, nobody, notify=["SFR_ALL"])
    assert [found.told_by(name) for name in ("level", "own", "quiet", "gone")] == [
        ["SFR_ALL"], ["SFR_DESK"], [], ["SFR_ALL"],
    ]  # fmt: skip
    assert found.variables() == ["SFR_ALL", "SFR_DESK"]


def test_a_rule_raises_at_its_threshold_and_clears_only_below_the_lower_one():
    (rule,) = rules(LEVEL | {"months": 2}).rules
    assert rule.raises(months(80, 90, 90))
    assert not rule.raises(months(90, 89.9))
    assert not rule.raises(months(99)), "one month is not two"
    assert not rule.clears(months(90, 75))
    assert rule.clears(months(90, 74.9))
