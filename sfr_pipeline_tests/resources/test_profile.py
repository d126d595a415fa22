import pytest

from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.training.profile import PROFILES


@pytest.mark.parametrize("name", ["quick", "default", "full"])
def test_a_profile_is_chosen_by_name(name):
    assert TrainingProfile(name=name).resolve().name == name


def test_an_unknown_profile_is_answered_with_those_there_are():
    with pytest.raises(CatalogueError, match="'fast': choose one of quick, default, full"):
        TrainingProfile(name="fast").resolve()


def test_every_profile_has_at_least_five_seeds():
    for profile in PROFILES.values():
        assert min(profile.seeds, profile.stress_seeds) >= 5
