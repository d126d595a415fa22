"""Both papers' printed tables, audited, and the page that says what came of them."""

import doctest
import json
import re
import shlex

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.evaluation.audit import audit, read_published
from sfr_pipeline.storage import tables
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.evaluation.audit.lines import only

FOLDER = CHECKOUT / "docs" / "papers"
VERDICTS = ("reproduced", "not reproducible without licensed data", "contradicted")
# What each paper prints.
PRINTED = {
    "The monthly paper": [
        *(f"Table {number}" for number in range(1, 11)),
        *(f"Figure {number}" for number in range(1, 8)),
    ],
    "The daily paper": ["Table 1", "Figure 1", "Figure 2"],
}
SHARES = {"BILSTM": 0.476, "CNN": 0.481, "Transformer": 0.467, "TCN": 0.474, "BILSTM+CNN": 0.464}


@pytest.fixture(scope="module")
def page():
    return (CHECKOUT / "docs" / "papers.md").read_text()


@pytest.fixture(scope="module")
def monthly():
    """The process of the index and the errors of its forecasts, audited as one."""
    files = [FOLDER / f"tvp_favar_table_{number}.csv" for number in (5, 10)]
    return audit(read_published(files)).findings


def test_no_change_would_have_won_the_monthly_papers_table(monthly):
    told = only(monthly, "no change has RMSE")
    assert told.values["no_change_rmse"] == pytest.approx(0.0687, abs=1e-4)
    assert told.values["worst_rmse"] == pytest.approx(0.1015, abs=1e-4)
    (testing,) = [
        found for found in monthly if "would have won" in found.says and "testing" in found.where
    ]
    assert testing.severity == "doubt"
    assert testing.values["share_won"] == pytest.approx(0.987, abs=0.003)
    assert testing.values["median_rmse"] == pytest.approx(0.066, abs=1e-3)


@pytest.mark.parametrize(
    ("split", "ends"), [("training", (0.186, 0.246)), ("testing", (0.131, 0.211))]
)
def test_its_scores_bound_the_index(monthly, split, ends):
    (found,) = [f for f in monthly if f.says.startswith("rms(y)") and f.where.endswith(split)]
    assert (found.values["low"], found.values["high"]) == pytest.approx(ends, abs=1e-3)


def test_the_daily_papers_table_is_of_a_label_that_is_on_half_of_the_days():
    found = audit(read_published([FOLDER / "cnn_bilstm_table_1.csv"]), label_window=21)
    shares = {
        finding.where.removeprefix("Table 1, "): finding.values["prevalence"]
        for finding in found.findings
        if "of the days are events" in finding.says
    }
    assert shares == pytest.approx(SHARES, abs=5e-4)
    (doubt,) = found.faults
    assert doubt.values["f1"] > 0.88


def _row(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("paper", PRINTED)
def test_every_table_and_figure_has_its_row_and_what_reproduces_ours(page, paper):
    section = page[page.index(f"## {paper}") :].split("\n\n")[1]
    rows = [_row(line) for line in section.splitlines()[2:]]
    assert [row[0] for row in rows] == PRINTED[paper]
    known = {table.name for table in tables.TABLES}
    for where, _, verdict, ours in rows:
        assert verdict.startswith(VERDICTS), where
        names = re.findall(r"tables? `(\w+)`(?:, `(\w+)`)?", ours)
        assert {name for pair in names for name in pair if name} <= known, where
        files = re.findall(r"`(sfr_pipeline/\S+)`", ours)
        assert all((CHECKOUT / file).exists() for file in files), where
        assert files or "`make run" in ours, where


def test_every_audit_of_the_page_prints_what_the_page_says(page, capsys, monkeypatch):
    monkeypatch.chdir(CHECKOUT)
    blocks = re.findall(r"```console\n\$ \S+/sfr (.*?)\n(.*?)```", page, flags=re.S)
    assert len(blocks) == 5
    audited = set()
    for command, shown in blocks:
        assert main(shlex.split(command)) == 0
        printed = capsys.readouterr().out
        assert doctest.OutputChecker().check_output(shown, printed, doctest.ELLIPSIS), command
        audited |= set(re.findall(r"docs/papers/\S+", command))
    assert audited == {f"docs/papers/{file.name}" for file in FOLDER.iterdir()}


def test_programs_are_told_the_same_as_readers(capsys):
    path = str(FOLDER / "tvp_favar_table_9.csv")
    main(["audit", path])
    text = capsys.readouterr().out
    main(["audit", "--json", path])
    told = json.loads(capsys.readouterr().out)
    assert told["n_numbers"] == 60
    assert len(told["findings"]) == 13
    assert all(found["says"] in text for found in told["findings"])


def test_a_wrong_file_ends_with_the_reason(capsys, tmp_path):
    assert main(["audit", str(tmp_path / "none.csv")]) == 1
    assert "none.csv can't be read" in capsys.readouterr().err
