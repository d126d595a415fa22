"""The TVP-FAVAR with labels: a frame in, an index with its weights and contributions out.

The estimator is `tvp_favar`'s, the index and its bands are `sfri`'s; here rows are periods and
columns are series by name.
"""

from dataclasses import fields
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics import sfri
from sfr_pipeline.econometrics.labelled import (
    Panel,
    chart_dates,
    check_counts,
    check_level,
    check_panel,
    periods_ahead,
)
from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarResults,
    TvpFavarSettings,
    check_macro,
    estimate,
)
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.threads import Spread, in_threads

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 8  # series, in a repr
NEARLY_STANDARD = 0.1  # sum of how far mean and deviation of a standardised series are off


class TVPFAVAR:
    r"""Time-varying parameter factor-augmented VAR with one latent factor.

    .. math::

        x_t &= \Lambda_t f_t + v_t,                      & v_t &\sim N(0, V_t) \\
        f_t &= B_{t,1} f_{t-1} + \dots + B_{t,p} f_{t-p} + e_t, & e_t &\sim N(0, Q_t)

    with random-walk loadings and coefficients, estimated by the dual filter of Koop and Korobilis
    (2014). The index is the weighted sum of the z-scores, its weights the shares of the absolute
    loadings: w_it = abs(L_it) / sum_j abs(L_jt).

    Args:
        panel: indicators, each oriented so that more means more risk, in own units:
            ``(n_periods, n_series)``, ascending periods under a PeriodIndex or DatetimeIndex,
            missing where there is no value.
        macro: standardised series that belong to the VAR beside the factor, on the same periods
            and complete.
        **parameters: those of `TvpFavarSettings`, such as ``lags=2``.

    Raises:
        EstimationError: a frame without periods, one that is transposed or not in order, or a
            parameter out of range.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.econometrics import TVPFAVAR
        >>> rng = np.random.default_rng(0)
        >>> months = pd.period_range("2010-01", periods=120, freq="M")
        >>> stress = pd.Series(rng.standard_normal(120).cumsum(), months)
        >>> noise = {"spread": 0.5, "volatility": 1.0, "drawdown": 3.0}
        >>> panel = pd.DataFrame(
        ...     {name: stress + sd * rng.standard_normal(120) for name, sd in noise.items()}
        ... )
        >>> results = TVPFAVAR(panel, lags=1).fit()
        >>> bool(results.index.corr(stress) > 0.98)
        True
        >>> results.weights.loc["2019-12"].round(2).to_dict()
        {'spread': 0.34, 'volatility': 0.34, 'drawdown': 0.32}
        >>> results.forecast(3).index.astype(str).to_list()
        ['2020-01', '2020-02', '2020-03']
    """

    def __init__(
        self, panel: pd.DataFrame, macro: pd.DataFrame | None = None, **parameters: Any
    ) -> None:
        self.values, self.periods, self.series = check_panel(panel, "panel")
        unknown = parameters.keys() - {field.name for field in fields(TvpFavarSettings)}
        if unknown:
            raise EstimationError(
                f"TVPFAVAR has no parameter {', '.join(sorted(unknown))}: see TvpFavarSettings"
            )
        self.settings = TvpFavarSettings(**parameters)
        self.macro: FloatArray | None = None
        self.variables = ["factor"]
        if macro is not None:
            self.macro, names = check_macro(macro, self.periods)
            self.variables = [*map(str, names), "factor"]
            spread = np.abs(self.macro.mean(axis=0)) + np.abs(self.macro.std(axis=0) - 1)
            if (spread > NEARLY_STANDARD).any() or len(set(self.variables)) <= len(names):
                raise EstimationError(
                    "macro must hold standardised series, (x - x.mean()) / x.std(), under names of "
                    "their own that are not 'factor'"
                )

    def __repr__(self) -> str:
        """Name the model and the size of its panel."""
        size = f"{len(self.periods)} periods x {len(self.series)} series"
        return f"TVPFAVAR({size}, lags={self.settings.lags}); fit() estimates it"

    def fit(self) -> "TVPFAVARResults":
        """Estimate on the whole panel.

        Raises:
            EstimationError: as `tvp_favar.estimate`.
        """
        if not len(self.series):
            raise EstimationError("the panel has no series")
        with Panel(self.values, self.periods, self.series).naming():
            return TVPFAVARResults(self, estimate(self.values, self.macro, self.settings))


