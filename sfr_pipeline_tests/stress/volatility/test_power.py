"""Planted leverage is found, and a world where GARCH is the truth has nothing that beats it."""

import pytest

from sfr_pipeline.evaluation.models import headline
from sfr_pipeline_tests.stress.volatility.power import garch_world, leverage_world, shares

LEG = "volatility"


def told(world, draws):
    found = shares(world, draws)
    print(found.round(3).to_string())
    return found


def test_the_linear_panel_finds_planted_leverage():
    found = told(leverage_world, 2).loc[headline(LEG).id].xs("mse", level="loss")
    assert len(found) == 2
    assert (found["p below .05"] == 1).all()
    assert (found["gain"] > 0.08).all()


def test_nothing_beats_garch_where_garch_is_the_truth():
    found = told(garch_world, 2)
    assert (found["better"] == 0).all()
    assert (found["gain"] < 0).all()


@pytest.mark.faults
def test_how_often_gains_are_found_where_there_are_some_and_where_there_are_none():
    planted = told(leverage_world, 60).loc[headline(LEG).id]
    assert (planted.xs("mse", level="loss")["p below .05"] > 0.9).all()
    assert (planted["better"] > 0.6).all()
    nothing = told(garch_world, 100)
    assert (nothing["better"] <= 0.05).all()
    assert (nothing["p below .05"] <= 0.09).all()
