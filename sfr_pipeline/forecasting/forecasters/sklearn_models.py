"""The paper's rivals of the Transformer: BP network, support vector machine, random forest.

Each forecasts the basket's level of the next month from the inputs of the last six (Table 7's time
step), flattened. The paper states no settings of theirs; these are listed in ``SETTINGS``. At each
fit the grid is searched by time-ordered cross-validation inside the training window.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.forecasting.forecasters.forecaster import Predictor, last_window, windows_of
from sfr_pipeline.forecasting.origins import Origin

if TYPE_CHECKING:
    from sklearn.compose import TransformedTargetRegressor

N_FOLDS = 3
_PARAMETER = "regressor__machine__"
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    # One hidden layer of sigmoid-shaped units: a network of the back-propagation era.
    "bp": {
        "hidden_layer_sizes": (16,),
        "activation": "tanh",
        "solver": "lbfgs",
        "max_iter": 200,
    },
    "svm": {"kernel": "rbf", "gamma": "scale", "epsilon": 0.1},
    "random_forest": {"n_estimators": 50, "max_features": 1 / 3},
}
GRIDS: Mapping[str, Mapping[str, Sequence[float]]] = {
    "bp": {"alpha": (0.1, 1.0, 10.0)},
    "svm": {"C": (0.1, 1.0, 10.0, 100.0)},
    "random_forest": {"min_samples_leaf": (1, 5)},
}


def fit_bp(made: Origin, seeds: Sequence[int]) -> Predictor:
    """Multi-layer perceptron, weight decay chosen; one a seed."""
    return _fit("bp", made, seeds)


def fit_svm(made: Origin, seeds: Sequence[int]) -> Predictor:
    """Support vector regression with a radial kernel, cost chosen."""
    return _fit("svm", made, seeds[:1])


def fit_random_forest(made: Origin, seeds: Sequence[int]) -> Predictor:
    """Random forest, size of leaves chosen; one a seed."""
    return _fit("random_forest", made, seeds)


def _fit(name: str, made: Origin, seeds: Sequence[int]) -> Predictor:
    from sklearn.base import clone

    windows = _flat(windows_of(made.inputs))[:-1]
    targets = made.inputs.to_numpy(float)[-len(windows) :, 0]
    with _stopping_early_is_meant():
        chosen = _choose(name, windows, targets, seeds[0])
        sklearn_models = [
            clone(chosen).set_params(**_seeded(chosen, seed)).fit(windows, targets)
            for seed in seeds
        ]

    def predict(asked: Sequence[Origin]) -> FloatArray:
        rows = _flat(np.stack([last_window(origin.inputs) for origin in asked]))
        now = np.array([origin.inputs.iat[-1, 0] for origin in asked])
        levels = np.stack([machine.predict(rows) for machine in sklearn_models], axis=-1)
        return (levels - now[:, None])[:, :, None]

    return predict


def _flat(windows: FloatArray) -> FloatArray:
    return windows.reshape(len(windows), -1)


def _choose(
    name: str, windows: FloatArray, targets: FloatArray, seed: int
) -> "TransformedTargetRegressor":
    """The machine, not fitted, with the setting of its grid that errs least on later rows."""
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

    machine = _machine(name)
    machine.set_params(**_seeded(machine, seed))
    search = GridSearchCV(
        machine,
        {_PARAMETER + parameter: list(values) for parameter, values in GRIDS[name].items()},
        scoring="neg_mean_squared_error",
        cv=TimeSeriesSplit(N_FOLDS),
        refit=False,
    )
    search.fit(windows, targets)
    return machine.set_params(**search.best_params_)


def _machine(name: str) -> "TransformedTargetRegressor":
    """Inputs and target are standardised on the rows that are learnt from."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    classes = {"bp": MLPRegressor, "svm": SVR, "random_forest": RandomForestRegressor}
    return TransformedTargetRegressor(
        Pipeline([("scale", StandardScaler()), ("machine", classes[name](**SETTINGS[name]))]),
        transformer=StandardScaler(),
    )


def _seeded(machine: "TransformedTargetRegressor", seed: int) -> dict[str, int]:
    """The parameter that sets the seed, where the machine has one."""
    parameter = _PARAMETER + "random_state"
    return {parameter: seed} if parameter in machine.get_params() else {}


@contextmanager
def _stopping_early_is_meant() -> Iterator[None]:
    """``max_iter`` of the perceptron is a setting, not a failure to converge."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), _shared_numbers_kept():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@contextmanager
def _shared_numbers_kept() -> Iterator[None]:
    """The support vectors draw a seed from NumPy's shared generator, and make no use of it."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
