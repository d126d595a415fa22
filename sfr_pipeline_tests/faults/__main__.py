"""Kills, starves and corrupts what runs, and prints each fault with its verdict.

``make test-faults``, or ``python -m sfr_pipeline_tests.faults``; with words, only the faults whose
text holds one of them. Each fault is what some tests claim; here they run in full numbers, with
those that take minutes and are no part of ``make test``.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
# Of what a test that failed has said.
LAST_LINES = 12


@dataclass(frozen=True)
class Fault:
    """What may go wrong, and the tests that claim that it does no harm.

    Attributes:
        text: in one line.
        tests: files or tests, below ``sfr_pipeline_tests``.
    """

    text: str
    tests: tuple[str, ...]


FAULTS = (
    Fault("ten killed runs, then a backfill", (
        "faults/test_runs.py::test_after_ten_killed_runs_a_backfill_begins_within_a_minute_and_completes",
        "resources/test_runs.py",
    )),
    Fault("a backfill of 180 months and its daemon are killed", (
        "faults/test_runs.py::test_a_killed_backfill_of_180_months_is_resumed_and_completes",
    )),
    Fault("revised inputs: history is never overwritten", (
        "inputs/test_archive.py", "inputs/test_views.py", "index/test_revisions.py",
        "forecasting/test_revised_inputs.py", "test_china_revised.py",
    )),
    Fault("two years of operation: lags, revisions, a withdrawal, a truncation, silence", (
        "operation/test_time_travel.py", "faults/test_time_travel.py",
    )),
    Fault("unreadable, emptied and foreign files of tables", (
        "assets/test_damage.py", "storage/test_publish.py", "cli/test_warehouse_commands.py",
    )),
    Fault("inputs that shrank, ended early, changed unit or frequency", (
        "inputs/test_judging.py", "inputs/test_receiving.py",
    )),
    Fault("what changed the index from one month to the next cannot be told", (
        "index/test_news.py",
    )),
    Fault("a likelihood below the one that another library finds", ("econometrics/test_garch.py",)),
    Fault("other threads, other order, other processes: other numbers", (
        "test_threads.py", "econometrics/test_same_numbers.py", "test_process_state.py",
    )),
    Fault("a code location that is never reloaded, missed months, failed months", (
        "assets/test_schedules.py", "assets/test_refresh_plan.py",
        "assets/test_retries.py", "assets/test_alerts.py",
        "faults/test_runs.py::test_the_schedule_of_a_daemon_makes_up_missed_months_in_one_run",
    )),
    Fault("who executes a step elsewhere is killed: a process, a worker, a node", (
        "faults/test_executors.py", "resources/test_owning.py", "resources/test_executors.py",
        "resources/test_step_frames.py",
    )),
    Fault("kill -9 of a step that crawls, two crawls of one site", (
        "test_child.py", "scrapers/test_one_crawl.py", "cli/test_processes.py",
        "resources/test_crawl_pools.py",
    )),
    Fault("hosts with one history: runs killed on another, opened at once, its server gone", (
        "faults/test_postgres.py", "resources/test_run_locks.py", "resources/test_database.py",
        "deploy/test_image.py", "faults/test_deployed.py",
    )),
    Fault("endless bodies, bombs, workbooks with a cell far out, large files", (
        "sources/test_limits.py", "sources/test_large_files.py", "sources/test_workbooks.py",
    )),
    Fault("sources that are down, slow, endless, HTML, or truncated without a length", (
        "sources/test_client.py", "sources/test_fred.py", "sources/test_yahoo.py",
        "inputs/test_probe.py", "inputs/test_series.py",
    )),
    Fault("two writers of the same months, kill -9 between any two moves", (
        "faults/test_store.py", "storage/test_processes.py", "storage/test_parquet.py",
    )),
    Fault("an object store: two at once, kill -9, what is half put, and nothing else to write to", (
        "faults/test_object_store.py", "storage/test_object_store.py",
    )),
    Fault("workers and nodes of a cluster die, a stranger asks it, its releases differ", (
        "engine/test_on_ray.py", "opinion/test_on_cluster.py",
    )),
    Fault("kill -9 while any table is written, and two runs at once", ("assets/test_runs.py",)),
    Fault("checks and publishing that grow with history", (
        "assets/test_damage.py::test_a_check_reads_the_months_that_were_written_once_and_no_others",
        "storage/test_publish.py::test_what_a_table_holds_is_no_reason_to_build_anew_and_a_new_table_is",
    )),
    Fault("leftovers, and a history of Dagster's without end", (
        "operation/test_tidy.py", "resources/test_history.py",
    )),
    Fault("damaged caches, a full disk, a read-only disk, odd paths, a moved folder", (
        "training/test_fit_store.py", "opinion/test_shard_store.py", "test_files.py",
        "storage/test_publish.py",
    )),
    Fault("pages that take quadratic time, Retry-After", (
        "scrapers/test_long_pages.py", "scrapers/test_crawl_pace.py", "sources/test_client.py",
    )),
    Fault("an archive with a file that is changed or lost", (
        "storage/test_append_only.py", "operation/test_archive.py",
    )),
    Fault("a warehouse of the release before", ("resources/test_carrying_over.py",)),
    Fault("the UI of all markets takes all memory", ("cli/test_commands.py",)),
    Fault("too little history", (
        "assets/test_short_history.py", "stress/test_beginning.py", "test_china_one_month.py",
    )),
    Fault("what ships is estimated and trained as it is, on all of it", (
        "econometrics/test_garch.py", "econometrics/test_vintages.py",
        "econometrics/test_compiler.py",
        "forecasting/test_us_long.py", "sandbox/test_train.py", "opinion/test_scoring.py",
        "opinion/test_posts_in_chunks.py", "assets/test_opinion.py",
        "index/test_future_poison.py", "markets/test_stress.py", "cli/test_doctor.py",
        "operation/test_time_travel.py", "test_china_revised.py", "networks/test_networks.py",
        "opinion/test_reading.py", "opinion/test_exports.py", "inputs/test_judging.py",
        "sources/test_typical_size.py", "assets/test_definitions.py",
    )),
    Fault("exports of vendors that are misread, or that have to be edited before they are read", (
        "faults/test_from_exports.py",
    )),
    Fault("files that nothing needs and that can't be read", (
        "sources/test_bad_files_stop_runs.py",
    )),
    Fault("models of users that are edited, workers that die, markets of a year of closes", (
        "training/test_own_networks.py", "engine/test_local.py",
        "assets/test_own_files_alone.py",
    )),
    Fault("a page that shows what its tables do not hold, or that not everybody can read", (
        "test_command_line.py", "test_china_market.py", "report/test_browser.py",
    )),
    Fault("names and texts of people that should not be kept", ("assets/test_privacy.py",)),
    Fault("alerts that flap, are told twice or not at all", (
        "operation/test_judging.py", "operation/test_desk.py", "operation/test_delivery.py",
        "operation/test_replay.py", "operation/test_rules.py", "operation/test_readings.py",
    )),
    Fault("another time zone, a clock that stands still or is set back", (
        "test_process_state.py", "operation/test_desk.py",
    )),
)  # fmt: skip


def verdict_of(fault):
    """Run the tests of a fault in a process of their own; whether it is held, and what to say."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"),
            *("-m", "faults or not faults", f"--junitxml={results}"),
            *(str(ROOT / test) for test in fault.tests),
        ]
        run = subprocess.run(command, cwd=ROOT.parent, capture_output=True, check=False)
        cases = ElementTree.parse(results).getroot().iter("testcase") if results.exists() else ()
        outcomes = [(case, {child.tag for child in case}) for case in cases]
    broken = [case for case, tags in outcomes if tags & {"failure", "error"}]
    skipped = sum("skipped" in tags for _, tags in outcomes)
    passed = len(outcomes) - len(broken) - skipped
    told = f"{passed} tests, {time.monotonic() - began:.0f} s"
    if skipped:
        told += f", {skipped} skipped"
    held = run.returncode == 0 and passed > 0
    if not held:
        told += "".join(map(_why, broken)) or f"; pytest ended with {run.returncode}"
    return held, told


def _why(case):
    """Name of a test that failed, and how what it said ends."""
    said = "".join(child.text or "" for child in case if child.tag in ("failure", "error"))
    return f"\n    {case.get('name')}:\n" + "\n".join(
        f"        {line}" for line in said.splitlines()[-LAST_LINES:]
    )


def main(words):
    """Print the verdict on each fault; the exit status is 1 where one is not held."""
    chosen = [fault for fault in FAULTS if not words or any(word in fault.text for word in words)]
    lost = 0
    for fault in chosen:
        held, told = verdict_of(fault)
        lost += not held
        print(f"{'held    ' if held else 'NOT HELD'}  {fault.text}  ({told})", flush=True)
    print(f"{len(chosen) - lost} of {len(chosen)} faults are held")
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
