"""Explanations: they add up, they name the input that matters, and deletion means deletion."""

import numpy as np
import pandas as pd
import pytest
import torch

from sfr_pipeline.forecasting.explanation import (
    CONSTANT,
    agreement,
    explain_network,
    explain_ridge,
    explanation_rows,
    input_effects,
)
from sfr_pipeline.forecasting.forecasters.networks import TRANSFORMER
from sfr_pipeline.networks import build
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.seeding import seeded

ORIGIN = pd.Timestamp("2016-06-30")
NAMES = ("index", "opinion", "repo", "prices")
WINDOW = 6
SMALL = {"d_model": 16, "heads": 2, "layers": 2, "dropout": 0.0}


@seeded()
def network_of(seed, **options):
    torch.manual_seed(seed)
    network = build(TRANSFORMER, len(NAMES), WINDOW, **options).double()
    # Fresh norms are the identity; trained ones are not.
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return network


@seeded()
def wide_network(n_features, window):
    torch.manual_seed(5)
    return build(TRANSFORMER, n_features, window).double()


def weights_of(network):
    return {name: tensor.numpy(force=True) for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def window():
    return np.random.default_rng(3).normal(size=(WINDOW, len(NAMES)))


@pytest.fixture(scope="module")
def networks():
    return [network_of(seed, **SMALL) for seed in range(3)]


@pytest.fixture(scope="module")
def explained(networks, window):
    return explain_network([weights_of(network) for network in networks], SMALL, window, NAMES)


def forecast(networks, window):
    with torch.no_grad():
        outputs = [network.eval()(torch.tensor(window)[None]).item() for network in networks]
    return np.mean(outputs)


def test_contributions_and_intercept_add_up_to_the_forecast_of_scikit_learn():
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(1)
    rows = rng.normal(size=(80, len(NAMES)))
    target = rows @ [0.5, -0.2, 0.0, 1.0] + 0.3 + 0.1 * rng.normal(size=80)
    model = Ridge(alpha=5.0).fit(rows, target)
    frame = explain_ridge(model.coef_, rows[-1], NAMES, model.intercept_)
    parts = frame.loc[frame["method"] == "contribution", "value"]
    assert parts.sum() == pytest.approx(model.predict(rows[-1:])[0], abs=1e-12)


def test_leaving_an_input_out_of_a_linear_model_takes_its_contribution_away():
    coefficients, inputs = np.array([2.0, -1.0, 0.0, 3.0]), np.array([1.0, 1.0, 1.0, -1.0])
    frame = explain_ridge(coefficients, inputs, NAMES, 7.0)
    deletion = frame[frame["method"] == "deletion"].set_index("variable")["value"]
    for position, name in enumerate(NAMES):
        without = inputs.copy()
        without[position] = 0.0
        change = coefficients @ without - coefficients @ inputs
        assert deletion[name] == pytest.approx(change, abs=1e-12)


def test_relevances_and_the_constant_add_up_to_the_mean_forecast(explained, networks, window):
    total = explained.loc[explained["method"] == "relevance", "value"].sum()
    assert total == pytest.approx(forecast(networks, window), abs=1e-12)


def test_without_biases_and_positions_inputs_explain_all_of_the_output(window):
    """Conservation, which plain gradient times input does not have."""
    network = network_of(0, **SMALL)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
    # Positions are no weights: large inputs make them small, and what they leave shrinks likewise.
    constants = []
    for scale in (1e6, 1e8):
        frame = explain_network([weights_of(network)], SMALL, scale * window, NAMES)
        output = forecast([network], scale * window)
        constant = frame.loc[frame["variable"] == CONSTANT, "value"].item()
        constants.append(abs(constant / output))
    assert constants[0] < 1e-5
    assert constants[1] < 1e-7
    x = torch.tensor(1e6 * window)[None].requires_grad_()
    output = network.eval()(x)
    (gradient,) = torch.autograd.grad(output.sum(), x)
    assert abs((gradient * x).sum().item() / output.item()) < 0.5


def test_deletion_of_a_network_is_a_forecast_without_the_input(explained, networks, window):
    deletion = explained[explained["method"] == "deletion"].set_index("variable")["value"]
    for position, name in enumerate(NAMES):
        without = window.copy()
        without[:, position] = 0.0
        change = forecast(networks, without) - forecast(networks, window)
        assert deletion[name] == pytest.approx(change, abs=1e-12)


def test_attention_is_what_the_last_month_reads_with_the_origin_at_lag_0(
    explained, networks, window
):
    attention = explained[explained["method"] == "attention"].set_index("lag")["value"]
    assert attention.sum() == pytest.approx(1.0)
    with torch.no_grad():
        rows = [
            layer[0, head, -1].numpy()
            for network in networks
            for layer in network.attention_weights(torch.tensor(window)[None])
            for head in range(SMALL["heads"])
        ]
    mean = np.mean(rows, axis=0)
    for step, lag in enumerate(range(WINDOW - 1, -1, -1)):
        assert attention[lag] == pytest.approx(mean[step])


def test_no_bit_depends_on_the_threads_of_the_process():
    names = tuple(f"input {place}" for place in range(15))
    drawn = np.random.default_rng(4).normal(size=(12, len(names)))
    network = wide_network(len(names), 12)
    before, frames = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            frames.append(explain_network([weights_of(network)], {}, drawn, names))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0], check_exact=True)


