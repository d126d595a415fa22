"""What steps hand on to each other: whole, through any process, and gone once nobody needs it."""

import dagster as dg
import pandas as pd
import pytest

from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.resources.step_frames import FOLDER, StepFrames
from sfr_pipeline_tests.resources.handing_on import FRAME


@pytest.fixture
def frames(tmp_path):
    return StepFrames(root=str(tmp_path))


def output(run_id="a-run", step="forecast.train_networks", name="networks"):
    return dg.build_output_context(run_id=run_id, step_key=step, name=name)


def load(frames, of):
    return frames.load_input(dg.build_input_context(upstream_output=of))


def test_a_frame_comes_back_as_it_was_for_each_run_and_step(frames):
    other = FRAME.head(0)
    frames.handle_output(output(), FRAME)
    frames.handle_output(output(run_id="b-run"), other)
    frames.handle_output(output(step="discriminate.train", name="result"), other)
    pd.testing.assert_frame_equal(load(frames, output()), FRAME)
    pd.testing.assert_frame_equal(load(frames, output(run_id="b-run")), other)


def test_frames_of_some_runs_are_removed_and_others_stay(frames, tmp_path):
    for run_id in ("a-run", "b-run"):
        for step in ("one", "two"):
            frames.handle_output(output(run_id, step), FRAME)
    frames.remove(lambda run_id: run_id == "a-run")
    assert [path.name for path in sorted((tmp_path / FOLDER).iterdir())] == [
        "b-run.one.networks.parquet", "b-run.two.networks.parquet"
    ]  # fmt: skip
    with pytest.raises(NotMaterializedError, match="Repeat all steps"):
        load(frames, output(step="one"))
