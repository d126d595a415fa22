"""Kept fits are found by versions that a person raises: this is what reminds the person.

The outputs of a reference fit of each architecture stand beside the versions that made them.
Whoever changes the outputs fails here, raises a version, and notes what the failure prints.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sfr_pipeline.networks import architecture
from sfr_pipeline.training.fit_store import LOOP_VERSION
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.spec import Task, Training
from sfr_pipeline_tests.networks.architectures import NETWORKS

# The release of torch that made the outputs; it stands in the keys of fits by itself.
TORCH = "2.13.0"
# By architecture: version of the loop, its own version, outputs.
NOTED = {
    "transformer": (1, 1, [-0.095654, -0.094552, -0.097137, 0.402843, 0.825702, 1.009671]),
    "cnn": (1, 1, [-0.238125, -0.323671, -0.269358, 0.385287, 0.411862, 0.515685]),
    "bilstm": (1, 1, [-0.182678, -0.148312, -0.104041, 0.169551, 0.177582, 0.252531]),
    "tcn": (1, 1, [0.136511, -0.158029, -0.197844, 1.170653, 0.283213, 0.653789]),
    "cnn_bilstm": (1, 2, [-0.16823, -0.145479, -0.120568, 0.733572, 0.729362, 0.834026]),
}
# Instruction sets of one family of processors differ by less than 1e-5 here, any change that
# matters by more than 1e-3.
TOLERANCE = 2e-4


def reference_outputs(network):
    """Outputs for three windows after two trainings that between them use all of the loop."""
    rng = np.random.default_rng(11)
    inputs, targets = rng.standard_normal((24, 8, 3)), rng.standard_normal((24, 1))
    regression = Task(
        name=network,
        network=NETWORKS[network],
        training=Training(
            epochs=6, batch_size=6, learning_rate=1e-2, weight_decay=1e-2, patience=2
        ),
        seed=5,
        inputs=inputs[:16],
        targets=targets[:16],
        predict=inputs[-3:],
        validation_inputs=inputs[16:],
        validation_targets=targets[16:],
    )
    classification = replace(
        regression,
        training=Training(
            steps=8,
            batch_size=6,
            learning_rate=1e-2,
            warm_up_steps=3,
            clip=0.5,
            loss="bce",
            positive_weight=3.0,
        ),
        targets=(targets[:16] > 0).astype(float),
        validation_inputs=None,
        validation_targets=None,
    )
    return np.concatenate([fit(task).outputs[:, 0] for task in (regression, classification)])


@pytest.mark.skipif(
    not torch.backends.mkl.is_available(), reason="without MKL torch draws dropout differently"
)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_change_of_numbers_raises_a_version(network):
    versions = (LOOP_VERSION, architecture(NETWORKS[network]).version)
    outputs = reference_outputs(network)
    to_note = f'"{network}": ({versions[0]}, {versions[1]}, {outputs.round(6).tolist()})'
    assert network in NOTED, f"note the outputs of the new network in NOTED: {to_note}"
    *noted_versions, noted_outputs = NOTED[network]
    same = np.allclose(outputs, noted_outputs, rtol=0, atol=TOLERANCE)
    assert same or versions != tuple(noted_versions), (
        f"{network} gives other outputs: raise the version of its class, or, where all change, "
        "LOOP_VERSION in sfr_pipeline/training/fit_store.py; kept fits would be taken for new ones "
        f"otherwise. Only if torch alone is another ({torch.__version__}, noted with {TORCH}) "
        f"raise nothing. Then note in NOTED: {to_note}"
    )
    assert same, f"a version was raised: note in NOTED what it gives: {to_note}"
    assert versions == tuple(noted_versions), f"a version was raised: note it in NOTED: {to_note}"
