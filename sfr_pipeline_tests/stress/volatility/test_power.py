"""Planted leverage is found, and a world where GARCH is the truth has nothing that beats it."""

import pytest

from sfr_pipeline.evaluation.models import headline, references
from sfr_pipeline_tests.stress.volatility.panels import garch_world, leveraged_world
from sfr_pipeline_tests.stress.volatility.power import shares

LEG = "volatility"
OWN = headline(LEG).id
TRUTH = next(model.id for model in references(LEG) if model.options == {"rule": "garch"})


def told(world, draws):
    found = shares(world, draws)
    print(found.round(3).to_string())
    return found


def test_the_linear_panel_finds_planted_leverage():
    found = told(leveraged_world, 1).loc[OWN]
    assert set(found.index.get_level_values("rival")) > {TRUTH}
    assert (found["better"] == 1).all()
    assert (found["gain"] > 0.1).all()


def test_nothing_beats_garch_where_garch_is_the_truth():
    found = told(garch_world, 1).xs(TRUTH, level="rival")
    assert {OWN} < set(found.index.get_level_values("model"))
    assert (found["better"] == 0).all()
    assert (found["gain"] < 0).all()


@pytest.mark.faults
def test_how_often_gains_are_found_where_there_are_some_and_where_there_are_none():
    planted = told(leveraged_world, 60).loc[OWN]
    assert (planted["p below .05"] > 0.8).all()
    assert (planted["better"] > 0.6).all()
    nothing = told(garch_world, 100).xs(TRUTH, level="rival")
    assert (nothing["better"] <= 0.05).all()
    assert (nothing["p below .05"] <= 0.09).all()
