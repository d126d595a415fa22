"""The small form of `sizes`: a broken test or interval is far outside, chance is allowed for."""

import numpy as np
import pytest

from sfr_pipeline_tests.evaluation import sizes


def allowed(row):
    """The bounds of a row, and four standard errors of a share from so few draws."""
    if row.bounds is None:
        return True
    low, high = row.bounds
    low, high = (
        edge + sign * 4 * np.sqrt(edge * (1 - edge) / row.draws)
        for edge, sign in ((low, -1), (high, 1))
    )
    return low <= row.share <= high


@pytest.mark.parametrize(
    ("part", "draws", "n_rows"),
    [(sizes.monthly, 200, 6), (sizes.ratios, 300, 3), (sizes.bands, 300, 3), (sizes.daily, 400, 4)],
)
def test_tests_of_verdicts_keep_their_size_and_intervals_cover(part, draws, n_rows):
    rows = list(part(draws))
    assert len(rows) == n_rows
    assert [row for row in rows if not allowed(row)] == []


def test_a_difference_of_aurocs_lies_in_its_interval_for_few_episodes():
    rows = list(sizes.episodes(50, truth=0.0316))
    assert len(rows) == len(sizes.EPISODES)
    assert [row for row in rows if not allowed(row)] == []


def test_what_decides_nothing_rejects_too_often_where_losses_persist():
    """Otherwise the columns' descriptions would say too much."""
    persistent = list(sizes.described(200))[-3:]
    assert [row.bounds for row in persistent] == [None] * 3
    assert min(row.share for row in persistent) > sizes.SIZES[1]


def test_the_command_fails_where_a_bound_is_broken(monkeypatch, tmp_path, capsys):
    kept = sizes.Row("a test", "data", 0.05, 100, sizes.SIZES)
    broken = sizes.Row("another", "data", 0.2, 100, sizes.SIZES)
    rows = {
        "monthly": [kept],
        "ratios": [],
        "bands": [],
        "daily": [],
        "described": [],
        "episodes": [],
    }
    for name in rows:
        monkeypatch.setattr(sizes, name, lambda draws, name=name: rows[name])
    monkeypatch.setattr(sizes, "RESULTS", tmp_path / "sizes.md")
    assert sizes.main(["--write"]) == 0
    assert "| a test | data | 0.050 | 0.02 to 0.09 | 100 |  |" in sizes.RESULTS.read_text()
    rows["daily"] = [broken]
    assert sizes.main([]) == 1
    assert "BROKEN" in capsys.readouterr().out


def test_episodes_are_runs_with_no_more_than_21_calm_days_between():
    label = np.zeros(100, dtype=bool)
    label[[3, 4, 26]] = True
    assert sizes.episodes_of(label) == 1
    label[49] = True
    assert sizes.episodes_of(label) == 2
    assert sizes.episodes_of(~label & False) == 0
