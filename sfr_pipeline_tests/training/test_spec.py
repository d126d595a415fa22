import pytest

from sfr_pipeline.training.spec import Training


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
