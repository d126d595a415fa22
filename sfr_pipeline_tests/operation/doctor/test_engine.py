"""An engine that is not there, or does not answer."""

import pytest

from sfr_pipeline.errors import EngineError
from sfr_pipeline.operation.doctor.engine import look_at_engine

CLUSTER = {"SFR_ENGINE": "ray", "RAY_ADDRESS": "10.0.0.1:6379"}


def nobody(address, seconds):
    raise EngineError(f"no Ray cluster answers at {address}")


def look(environment, installed=True, ask=lambda address, seconds: None):
    (found,) = look_at_engine(environment, lambda module: installed, ask)
    return found


@pytest.mark.parametrize(
    ("environment", "options", "state", "says", "remedy"),
    [
        ({}, {}, "ok", "pieces of work are done here", ""),
        ({"SFR_ENGINE": "rai"}, {}, "broken", "no engine 'rai'", "unset SFR_ENGINE"),
        ({"SFR_ENGINE": "ray"}, {}, "broken", "set RAY_ADDRESS=HOST:PORT", "unset SFR_ENGINE"),
        (CLUSTER, {"installed": False}, "broken", "not installed", "sfr_pipeline[ray]"),
        (CLUSTER, {"ask": nobody}, "broken", "no Ray cluster answers", "unset SFR_ENGINE"),
        (CLUSTER, {}, "ok", "somebody listens at RAY_ADDRESS=10.0.0.1:6379", ""),
        (
            {**CLUSTER, "RAY_AUTH_MODE": "disabled"}, {},
            "note", "whoever reaches the cluster", "RAY_AUTH_MODE=token",
        ),
    ],
)  # fmt: skip
def test_the_state_of_an_engine(environment, options, state, says, remedy):
    found = look(environment, **options)
    assert found.state == state
    assert says in found.says
    assert remedy in found.remedy
