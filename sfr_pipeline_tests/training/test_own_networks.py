"""Networks of a workspace, trained by real workers: found by them, and told apart by their text."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from sfr_pipeline.engine import Local
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.networks import Network
from sfr_pipeline.networks.stacking import stacked
from sfr_pipeline.training.many_fits import _named_fits, fit_all
from sfr_pipeline_tests import worked_examples
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.seeding import seeded
from sfr_pipeline_tests.training.test_fitting import linear_task

# Fits twice, and once more after the forward pass was edited, in two processes beside this one.
SCRIPT = """
import importlib, json, sys
from dataclasses import replace
from pathlib import Path
# What an extension imports too, first: it may not be asked for while that is half imported.
import sfr_pipeline.forecasting.study
from sfr_pipeline.evaluation.models import find
from sfr_pipeline.training.fit_store import FitStore
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline_tests.training.test_fitting import linear_task

if __name__ == "__main__":
    network, store, told = find("stress", "last_day").implementation, FitStore(Path("fits")), []
    tasks = [replace(linear_task(seed), network=network) for seed in (0, 1)]
    fits = [fit_all(tasks, "cpu", store, engine=Local(2), progress=told.append) for _ in range(2)]
    file = Path("extensions/last_day.py")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("x[:, -1]", "x[:, 0]"), encoding="utf-8")
    importlib.reload(sys.modules[network.partition(":")[0]])
    fits.append(fit_all(tasks, "cpu", store, engine=Local(2), progress=told.append))
    kept = [line for line in told if "kept" in line]
    sums, files = [each[0].outputs.sum() for each in fits], list(Path("fits").iterdir())
    print(json.dumps([kept, sums, len(files)]))
"""


@pytest.mark.faults
def test_workers_find_a_network_of_the_workspace_and_an_edited_one_is_trained_anew(tmp_path):
    folder = worked_examples.workspace(tmp_path / "Größe und Maß")
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "SFR_WORKSPACE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kept, (first, again, edited), files = json.loads(done.stdout)
    assert kept == ["2 of 2 fits were kept from an earlier run"]
    assert first == again != edited
    assert files == 4


class Flat(Network):
    """It forgets the axis of outputs."""

    def __init__(self, n_features, window, n_outputs=1, dropout=0.0):
        super().__init__()
        self.output = nn.Linear(n_features, n_outputs)

    def forward(self, x):
        return self.output(x[:, -1])[:, 0]


class Exploding(Flat):
    """It answers no numbers once it is asked, rather than trained."""

    def forward(self, x):
        answer = self.output(x[:, -1])
        return answer if self.training else answer / 0.0


class Convolving(Flat):
    """It calls itself stackable and is not."""

    stackable = True

    def __init__(self, n_features, window, n_outputs=1, dropout=0.0):
        super().__init__(n_features, window, n_outputs, dropout)
        self.mix = nn.Conv1d(n_features, n_features, 1)


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (Flat, r"answers \(\d+,\) to windows .* not \(\d+, 1\), which is \(batch, outputs\)"),
        (Exploding, "answers values that are not finite"),
        (Convolving, "layer 'mix' of Convolving is a Conv1d, which can't be stacked"),
    ],
)
def test_what_a_network_answers_wrongly_is_told_with_its_name(network, says):
    task = linear_task()
    where = f"{__name__}:{network.__name__}"
    named = f"the fit '{task.name}' of {where} failed: .*{says}"
    with pytest.raises(EstimationError, match=named):
        fit_all([replace(task, network=where)], "cpu", engine=Local(1))


def test_a_text_that_changed_during_the_run_is_not_kept_under_the_old_one():
    task = replace(linear_task(), network=f"{__name__}:Flat")
    with pytest.raises(EstimationError, match="its text was changed during the run: run again"):
        _named_fits([task], "cpu", {task.network: "another"})


@seeded()
def test_networks_of_known_layers_alone_are_stacked():
    known = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.LayerNorm(2))
    stack = stacked([known, known], [torch.Generator()] * 2)
    assert [len(p) for p in stack.parameters()] == [2] * 4
