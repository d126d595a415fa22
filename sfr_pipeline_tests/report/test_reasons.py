"""Why the index stood there: drivers, the split of the month's change, its news, dimensions."""

import itertools

import pandas as pd
import pytest

from sfr_pipeline.report.index.reasons import N_DRIVERS, reasons
from sfr_pipeline_tests.report.index_frames import LATE, LOST, MONTHS, PARTS, made_up_index


@pytest.fixture(scope="module")
def made_up(mini):
    return made_up_index(mini)


@pytest.fixture(scope="module")
def found(mini, made_up):
    return reasons(mini, made_up)


def test_drivers_are_the_rows_of_the_month_and_sum_to_the_index(made_up, found):
    index = made_up["sfri"].query("mode == 'real_time'").set_index("ref_date")["sfri"]
    key = ["ref_date", "indicator"]
    weights = made_up["sfri_weights"].set_index(key)["weight"]
    parts = made_up["sfri_contributions"].set_index(key)
    for month in MONTHS:
        drivers = found[month].drivers
        assert sum(one.contribution for one in drivers) == pytest.approx(index[month])
        assert [one.contribution for one in drivers] == sorted(
            (one.contribution for one in drivers), reverse=True
        )
        for one in drivers:
            row = parts.loc[(month, one.indicator)]
            assert one.weight == weights[(month, one.indicator)]
            assert one.weight * one.score == pytest.approx(row["contribution"])
            assert one.change == pytest.approx(
                row["indicator_effect"] + row["weight_effect"], nan_ok=True
            )


def test_up_down_and_the_others_are_all_of_the_drivers_once(found):
    for month in MONTHS:
        why = found[month]
        assert all(one.contribution > 0 for one in why.up)
        assert all(one.contribution < 0 for one in why.down)
        assert max(len(why.up), len(why.down)) <= N_DRIVERS
        names = [one.indicator for one in (*why.up, *why.down, *why.others)]
        assert sorted(names) == sorted(one.indicator for one in why.drivers)
        if why.down:
            assert why.down[0].contribution == min(one.contribution for one in why.drivers)


def test_what_had_no_data_in_a_month_is_named(mini, found):
    names = list(mini.indicator_names().values())
    assert found[MONTHS[0]].missing == (names[LATE],)
    assert found[MONTHS[20]].missing == ()
    assert found[MONTHS[-1]].missing == (names[LOST],)


def test_the_news_split_the_whole_change_of_the_month(mini, made_up, found):
    index = made_up["sfri"].query("mode == 'real_time'").set_index("ref_date")["sfri"]
    change = index.diff()
    sums = made_up["headline_news"].groupby("as_of")[PARTS].sum()
    names = mini.indicator_names()
    for month in MONTHS[1:]:
        news = found[month].news
        assert [getattr(news, part) for part in PARTS] == pytest.approx(list(sums.loc[month]))
        assert news.change == pytest.approx(change[month])
        own = made_up["headline_news"].query("as_of == @month").set_index("indicator")["change"]
        largest = own.loc[own.abs().sort_values(ascending=False).index][:3]
        assert [move.name for move in news.moves] == [names[one] for one in largest.index]
        assert [move.change for move in news.moves] == list(largest)
    assert found[MONTHS[0]].news is None


def test_months_without_news_have_all_the_rest(mini, made_up, found):
    bare = {name: frame for name, frame in made_up.items() if name != "headline_news"}
    without = reasons(mini, bare)
    assert all(why.news is None for why in without.values())
    assert without[MONTHS[5]].drivers == found[MONTHS[5]].drivers


def test_dimensions_are_those_with_data_and_their_changes_sum_to_that_of_the_index(
    mini, made_up, found
):
    index = made_up["sfri"].query("mode == 'real_time'").set_index("ref_date")["sfri"]
    for before, month in itertools.pairwise(MONTHS):
        parts = found[month].dimensions
        assert sum(one.contribution for one in parts) == pytest.approx(index[month])
        assert sum(one.change for one in parts) == pytest.approx(index[month] - index[before])
        assert {one.name for one in parts} <= set(mini.dimensions.values())
    assert all(pd.isna(one.change) for one in found[MONTHS[0]].dimensions)
    rows = made_up["dimension_indices"]
    gone = rows["ref_date"].eq(MONTHS[-1]) & rows["dimension"].eq("bond")
    silent = rows.assign(n_indicators=rows["n_indicators"] * ~gone)
    fewer = reasons(mini, made_up | {"dimension_indices": silent})
    assert mini.dimensions["bond"] not in {one.name for one in fewer[MONTHS[-1]].dimensions}
