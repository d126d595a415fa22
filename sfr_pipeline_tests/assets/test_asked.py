"""A run that was asked for nothing fails before it does anything, and says why."""

import json
import os
import re
import subprocess
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from sfr_pipeline.errors import SettingError
from sfr_pipeline.resources.asked import CHOSEN, require_something
from sfr_pipeline_tests.assets.runs import materialize
from sfr_pipeline_tests.checkout import CHECKOUT

# Dagster's own command line, several commands in one process, for importing takes longest.
SEVERAL = """\
import json, sys
from click.testing import CliRunner
from dagster._cli.asset import asset_cli
base = ["materialize", "-m", "sfr_pipeline.definitions", "-a", "us"]
told = []
for arguments in json.loads(sys.argv[1]):
    done = CliRunner().invoke(asset_cli, [*base, *arguments])
    told.append([done.exit_code, f"{done.output}{done.exception}"])
with open(sys.argv[2], "w") as file:
    json.dump(told, file)
"""


ASKED = {
    "--select us/sfri_vintages --partition-range 2018-11...2018-10": "write 2018-10...2018-11",
    "--select group:nope": "the selection holds no asset",
    "--select us/nope": "No AssetsDefinition objects supplied|no AssetsDefinition",
    "--select us/sfri_vintages --partition 2035-01": "2035-01",
}


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """Status of each, what was printed, and the folder of the warehouse."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "home").mkdir()
    asked = json.dumps([one.split() for one in ASKED])
    places = {"SFR_WAREHOUSE": str(folder / "wh"), "DAGSTER_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SEVERAL, asked, str(folder / "told")],
        cwd=CHECKOUT, env={**os.environ, **places}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(ASKED, json.loads((folder / "told").read_text()), strict=True)), folder / "wh"


def test_what_asks_for_nothing_fails_and_says_why(typed):
    told, warehouse = typed
    for asked, (status, output) in told.items():
        assert status == 1, asked
        assert re.search(ASKED[asked], output), output
    assert not (warehouse / "parquet").exists()


@pytest.mark.parametrize("table", ["sfri_vintages", "events"])
def test_a_reversed_range_fails_before_any_step(tmp_path, table):
    result = materialize(tmp_path, [table], months=("2008-03", "2008-02"))
    assert not result.success
    assert not [event for event in result.all_events if event.is_step_start]
    assert not (tmp_path / "parquet").exists()
    failures = [event for event in result.all_events if event.is_failure]
    assert any("the range 2008-03...2008-02 holds no month" in str(event) for event in failures)


@pytest.mark.parametrize(("checks", "is_refused"), [(None, True), ({"of prices"}, False)])
def test_a_run_of_checks_alone_was_asked_for_something(checks, is_refused):
    run = SimpleNamespace(
        tags={}, job_name=CHOSEN, job_code_origin="here", asset_selection=None,
        asset_check_selection=checks,
    )  # fmt: skip
    with pytest.raises(SettingError, match="holds no asset") if is_refused else nullcontext():
        require_something(run)
