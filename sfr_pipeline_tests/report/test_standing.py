"""Where the index stood in any month: grade, change, regime, neighbours, and the sentence."""

import itertools

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.report.index.grades import GRADES, grade_of
from sfr_pipeline.report.index.neighbours import neighbours
from sfr_pipeline.report.index.reasons import reasons
from sfr_pipeline.report.index.standing import sentence, standings
from sfr_pipeline_tests.report.index_frames import MONTHS, made_up_index


@pytest.fixture(scope="module")
def made_up(mini):
    return made_up_index(mini)


@pytest.fixture(scope="module")
def standing(made_up):
    return standings(made_up)


@pytest.fixture(scope="module")
def level(made_up):
    rows = made_up["sfri"]
    return rows[rows["mode"] == "real_time"].set_index("ref_date")["sfri"]


def test_every_percentile_has_one_grade_and_a_higher_one_never_a_lower_grade():
    assert GRADES[0].low == 0
    assert GRADES[-1].high == 100
    for grade, following in itertools.pairwise(GRADES):
        assert grade.high == following.low
        assert grade_of(np.nextafter(grade.high, 0)) == grade
        assert grade_of(grade.high) == following
    assert grade_of(100) == GRADES[-1]
    for outside in (-0.1, 100.1, float("nan")):
        with pytest.raises(ValueError, match="is no percentile"):
            grade_of(outside)


def test_no_grade_can_be_taken_for_a_regime():
    assert not any("risk" in grade.name or "regime" in grade.name for grade in GRADES)


def test_all_real_time_months_stand_as_the_tables_have_them(made_up, standing, level):
    assert list(standing) == list(MONTHS)
    regime = made_up["regimes"].query("horizon == 0").set_index("ref_date")["probability_high"]
    for before, month in itertools.pairwise(MONTHS):
        found = standing[month]
        assert found.sfri == level[month]
        assert found.change == pytest.approx(level[month] - level[before])
        assert found.probability_high == regime[month]
        assert found.full_sample == level[month] / 2
        assert found.last_vintage == 0.75 * level[month]
        assert found.last_vintage_of == MONTHS[-1]
    assert standing[MONTHS[0]].change is None


def test_a_change_is_on_the_month_and_not_on_an_older_one(made_up):
    gap = made_up["sfri"]["ref_date"] != MONTHS[30]
    found = standings(made_up | {"sfri": made_up["sfri"][gap]})
    assert MONTHS[30] not in found
    assert found[MONTHS[31]].change is None
    assert found[MONTHS[32]].change is not None


def test_a_forecast_of_a_month_is_not_its_regime_and_what_is_not_there_is_not_told(made_up):
    regimes = made_up["regimes"]
    ahead = regimes["ref_date"].eq(MONTHS[-1]).astype(int)
    bare = {name: frame for name, frame in made_up.items() if name != "last_vintage"}
    found = standings(bare | {"regimes": regimes.assign(horizon=regimes["horizon"] + ahead)})
    assert found[MONTHS[-1]].probability_high is None
    assert found[MONTHS[-2]].probability_high is not None
    assert found[MONTHS[-1]].last_vintage is None


def test_the_neighbours_are_the_nearest_of_all_months_a_year_apart(made_up, standing, level):
    rows = made_up["dimension_indices"]
    wide = rows.pivot(index="ref_date", columns="dimension", values="contribution")
    number = {month: place for place, month in enumerate(MONTHS)}
    for month in MONTHS:
        left = [past for past in MONTHS if number[month] - number[past] >= 12]
        expected = []
        while left and len(expected) < 3:
            nearest = min(left, key=lambda past: ((wide.loc[past] - wide.loc[month]) ** 2).sum())
            expected.append(nearest)
            left = [past for past in left if abs(number[past] - number[nearest]) >= 12]
        found = standing[month].neighbours
        assert [one.month for one in found] == expected
        for one in found:
            year = MONTHS[number[one.month] + 1 : number[one.month] + 13]
            assert year[-1] <= month, "what came after a neighbour was not known"
            apart = wide.loc[one.month] - wide.loc[month]
            assert one.distance == pytest.approx(np.linalg.norm(apart))
            assert one.after == pytest.approx(level[year[-1]] - level[one.month])
            assert one.highest == level[year].max()
    assert len(standing[MONTHS[-1]].neighbours) == 3
    assert standing[MONTHS[11]].neighbours == ()


def test_of_two_months_alike_the_later_is_nearer_and_what_was_not_measured_is_not_told():
    months = pd.date_range("2000-01-31", periods=40, freq="ME")
    same = pd.DataFrame({"one": 1.0}, index=months)
    index = pd.Series(np.arange(40.0), months)
    found = neighbours(same, index)[months[-1]]
    assert [one.month for one in found] == [months[27], months[15], months[3]]
    cut = months.delete([*range(20, 25), *range(30, 33)])
    found, *_ = neighbours(same.loc[cut], index[cut])[months[33]]
    assert found.month == months[19]
    assert np.isnan(found.after), "a year later there is no index"
    assert found.highest == index[months[29]]


def test_the_sentence_says_what_the_numbers_say(mini, made_up, standing, level):
    why, names = reasons(mini, made_up), mini.indicator_names()
    parts = made_up["sfri_contributions"]
    for month in (MONTHS[0], MONTHS[20], MONTHS[40], MONTHS[-1]):
        own = parts[parts["ref_date"] == month].set_index("indicator")["contribution"]
        text = sentence(standing[month], why[month]).replace("−", "-")
        assert text.startswith(f"At the end of {month:%B %Y} the risk index was ")
        assert f"{level[month]:+.2f} standard deviations" in text
        for indicator in (own.idxmax(), own.idxmin()):
            if (own[indicator] > 0) == (indicator == own.idxmax()):
                assert f"{names[indicator]} ({own[indicator]:+.2f})" in text
        share = (level[:month] <= level[month]).mean()
        if share == 1:
            assert "the highest of all months known then" in text
        else:
            assert f"at or above {100 * share:.0f} % of the months known then" in text
        if month == MONTHS[0]:
            assert "on the month" not in text
        else:
            change = level[month] - level[month - pd.offsets.MonthEnd(1)]
            assert f"{'up' if change > 0 else 'down'} {abs(change):.2f} on the month" in text
