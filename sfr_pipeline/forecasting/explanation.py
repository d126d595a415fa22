"""Which inputs moved the latest forecast: table ``forecast_explanations``.

A linear model is its own explanation. Of the Transformer three accounts are given, which need not
agree: relevance (Ali et al. 2022, deep Taylor decomposition for Transformers, the method that the
paper's conclusion names), attention, and, as the check on both, the forecast without the input.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.storage.tables import FORECAST_EXPLANATIONS

if TYPE_CHECKING:
    from sfr_pipeline.networks.transformer import Transformer

# What no input explains: the intercept, or biases, positions and the target's mean.
CONSTANT = "constant"
ALL_INPUTS = "all"
COLUMNS = ("method", "variable", "lag", "value")


def explain_ridge(
    coefficients: FloatArray,
    standardised_inputs: FloatArray,
    names: Sequence[str],
    intercept: float,
) -> pd.DataFrame:
    """Take a linear forecast apart.

    Contributions are coefficient times input and add up, with the intercept as the row
    ``constant``, to the forecast. Without an input, that is with its training mean in its place,
    the forecast changes by minus its contribution.

    Args:
        coefficients: on standardised inputs, ``(n_features,)``, in units of the forecast.
        standardised_inputs: at the origin, ``(n_features,)``; 0 is the training mean.
        names: of the inputs, ``n_features`` of them.
        intercept: of the forecast.

    Returns:
        Columns ``method`` (contribution, deletion), ``variable``, ``lag`` (0), ``value``.

    Raises:
        ValueError: lengths differ.
    """
    if not len(coefficients) == len(standardised_inputs) == len(names):
        raise ValueError(
            f"{len(coefficients)} coefficients, {len(standardised_inputs)} inputs and "
            f"{len(names)} names: one of each is needed for every input"
        )
    contributions = np.asarray(coefficients) * np.asarray(standardised_inputs)
    rows = [("contribution", CONSTANT, 0, float(intercept))]
    for name, contribution in zip(names, contributions, strict=True):
        rows.append(("contribution", name, 0, float(contribution)))
        rows.append(("deletion", name, 0, -float(contribution)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def explain_network(
    weights_by_seed: Sequence[Mapping[str, FloatArray]],
    options: Mapping[str, Any],
    inputs: FloatArray,
    names: Sequence[str],
    scale: float = 1.0,
    offset: float = 0.0,
) -> pd.DataFrame:
    """Take the forecast of an ensemble of Transformers apart.

    Relevance is gradient times input with attention weights and the denominators of layer
    normalisation held constant (Ali et al. 2022): layer-wise relevance
    propagation in which nothing is lost but what biases and positional encoding contribute, which
    the row ``constant`` holds. Relevances and that row add up to the forecast. Deletion sets an
    input to its training mean in all months of the window and forecasts again. Attention is the
    weight that the last month, from which the forecast is read, gives to each month, averaged
    over heads and layers. All of them are averaged over the seeds.

    Args:
        weights_by_seed: state dictionaries of the fits, as in ``Fit.weights``.
        options: of the network, as in ``Task.options``.
        inputs: the latest window, standardised, ``(window, n_features)``; 0 is the training mean.
        names: of the inputs, ``n_features`` of them.
        scale: units of the forecast to one of the network's output.
        offset: what is added to the scaled output to get the forecast.

    Returns:
        Columns ``method`` (relevance, deletion, attention), ``variable`` (``all`` for attention),
        ``lag`` in months before the origin (0 for deletion and ``constant``), ``value``.

    Raises:
        ValueError: no fits, or names that do not match the inputs.
    """
    if not weights_by_seed:
        raise ValueError("no fits to explain: pass the weights of at least one seed")
    window, n_features = np.shape(inputs)
    if len(names) != n_features:
        raise ValueError(f"{len(names)} names for {n_features} inputs")
    accounts = [
        _account(_restored(weights, options, window, n_features), np.asarray(inputs))
        for weights in weights_by_seed
    ]
    output, relevance, deleted, attention = (
        np.mean([account[part] for account in accounts], axis=0) for part in range(4)
    )
    lags = range(window - 1, -1, -1)
    rows: list[tuple[str, str, int, float]] = [
        ("relevance", CONSTANT, 0, scale * float(output - relevance.sum()) + offset)
    ]
    for column, name in enumerate(names):
        rows.append(("deletion", name, 0, scale * float(deleted[column] - output)))
        rows.extend(
            ("relevance", name, lag, scale * float(relevance[step, column]))
            for step, lag in enumerate(lags)
        )
    rows.extend(
        ("attention", ALL_INPUTS, lag, float(weight))
        for lag, weight in zip(lags, attention, strict=True)
    )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def explanation_rows(origin: pd.Timestamp, by_model: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of table ``forecast_explanations``.

    Args:
        origin: last day of the month at whose end the forecasts were made.
        by_model: what ``explain_ridge`` and ``explain_network`` returned.
    """
    frames = [frame.assign(model=model, origin=origin) for model, frame in by_model.items()]
    rows = pd.concat(frames, ignore_index=True)[
        [column.name for column in FORECAST_EXPLANATIONS.columns]
    ]
    return rows.sort_values(list(FORECAST_EXPLANATIONS.key), ignore_index=True)


