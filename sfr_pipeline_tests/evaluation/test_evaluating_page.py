"""The page on judging one's own forecasts runs as it stands, and quotes what was measured."""

import re

from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.worked_examples import blocks

PAGE = (CHECKOUT / "docs" / "evaluating.md").read_text(encoding="utf-8")
SIZES = (CHECKOUT / "benchmarks" / "sizes.md").read_text(encoding="utf-8")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_runs_as_one_notebook_and_finds_what_it_put_in(capsys):
    names = {}
    exec("\n".join(blocks("evaluating")), names)
    printed = capsys.readouterr().out
    assert names["found"].better == ["mine"]
    assert "mine beats no_change." in printed
    assert "not told from what it claims" in printed
    assert re.search(r"mine .* better\n", printed)
    assert "episodes 9;" in printed
    assert re.search(r"Brier score .*, skill 0\.\d", printed)


def test_the_page_quotes_the_sizes_that_were_measured():
    quoted = re.search(r"<!-- measured -->\n(.*)<!-- end", PAGE, flags=re.DOTALL)[1]
    measured = {tuple(cells(line)[:3]) for line in SIZES.splitlines() if line.startswith("|")}
    rows = [tuple(cells(line)) for line in quoted.splitlines()[2:]]
    assert len(rows) > 5
    assert set(rows) <= measured


def test_the_page_quotes_the_coverages_that_were_measured():
    """Of ratios of errors the range over all rows, of areas both rows."""
    rows = [cells(line) for line in SIZES.splitlines() if line.startswith("| 95 % interval of")]
    ratios = sorted(100 * float(row[2]) for row in rows if "ratio" in row[0])
    areas = [100 * float(row[2]) for row in rows if "AUROC" in row[0]]
    text = " ".join(PAGE.split())
    assert f"in {ratios[0]:.1f} to {ratios[-1]:.1f} % of samples" in text
    assert f"in {areas[0]:.1f} % with six episodes and {areas[1]:.1f} % with eleven" in text
