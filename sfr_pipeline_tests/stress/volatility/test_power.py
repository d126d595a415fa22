"""Planted leverage is found, and a world where GARCH is the truth has nothing that beats it."""

from sfr_pipeline.evaluation.models import headline
from sfr_pipeline_tests.stress.volatility.panels import garch_world, leveraged_world
from sfr_pipeline_tests.stress.volatility.power import TRUTH, broken, shares

LEG = "volatility"
OWN = headline(LEG).id


def told(world, draws):
    found = shares(world, draws)
    print(found.round(3).to_string())
    return found


def test_the_linear_panel_finds_planted_leverage():
    every = told(leveraged_world, 1)
    assert broken(every, leveraged_world) == []
    found = every.loc[OWN]
    assert set(found.index.get_level_values("rival")) > {TRUTH}
    assert (found["better"] == 1).all()
    assert (found["gain"] > 0.1).all()


def test_nothing_beats_garch_where_garch_is_the_truth():
    every = told(garch_world, 1)
    assert broken(every, garch_world) == []
    found = every.xs(TRUTH, level="rival")
    assert {OWN} < set(found.index.get_level_values("model"))
    assert (found["better"] == 0).all()
    assert (found["gain"] < 0).all()
    # What the command fails for.
    assert broken(every, leveraged_world)
    assert broken(every.assign(better=1.0), garch_world)
