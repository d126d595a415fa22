import pickle
from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.training.spec import Task, Training
from sfr_pipeline.training.windows import windows_of


@pytest.mark.parametrize("lengths", [{}, {"epochs": 2, "steps": 3}])
def test_a_training_has_either_epochs_or_steps(lengths):
    with pytest.raises(ValueError, match="either epochs or steps"):
        Training(**lengths)


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", 0), ("batch_size", -1), ("clip", 0.0), ("learning_rate", float("nan"))],
)
def test_a_number_out_of_its_range_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name} of a training"):
        Training(**{"steps": 1, name: value})


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="no loss 'mae'"):
        Training(steps=1, loss="mae")


def test_a_task_is_sent_with_the_rows_that_its_windows_share():
    rows = np.random.default_rng(0).normal(size=(300, 5))
    windows = windows_of(rows, 40)
    task = Task("one", "module:Class", Training(steps=1), 3, windows, rows[:, :1], windows[-9:])
    sent = pickle.dumps(task)
    assert len(sent) < 2 * rows.nbytes < windows.nbytes / 10
    found = pickle.loads(sent)
    for name, value in vars(task).items():
        np.testing.assert_array_equal(getattr(found, name), value)
    copied = replace(task, inputs=windows.copy())
    assert (pickle.loads(pickle.dumps(copied)).inputs == windows).all()
