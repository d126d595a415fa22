"""A code location whose steps hand a frame on, and die or fail as the environment asks for.

HANDED_ON names a folder with the warehouse and, for each asset, a file with how often its second
step is still to be killed; FAILS has it raise an error. OTHER_PROCESSES executes steps elsewhere.
"""

import os
import signal
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd

from sfr_pipeline.resources.owning import owning
from sfr_pipeline.resources.step_frames import STEP_FRAMES, StepFrames
from sfr_pipeline.resources.warehouse import Warehouse

FOLDER = Path(os.environ.get("HANDED_ON", "nowhere"))
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


@dg.op(out=dg.Out(io_manager_key=STEP_FRAMES))
def hand_on() -> pd.DataFrame:
    """Begins."""
    return FRAME


def used_by(name):
    """An asset of two steps."""

    @dg.op(name=f"use_{name}", out=dg.Out(dg.Nothing))
    def use(frame: pd.DataFrame):
        pd.testing.assert_frame_equal(frame, FRAME)
        left = FOLDER / name
        deaths = int(left.read_text()) if left.exists() else 0
        if deaths:
            left.write_text(str(deaths - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        if "FAILS" in os.environ:
            raise ValueError("this step fails of itself")

    @dg.graph_asset(key=["made_up", name])
    def used():
        return use(hand_on())

    return used


frames = StepFrames(warehouse=Warehouse(root=str(FOLDER)))
inside = dg.in_process_executor
if "OTHER_PROCESSES" in os.environ:
    inside = dg.multiprocess_executor.configured({"max_concurrent": 2})
made_up = dg.Definitions(
    [used_by("first"), used_by("second")],
    resources={STEP_FRAMES: frames},
    executor=owning(inside, frames.remove),
)
