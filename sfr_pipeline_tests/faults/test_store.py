"""Faults of the store in full numbers (`make test-faults`); few of each are ordinary tests."""

import pytest

from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline_tests.storage import processes

pytestmark = pytest.mark.faults


@pytest.fixture
def root(tmp_path):
    ParquetStore(tmp_path).write("us", processes.VERSIONS, processes.version_frame(1))
    return tmp_path


def test_two_writers_of_the_same_months_never_leave_months_of_both_in_200_rounds(root):
    assert processes.mixed_rounds(root, rounds=200) == 0


def test_100_kills_at_random_instants_never_leave_months_of_two_writes(root):
    mixed, seen = processes.mixed_kills(root, kills=100, seed=11)
    assert mixed == 0
    assert seen > 20
