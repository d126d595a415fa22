import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from sfr_pipeline.engine import Local
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.networks import build
from sfr_pipeline.training import fitting, many_fits
from sfr_pipeline.training.fit_store import fit_keys
from sfr_pipeline.training.fitting import fit, fit_seeds, learning_rate, predict, restore
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.spec import Task, Training
from sfr_pipeline_tests.networks.architectures import NETWORKS
from sfr_pipeline_tests.seeding import seeded


def linear_task(seed=0, n_rows=60, **training):
    """Rows whose target is one number of the window, plus noise."""
    rng = np.random.default_rng(7)
    inputs = rng.standard_normal((n_rows, 4, 3))
    targets = inputs[:, -1, :1] + 0.1 * rng.standard_normal((n_rows, 1))
    return Task(
        name=f"linear, seed {seed}",
        network=NETWORKS["cnn"],
        training=Training(**{"epochs": 5, "learning_rate": 1e-2, **training}),
        seed=seed,
        inputs=inputs,
        targets=targets,
        predict=rng.standard_normal((9, 4, 3)),
    )


def same(one, other):
    return (
        one.outputs.tobytes() == other.outputs.tobytes()
        and one.training_loss.tobytes() == other.training_loss.tobytes()
        and all(
            one.weights[name].tobytes() == other.weights[name].tobytes() for name in one.weights
        )
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_one_seed_gives_the_same_bytes_whatever_was_drawn_before(name):
    task = replace(linear_task(epochs=2), network=NETWORKS[name])
    with seeded(1):
        first = fit(task)
    with seeded(2):
        assert same(first, fit(task))
    assert not same(first, fit(replace(task, seed=1)))


def test_a_fit_leaves_the_generator_and_the_threads_of_the_process_alone():
    threads = torch.get_num_threads()
    with seeded():
        expected = torch.rand(3)
    with seeded():
        fit(linear_task())
        assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("name", NETWORKS)
def test_predictions_do_not_depend_on_what_else_is_predicted(name):
    rng = np.random.default_rng(3)
    windows = rng.standard_normal((300, 16, 5))
    with seeded():
        network = build(NETWORKS[name], 5, 16).eval()
    together = predict(network, windows)
    assert together.shape == (300, 1)
    for rows in ([0], [299], range(77, 205), [5, 290, 131]):
        assert (predict(network, windows[list(rows)]) == together[list(rows)]).all()
    with torch.no_grad():
        plain = network(torch.from_numpy(windows.astype(np.float32))).numpy()
    np.testing.assert_allclose(together, plain, rtol=1e-4, atol=1e-5)


def test_restored_weights_predict_the_same_bytes():
    task = linear_task()
    found = fit(task)
    network = restore(NETWORKS["cnn"], 3, 4, {}, found.weights)
    assert (predict(network, task.predict) == found.outputs).all()


def test_nothing_to_predict_gives_no_outputs():
    task = linear_task()
    assert fit(replace(task, predict=task.predict[:0])).outputs.shape == (0, 1)


def test_the_loss_falls_and_has_a_value_an_epoch():
    found = fit(linear_task(epochs=30))
    assert found.training_loss.shape == found.validation_loss.shape == (30,)
    assert found.training_loss[-1] < 0.3 * found.training_loss[0]
    assert np.isnan(found.validation_loss).all()


def test_steps_end_in_the_middle_of_an_epoch():
    # 60 rows in batches of 32 are two steps an epoch.
    assert len(fit(linear_task(epochs=None, steps=5)).training_loss) == 3


def test_the_learning_rate_rises_in_a_line_and_falls_in_half_a_cosine():
    training = Training(steps=12, learning_rate=2.0, warm_up_steps=4)
    rates = [learning_rate(training, step, 12) for step in range(12)]
    assert rates[:5] == [0.5, 1.0, 1.5, 2.0, 2.0]
    assert rates[8] == pytest.approx(1.0)
    assert 0 < rates[11] < 0.1


def test_an_unknown_target_is_as_good_as_a_row_that_is_not_there():
    task = linear_task(n_rows=20, batch_size=20)
    gone = replace(task, inputs=task.inputs[:19], targets=task.targets[:19])
    unknown = replace(task, targets=np.where(np.arange(20)[:, None] < 19, task.targets, np.nan))
    np.testing.assert_allclose(
        fit_without_order(unknown).outputs, fit_without_order(gone).outputs, rtol=1e-3, atol=1e-4
    )


def fit_without_order(task):
    """All rows in one batch, nothing dropped out: their order makes no difference."""
    return fit(replace(task, options={"dropout": 0.0}))


def test_patience_keeps_the_best_weights():
    """Validation rows of the opposite sign get worse with every epoch that is learnt from."""
    task = linear_task(epochs=50, patience=3)
    against = replace(task, validation_inputs=task.inputs, validation_targets=-task.targets)
    found = fit(against)
    best = int(np.argmin(found.validation_loss))
    assert len(found.validation_loss) == best + 1 + 3 < 50
    network = restore(NETWORKS["cnn"], 3, 4, {}, found.weights)
    loss = np.mean((predict(network, task.inputs) + task.targets) ** 2)
    assert loss == pytest.approx(found.validation_loss[best], rel=1e-5)


def test_a_positive_weight_moves_probabilities_to_the_weighted_share():
    """Inputs that tell nothing: the best logit is the log of w * positives / negatives."""
    targets = (np.arange(200) % 10 == 0).astype(float)[:, None]
    for weight in (1.0, 9.0):
        task = replace(
            linear_task(
                epochs=60, batch_size=100, loss="bce", positive_weight=weight, learning_rate=5e-2
            ),
            inputs=np.zeros((200, 4, 3)),
            targets=targets,
            predict=np.zeros((1, 4, 3)),
        )
        found = float(fit_without_order(task).outputs[0, 0])
        assert found == pytest.approx(np.log(weight * 20 / 180), abs=0.1)


def test_weight_decay_and_clipping_are_applied():
    plain = fit(linear_task())
    for changed in ({"weight_decay": 0.5}, {"clip": 1e-3}):
        assert not same(plain, fit(linear_task(**changed)))
    size = [
        sum(np.sum(values**2) for values in fit(linear_task(epochs=40, **k)).weights.values())
        for k in ({}, {"weight_decay": 2.0})
    ]
    assert size[1] < size[0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"targets": np.zeros((59, 1))}, "training rows have inputs"),
        ({"targets": np.full((60, 1), np.nan)}, "targets are all unknown"),
        ({"inputs": np.full((60, 4, 3), np.nan)}, "inputs are not all finite"),
        ({"predict": np.zeros((2, 5, 3))}, "not of the shape of those learnt from"),
        ({"predict": np.full((2, 4, 3), np.inf)}, "windows to predict are not all finite"),
        ({"training": Training(epochs=1, patience=1)}, "patience needs validation rows"),
        ({"training": Training(epochs=9, learning_rate=1e30)}, "training diverged"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(wrong, said):
    with pytest.raises(EstimationError, match=said):
        fit(replace(linear_task(), **wrong))


def test_workers_give_what_one_process_gives_in_the_order_of_the_tasks():
    tasks = [linear_task(seed) for seed in range(5)]
    told = []
    parallel = fit_all(tasks, "cpu", engine=Local(2), progress=told.append)
    assert all(same(one, fit(task)) for one, task in zip(parallel, tasks, strict=True))
    assert told[-1].startswith("5 of 5 fits, ")


def test_a_stack_gives_each_seed_what_it_has_by_itself():
    task = replace(linear_task(epochs=6, patience=2, clip=0.5), network=NETWORKS["transformer"])
    # Validation rows that can't be learnt from end each seed's training at its own time.
    rng = np.random.default_rng(1)
    task = replace(
        task, validation_inputs=task.inputs[::-1], validation_targets=rng.normal(size=(60, 1))
    )
    tasks = [replace(task, seed=seed) for seed in range(4)]
    together = fit_seeds(tasks)
    assert all(same(one, fit(task)) for one, task in zip(together, tasks, strict=True))
    assert len({len(one.training_loss) for one in together}) > 1
    assert all(
        same(one, other) for one, other in zip(together[1:], fit_seeds(tasks[1:]), strict=True)
    )


def test_seeds_of_one_training_set_are_stacked_and_every_worker_gets_some(monkeypatch):
    stacks = []

    def remembered(tasks, device):
        stacks.append([task.seed for task in tasks])
        return fit_seeds(tasks, device)

    monkeypatch.setattr(fitting, "fit_seeds", remembered)
    transformer = replace(linear_task(epochs=1), network=NETWORKS["transformer"])
    longer = replace(transformer, training=Training(epochs=2))
    tasks = [replace(task, seed=seed) for seed in range(7) for task in (transformer, longer)]
    fits = fit_all([*tasks, linear_task(0), linear_task(1)], "cpu", engine=Local(1))
    assert sorted(stacks) == sorted([[0], [1], *2 * [[0, 1, 2, 3, 4], [5, 6]]])
    assert stacks[0] == [0, 1, 2, 3, 4]  # the longest work first
    assert [len(one.training_loss) for one in fits] == [1, 2] * 7 + [5, 5]
    keys = fit_keys(tasks, "cpu")
    assert max(map(len, many_fits._stacks(tasks, keys, range(0, 10, 2), 2))) == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_the_task_that_failed_is_named(workers):
    tasks = [linear_task(seed) for seed in range(3)]
    tasks[1] = replace(tasks[1], name="cnn 2012-01 seed 3", options={"layers": 2})
    with pytest.raises(EstimationError, match=r"'cnn 2012-01 seed 3' failed: TypeError.*layers"):
        fit_all(tasks, "cpu", engine=Local(workers))


class Deadly(dict):
    """Options that end the process which unpickles them, as a lack of memory would."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_worker_that_dies_is_an_error_and_no_wait_without_end():
    tasks = [linear_task(0), replace(linear_task(1), name="too large", options=Deadly())]
    with pytest.raises(EstimationError, match=r"died \(exit status 9\) over 'too large'"):
        fit_all(tasks, "cpu", engine=Local(2))


def test_no_tasks_give_no_fits():
    assert fit_all([], "cpu") == []