def input_effects(explanations: pd.DataFrame, model: str) -> pd.DataFrame:
    """Effect of each input on a model's forecast, by its own account and by leaving it out.

    Args:
        explanations: table ``forecast_explanations``.
        model: which one.

    Returns:
        Indexed by variable: ``own`` (contribution, or relevance summed over the months) and
        ``left_out`` (forecast less the forecast without the input, of the same sign where the two
        agree); the largest in ``own`` first.
    """
    rows = explanations[(explanations["model"] == model) & (explanations["variable"] != CONSTANT)]
    effect = rows.groupby(["variable", "method"])["value"].sum().unstack("method")
    own = "contribution" if "contribution" in effect else "relevance"
    effects = pd.DataFrame({"own": effect[own], "left_out": -effect["deletion"]}).dropna()
    order = effects["own"].abs().sort_values(ascending=False, kind="stable").index
    return effects.loc[order]


def agreement(explanations: pd.DataFrame, model: str) -> float:
    """Spearman's correlation between a model's own account and leaving each input out.

    Near 1 the account can be believed; it is 1 by construction for a linear model.

    Returns:
        NaN with fewer than three inputs, or where one of the two is the same for all inputs.
    """
    effects = input_effects(explanations, model)
    if len(effects) < 3 or (effects.nunique() == 1).any():
        return float("nan")
    return float(effects["own"].corr(effects["left_out"], method="spearman"))


def _restored(
    weights: Mapping[str, FloatArray], options: Mapping[str, Any], window: int, n_features: int
) -> "Transformer":
    """The trained network, in double precision: sums of many small parts are to add up."""
    import torch

    from sfr_pipeline.networks.transformer import Transformer

    with torch.random.fork_rng([]):  # the weights that are drawn are replaced
        network = Transformer(n_features, window, **options).double().eval()
    network.load_state_dict({name: torch.from_numpy(np.array(w)) for name, w in weights.items()})
    return network


def _account(
    network: "Transformer", inputs: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Output, relevance ``(window, n_features)``, outputs without each input, attention."""
    import torch

    from sfr_pipeline.training.fitting import one_thread

    x = torch.tensor(inputs, dtype=torch.float64)[None].requires_grad_()
    with one_thread():
        output = network(x, frozen=True)[0, 0]
        (gradient,) = torch.autograd.grad(output, x)
    relevance = (gradient * x).detach()[0]
    with one_thread(), torch.no_grad():
        n_features = inputs.shape[1]
        without = x.detach().repeat(n_features, 1, 1)
        without[torch.arange(n_features), :, torch.arange(n_features)] = 0.0
        deleted = network(without)[:, 0]
        layers = [weights[0, :, -1] for weights in network.attention_weights(x.detach())]
        attention = torch.stack(layers).mean(dim=(0, 1))
    return (
        np.asarray(output.item()),
        relevance.numpy(),
        deleted.numpy(),
        attention.numpy(),
    )