class TVPFAVARResults:
    """Estimates of a `TVPFAVAR`, by period and series.

    Attributes:
        model: what was estimated.
        estimates: the same numbers as arrays, and more of them.
    """

    def __init__(self, model: TVPFAVAR, estimates: TvpFavarResults) -> None:
        self.model = model
        self.estimates = estimates

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Share of each series in the index, 0 where it is missing; a period's sum is 1, or 0."""
        return self._frame(
            sfri.weights(self.estimates.loadings_smoothed, self.estimates.observed), mask=False
        )

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Weights times z-scores, which sum to the index; missing where the series is."""
        return self._frame(self.weights.to_numpy() * self.estimates.scores)

    @cached_property
    def index(self) -> pd.Series:
        """The index by smoothed loadings; missing in periods without any observation."""
        values = (self.weights.to_numpy() * self.estimates.scores).sum(axis=1)
        return pd.Series(self._known(values), self.model.periods, name="index")

    @property
    def loadings(self) -> pd.DataFrame:
        """Smoothed loadings on the factor, missing where the series is."""
        return self._frame(self.estimates.loadings_smoothed)

    @property
    def scores(self) -> pd.DataFrame:
        """Z-scores, missing where the series is."""
        return self._frame(self.estimates.scores)

    @property
    def factor(self) -> pd.DataFrame:
        """The principal component, and the factor filtered and smoothed with its deviation."""
        columns = {
            "component": self.estimates.principal_component,
            "filtered": self.estimates.factor_filtered,
            "smoothed": self.estimates.factor_smoothed,
            "sd": np.sqrt(self.estimates.factor_variance),
        }
        return pd.DataFrame(columns, self.model.periods)

    @property
    def params(self) -> pd.DataFrame:
        """Smoothed VAR coefficients by period; columns are (equation, lagged variable)."""
        variables, lags = self.model.variables, range(1, self.model.settings.lags + 1)
        regressors = [f"L{lag}.{variable}" for lag in lags for variable in variables]
        columns = pd.MultiIndex.from_product(
            [variables, regressors], names=["equation", "regressor"]
        )
        values = self.estimates.coefficients.reshape(len(self.model.periods), -1)
        return pd.DataFrame(values, self.model.periods, columns)

    def band(self, level: float = 0.9, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
        """Band of the index by draws of the loadings, columns low and high; see `draw_band`."""
        estimates = self.estimates
        return self._band(
            sfri.draw_band(
                estimates.loadings_smoothed,
                estimates.loading_variance_smoothed,
                estimates.scores,
                estimates.observed,
                draws=draws,
                level=level,
                seed=seed,
            )
        )

    def bootstrap_band(
        self,
        level: float = 0.9,
        replications: int = 1000,
        block_length: int = 6,
        seed: int = 0,
        spread: Spread = in_threads,
    ) -> pd.DataFrame:
        """Band of the index by re-estimation, columns low and high; see `sfri.bootstrap_band`.

        Raises:
            EstimationError: a model with macro series or the reference code's quirks, which the
                bootstrap does not draw.
        """
        if self.model.macro is not None or self.model.settings.reference_quirks:
            raise EstimationError(
                "the bootstrap draws panels without macro series and quirks: ask for band()"
            )
        return self._band(
            sfri.bootstrap_band(
                self.model.values,
                replications=replications,
                block_length=block_length,
                level=level,
                seed=seed,
                settings=self.model.settings,
                spread=spread,
            )
        )

    def forecast(self, horizon: int = 1, level: float = 0.9) -> pd.DataFrame:
        """Forecast the factor, which is no index, by the VAR of the last period.

        Parameters are taken as known and held; only the state and the shocks are uncertain.

        Args:
            horizon: periods ahead.
            level: probability content of the interval.

        Returns:
            Columns mean, sd, low and high, one row a period ahead; days without a frequency of
            their own give rows 1 .. ``horizon``.

        Raises:
            EstimationError: a horizon or level that is none.
        """
        check_counts(horizon=horizon)
        check_level(level)
        state, cov = self.estimates.state, self.estimates.state_covariance
        shock = self.estimates.covariance[-1]
        k, r = len(state), len(shock)
        companion = np.eye(k, k=-r)
        companion[:r] = self.estimates.coefficients[-1][:, :k]
        rows = []
        for _ in range(horizon):
            state = companion @ state
            cov = companion @ cov @ companion.T
            cov[:r, :r] += shock
            rows.append((state[r - 1], np.sqrt(cov[r - 1, r - 1])))
        ahead = periods_ahead(self.model.periods, horizon)
        table = pd.DataFrame(rows, ahead, ["mean", "sd"])
        reach = NormalDist().inv_cdf((1 + level) / 2) * table["sd"]
        return table.assign(low=table["mean"] - reach, high=table["mean"] + reach)

    def summary(self) -> str:
        """What one checks first, and a table of all series: loading, weight and contribution."""
        return self._screen(self._table())

    def __repr__(self) -> str:
        """Print one screen: what one checks first, the latest index, the series of most weight."""
        table = self._table()
        screen = self._screen(table.nlargest(SHOWN, "weight"))
        more = len(table) - SHOWN
        return f"{screen}\n... {more} more series in summary()" if more > 0 else screen

    def plot(self) -> "Figure":
        """Chart the index beside equal weights, and the weights below."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 6), layout="constrained")
        above, below = figure.subplots(2, sharex=True)
        index, weights = self.index, self.weights
        time = chart_dates(index.index)
        equal = sfri.equal_weights(self.estimates.observed) * self.estimates.scores
        above.plot(time, self._known(equal.sum(axis=1)), color="0.6", label="equal weights")
        above.plot(time, index, color="tab:red", label="index")
        above.legend(frameon=False)
        below.stackplot(time, weights.T, labels=weights.columns.astype(str))
        below.set_ylim(0, 1)
        below.set_ylabel("weight")
        if weights.shape[1] <= SHOWN:
            below.legend(ncols=2, fontsize="small")
        return figure

    def _screen(self, shown: pd.DataFrame) -> str:
        """What one checks first, the latest index, and some series as of its month."""
        latest = self.index.dropna()
        against = [str(name) for name in self.model.series[self.loadings.mean() < 0]]
        empty = [str(name) for name in self.model.series[~self.estimates.observed.any(axis=0)]]
        lines = [
            repr(self.estimates),
            f"  index in {latest.index[-1]!s:<19}{latest.iloc[-1]:.3f}",
            # A level that trends loads on the trend of the others, whichever way it is turned.
            *([f"  check direction and trend of {', '.join(against)}"] if against else []),
            *([f"  without any value           {', '.join(empty)}"] if empty else []),
            "",
            f"loading, weight and contribution in {latest.index[-1]}",
            shown.to_string(float_format="{:.3f}".format),
        ]
        return "\n".join(lines)

    def _table(self) -> pd.DataFrame:
        """One row a series: observations, and what it is in the latest period of the index."""
        latest = self.index.last_valid_index()
        columns = {
            "observed": self.estimates.observed.sum(axis=0),
            "mean_weight": self.weights.where(self.estimates.observed).mean(),
            "loading": self.loadings.loc[latest],
            "weight": self.weights.loc[latest],
            "contribution": self.contributions.loc[latest],
        }
        return pd.DataFrame(columns, self.model.series)

    def _frame(self, values: FloatArray, mask: bool = True) -> pd.DataFrame:
        shown = np.where(self.estimates.observed, values, np.nan) if mask else values
        return pd.DataFrame(shown, self.model.periods, self.model.series)

    def _band(self, band: sfri.Band) -> pd.DataFrame:
        columns = {"low": self._known(band.low), "high": self._known(band.high)}
        return pd.DataFrame(columns, self.model.periods)

    def _known(self, values: FloatArray) -> FloatArray:
        """Values of periods, missing where nothing was observed in one."""
        return np.where(self.estimates.observed.any(axis=1), values, np.nan)
