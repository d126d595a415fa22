"""The paper's rivals of the Transformer: BP network, support vector machine, random forest.

Each forecasts the basket's level of the next month from the inputs of the last six (Table 7's time
step), flattened. The paper states no settings of theirs; each class lists its own. At each refit
the grid is searched by time-ordered cross-validation inside the training window.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.models import load
from sfr_pipeline.forecasting.forecasters.forecaster import WINDOW, Forecaster, last_window
from sfr_pipeline.forecasting.origins import Origin
from sfr_pipeline.training.windows import windows_of

if TYPE_CHECKING:
    from sklearn.compose import TransformedTargetRegressor

N_FOLDS = 3
_PARAMETER = "regressor__model__"
_RANDOM_STATE = _PARAMETER + "random_state"


class _Learner(Forecaster):
    """One of scikit-learn's regressors on flattened windows; its class name is in ``kind``."""

    every_month = False
    kind: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]]
    grid: ClassVar[Mapping[str, Sequence[float]]]

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """See ``Forecaster``; the setting is chosen once, with the first seed."""
        from sklearn.base import clone

        windows = _flat(windows_of(made.inputs.to_numpy(float), WINDOW))[:-1]
        targets = made.inputs.to_numpy(float)[-len(windows) :, 0]
        with _stopping_early_is_meant():
            chosen = self._choose(windows, targets, seeds[0])
            takes_seed = _RANDOM_STATE in chosen.get_params()
            fitted = [
                clone(chosen).set_params(**_seeded(chosen, seed)).fit(windows, targets)
                for seed in (seeds if takes_seed else seeds[:1])
            ]
        self.fits = fitted
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``; one month ahead."""
        rows = _flat(np.stack([last_window(origin.inputs) for origin in asked]))
        now = np.array([origin.inputs.iat[-1, 0] for origin in asked])
        levels = np.stack([fit.predict(rows) for fit in self.fits], axis=-1)
        return (levels - now[:, None])[:, :, None]

    def _choose(
        self, windows: FloatArray, targets: FloatArray, seed: int
    ) -> "TransformedTargetRegressor":
        """Not fitted, with the setting of the grid that errs least on later rows."""
        from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

        model = self._model()
        model.set_params(**_seeded(model, seed))
        search = GridSearchCV(
            model,
            {_PARAMETER + parameter: list(values) for parameter, values in self.grid.items()},
            scoring="neg_mean_squared_error",
            cv=TimeSeriesSplit(N_FOLDS),
            refit=False,
        )
        search.fit(windows, targets)
        return model.set_params(**search.best_params_)

    def _model(self) -> "TransformedTargetRegressor":
        """Inputs and target are standardised on the rows that are learnt from."""
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        regressor = load(self.kind)(**self.settings)
        return TransformedTargetRegressor(
            Pipeline([("scale", StandardScaler()), ("model", regressor)]),
            transformer=StandardScaler(),
        )


class BackPropagation(_Learner):
    """Multi-layer perceptron, weight decay chosen; one a seed."""

    kind = "sklearn.neural_network:MLPRegressor"
    # One hidden layer of sigmoid-shaped units: a network of the back-propagation era.
    settings: ClassVar[Mapping[str, Any]] = {
        "hidden_layer_sizes": (16,),
        "activation": "tanh",
        "solver": "lbfgs",
        "max_iter": 200,
    }
    grid: ClassVar[Mapping[str, Sequence[float]]] = {"alpha": (0.1, 1.0, 10.0)}


class SupportVectors(_Learner):
    """Support vector regression with a radial kernel, cost chosen."""

    kind = "sklearn.svm:SVR"
    settings: ClassVar[Mapping[str, Any]] = {"kernel": "rbf", "gamma": "scale", "epsilon": 0.1}
    grid: ClassVar[Mapping[str, Sequence[float]]] = {"C": (0.1, 1.0, 10.0, 100.0)}


class RandomForest(_Learner):
    """Random forest, size of leaves chosen; one a seed."""

    kind = "sklearn.ensemble:RandomForestRegressor"
    settings: ClassVar[Mapping[str, Any]] = {"n_estimators": 50, "max_features": 1 / 3}
    grid: ClassVar[Mapping[str, Sequence[float]]] = {"min_samples_leaf": (1, 5)}


def _flat(windows: FloatArray) -> FloatArray:
    return windows.reshape(len(windows), -1)


def _seeded(model: "TransformedTargetRegressor", seed: int) -> dict[str, int]:
    """The parameter that sets the seed, where the model has one."""
    return {_RANDOM_STATE: seed} if _RANDOM_STATE in model.get_params() else {}


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
