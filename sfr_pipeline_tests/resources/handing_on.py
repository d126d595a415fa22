"""A code location whose steps hand a frame on, and die or fail as its folder asks for.

The folder holds the warehouse; for an asset, a file of its name with how often its second step is
still to be killed; a file ``fails`` while every second step is to raise an error; and a file
``sleeps``, which gets the number of the process, while it is to go on for ever. HANDED_ON names the
folder where Dagster loads this module, to execute steps in processes of their own.
"""

import os
import signal
import time
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd

from sfr_pipeline.resources.owning import owning
from sfr_pipeline.resources.step_frames import STEP_FRAMES, StepFrames

# Of types that a table of text would not keep.
FRAME = pd.DataFrame(
    {
        "number": pd.array([1, None, 3], dtype="Int64"),
        "text": ["a", "数据", None],
        "month": pd.to_datetime(["2020-01-31", "2020-02-29", None]),
        "value": [0.1, np.nan, np.inf],
        "bytes": [b"\x00\xff", b"", None],
    }
)
# A process that has imported this module forks one for each step.
FORKED = {"forkserver": {"preload_modules": ["sfr_pipeline.resources.step_process", __name__]}}


@dg.op(out=dg.Out(io_manager_key=STEP_FRAMES))
def hand_on() -> pd.DataFrame:
    return FRAME


def used_by(name, folder):
    """An asset of two steps."""

    @dg.op(name=f"use_{name}", out=dg.Out(dg.Nothing))
    def use(frame: pd.DataFrame):
        pd.testing.assert_frame_equal(frame, FRAME)
        left = folder / name
        deaths = int(left.read_text()) if left.exists() else 0
        if deaths:
            left.write_text(str(deaths - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        if (folder / "sleeps").exists():
            (folder / "sleeps").write_text(str(os.getpid()))
            time.sleep(600)
        if (folder / "fails").exists():
            raise ValueError("this step fails of itself")

    @dg.graph_asset(key=["made_up", name])
    def used():
        return use(hand_on())

    return used


def definitions_at(folder, inside=dg.in_process_executor, **settings):
    frames = StepFrames(root=str(folder))
    return dg.Definitions(
        [used_by("first", folder), used_by("second", folder)],
        resources={STEP_FRAMES: frames},
        jobs=[dg.define_asset_job("both")],
        executor=owning(inside, frames.remove).configured(settings),
    )


def job_at(folder):
    return definitions_at(Path(folder)).resolve_job_def("both")


def job_on_ray(folder):
    """The same job, whose steps are jobs of a Ray cluster."""
    from sfr_pipeline.resources.executors import EXECUTORS, inside_of

    settings = EXECUTORS["ray"]({}, os.environ)
    return definitions_at(Path(folder), inside_of("ray"), **settings).resolve_job_def("both")


if "HANDED_ON" in os.environ:
    made_up = definitions_at(
        Path(os.environ["HANDED_ON"]),
        dg.multiprocess_executor,
        max_concurrent=2,
        start_method=FORKED,
    )