def test_units_of_the_forecast_are_restored(explained, networks, window):
    weights = [weights_of(network) for network in networks]
    scaled = explain_network(weights, SMALL, window, NAMES, scale=2.0, offset=0.7)
    both = explained.merge(scaled, on=["method", "variable", "lag"], suffixes=("", "_scaled"))
    inputs = both[(both["variable"] != CONSTANT) & (both["method"] != "attention")]
    np.testing.assert_allclose(inputs["value_scaled"], 2 * inputs["value"])
    total = scaled.loc[scaled["method"] == "relevance", "value"].sum()
    assert total == pytest.approx(2 * forecast(networks, window) + 0.7, abs=1e-12)
    attention = both[both["method"] == "attention"]
    np.testing.assert_array_equal(attention["value_scaled"], attention["value"])


@seeded()
def test_in_a_trained_network_the_input_that_matters_comes_first():
    """The target is last month's 'repo': found by relevance, at lag 0, and by deletion."""
    rng = np.random.default_rng(0)
    inputs = torch.tensor(rng.normal(size=(256, WINDOW, len(NAMES))), dtype=torch.float32)
    target = inputs[:, -1, 2]
    trained = []
    for seed in range(2):
        torch.manual_seed(seed)
        network = build(TRANSFORMER, len(NAMES), WINDOW, **SMALL)
        optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
        for _ in range(80):
            optimiser.zero_grad()
            ((network(inputs)[:, 0] - target) ** 2).mean().backward()
            optimiser.step()
        trained.append(weights_of(network))
    window = rng.normal(size=(WINDOW, len(NAMES)))
    window[-1, 2] = 1.5
    frame = explain_network(trained, SMALL, window, NAMES)
    rows = explanation_rows(ORIGIN, {"transformer": frame})
    effects = input_effects(rows, "transformer")
    assert effects["own"].abs().idxmax() == "repo"
    assert effects["left_out"].abs().idxmax() == "repo"
    relevance = frame[(frame["method"] == "relevance") & (frame["variable"] == "repo")]
    assert relevance.set_index("lag")["value"].abs().idxmax() == 0


def test_the_table_keeps_its_contract(explained):
    ridge = explain_ridge(np.ones(4), np.arange(4.0), NAMES, 0.1)
    rows = explanation_rows(ORIGIN, {"ridge_changes": ridge, "transformer": explained})
    assert not violations(tables.FORECAST_EXPLANATIONS, rows)
    assert len(rows) == (1 + 4 + 4) + (1 + 4 * WINDOW + 4 + WINDOW)


def test_the_ranks_of_relevance_and_deletion_measure_their_agreement():
    def rows_with(relevance, deletion):
        parts = [("relevance", relevance), ("deletion", deletion)]
        return pd.DataFrame(
            [
                ("transformer", ORIGIN, method, name, 0, value)
                for method, values in parts
                for name, value in zip(NAMES, values, strict=False)
            ]
            + [("transformer", ORIGIN, "relevance", CONSTANT, 0, 99.0)],
            columns=[column.name for column in tables.FORECAST_EXPLANATIONS.columns],
        )

    assert agreement(rows_with([1, 2, 3, 9], [-1, -2, -3, -4]), "transformer") == pytest.approx(1)
    assert agreement(rows_with([1, 2, 3, 9], [1, 2, 3, 4]), "transformer") == pytest.approx(-1)
    # Spearman's by hand: 1 - 6 * (1 + 1) / (4 * 15).
    assert agreement(rows_with([1, 2, 3, 4], [-2, -1, -3, -4]), "transformer") == pytest.approx(0.8)
    assert np.isnan(agreement(rows_with([1, 2], [1, 2]), "transformer"))
    assert np.isnan(agreement(rows_with([1, 2, 3], [0, 0, 0]), "transformer"))


def test_names_that_do_not_match_are_refused(networks, window):
    with pytest.raises(ValueError, match="3 names for 4 inputs"):
        explain_network([weights_of(networks[0])], SMALL, window, NAMES[:3])
    with pytest.raises(ValueError, match="at least one seed"):
        explain_network([], SMALL, window, NAMES)
    with pytest.raises(ValueError, match="one of each is needed"):
        explain_ridge(np.ones(3), np.ones(4), NAMES, 0.0)
