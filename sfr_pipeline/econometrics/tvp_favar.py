"""The time-varying parameter factor-augmented VAR (TVP-FAVAR) of the monthly paper, section 2.1.

The estimator is the dual filter of Koop and Korobilis (2014, European Economic Review 71): the
principal component stands in for the factor while loadings, VAR coefficients and variances are
filtered; then the factor is filtered and smoothed given all of them. What the paper leaves open
(priors, forgetting factors, missing data) is settled here as in the reference code of that
article, with its defects mended; ``reference_quirks`` puts them back.

Here panels are checked and the compiled loops of `kernels` put in order, on arrays and one panel a
call; `tvp_favar_model` is the same with labels.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.labelled import check_counts, check_frame, panel_of
from sfr_pipeline.econometrics.principal_component import cells, first_component, standardize
from sfr_pipeline.errors import EstimationError


@dataclass(frozen=True)
class TvpFavarSettings:
    """Parameters of the estimator; the defaults are those of the reference code.

    Attributes:
        lags: order p of the factor's VAR.
        variance_decay: of V_t (l1).
        covariance_decay: of Q_t (l2).
        loading_forgetting: of the loadings (l3); 1 keeps them constant.
        coefficient_forgetting: of the VAR coefficients (l4).
        initial_variance: V at the first period.
        initial_covariance: Q at the first period.
        loading_prior_variance: the prior of each loading is N(0, this).
        factor_prior_variance: the prior of the state is N(0, this).
        minnesota_tightness: gamma; the prior variance of a coefficient is gamma / lag^2.
        minnesota_own_lag: prior mean of the own first lag.
        variance_floor: lower bound of V.
        regularization: epsilon of the paper's section 2.1.3, relative to the mean of the diagonal
            of the innovation covariance.
        component_tolerance: largest change of a loading of the principal component at which it
            counts as converged, where the panel has gaps.
        reference_quirks: reproduce the reference code with its defects: panels standardised
            twice with gaps as zeros, no masks, a first series that keeps its filtered loadings,
            a factor step that forgets all lags but the first, an uncorrected smoothed variance.
    """

    lags: int = 1
    variance_decay: float = 0.96
    covariance_decay: float = 0.96
    loading_forgetting: float = 0.99
    coefficient_forgetting: float = 0.99
    initial_variance: float = 0.1
    initial_covariance: float = 0.1
    loading_prior_variance: float = 1.0
    factor_prior_variance: float = 10.0
    minnesota_tightness: float = 0.1
    minnesota_own_lag: float = 0.9
    variance_floor: float = 1e-6
    regularization: float = 1e-8
    component_tolerance: float = 1e-9
    reference_quirks: bool = False

    def __post_init__(self) -> None:
        check_counts(lags=self.lags)
        for name, value in vars(self).items():
            if name.endswith(("_decay", "_forgetting")) and not 0 < value <= 1:
                raise EstimationError(f"{name} must lie in (0, 1], not {value}")
            if name.endswith(("variance", "_floor", "_tolerance", "_tightness")) and not value > 0:
                raise EstimationError(f"{name} must be positive, not {value}")
        if not self.regularization >= 0:
            raise EstimationError(f"regularization must not be negative: {self.regularization}")


@dataclass(frozen=True, repr=False)
class TvpFavarResults:
    """Estimates of one panel.

    Attributes:
        scores: the z-scores that entered, ``(n_periods, n_series)``, 0 where missing.
        observed: same shape.
        principal_component: ``(n_periods,)``.
        loadings_filtered: on the factor, ``(n_periods, n_series)``.
        loadings_smoothed: same shape.
        loading_variance_filtered: same shape.
        loading_gain: of the smoother of the loadings into each period, same shape.
        variance: the diagonal of V_t, same shape.
        coefficients: smoothed B_t, ``(n_periods, n_factors, n_factors * lags)``.
        covariance: Q_t, ``(n_periods, n_factors, n_factors)``.
        factor_filtered: the factor given the data up to each period, ``(n_periods,)``. The
            parameters behind it are smoothed, as in the reference code.
        factor_smoothed: given all the data, same shape.
        factor_variance: of the smoothed factor, same shape.
        state: mean of (f_T, ..., f_{T-lags+1}) given all the data, ``(n_factors * lags,)``.
        state_covariance: its covariance.
        pseudo_inverses: in how many periods a covariance had to be inverted by the pseudo-inverse.
    """

    scores: FloatArray
    observed: BoolArray
    principal_component: FloatArray
    loadings_filtered: FloatArray
    loadings_smoothed: FloatArray
    loading_variance_filtered: FloatArray
    loading_gain: FloatArray
    variance: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    factor_filtered: FloatArray
    factor_smoothed: FloatArray
    factor_variance: FloatArray
    state: FloatArray
    state_covariance: FloatArray
    pseudo_inverses: int

    def __repr__(self) -> str:
        """Print what an econometrician checks first."""
        n_periods, n_series = self.scores.shape
        negative = (self.loadings_smoothed < 0)[self.observed].mean()
        lines = [
            "TVP-FAVAR, dual filter (Koop and Korobilis 2014)",
            f"  periods x series            {n_periods} x {n_series}",
            f"  observed cells              {self.observed.mean():.1%}",
            f"  negative loadings           {negative:.1%}",
            f"  share of component, in sample {self.variance_share():.1%}",
            f"  pseudo-inverses             {self.pseudo_inverses}",
        ]
        return "\n".join(lines)

    @cached_property
    def loading_variance_smoothed(self) -> FloatArray:
        """Of the loadings on the factor, given all the data, ``(n_periods, n_series)``."""
        from sfr_pipeline.econometrics.kernels.loadings import smooth_covariance

        filtered = np.ascontiguousarray(self.loading_variance_filtered)[:, None, None]
        return np.asarray(smooth_covariance(filtered, self.loading_gain))[:, 0, 0]

    def variance_share(self) -> float:
        """Share of the panel's variance which loadings times principal component explain."""
        fitted = self.loadings_smoothed * self.principal_component[:, None]
        residual = np.where(self.observed, self.scores - fitted, 0.0)
        return float(1.0 - (residual**2).sum() / (self.scores**2).sum())


def estimate(
    panel: FloatArray | pd.DataFrame,
    macro: FloatArray | pd.DataFrame | None = None,
    settings: TvpFavarSettings | None = None,
    observed: BoolArray | None = None,
) -> TvpFavarResults:
    """Estimate the TVP-FAVAR with one latent factor.

    Args:
        panel: indicators oriented towards risk, ``(n_periods, n_series)``, any scale, NaN where
            missing; a frame is judged by `labelled.check_panel`.
        macro: standardised series that belong to the VAR beside the factor,
            ``(n_periods, n_macro)``; complete, a frame of the same periods.
        settings: parameters of the estimator.
        observed: cells to use, if fewer than those that are not NaN.

    Raises:
        EstimationError: a constant series, a macro block with gaps, too few periods, or an empty
            period before the last one with an observation; of a frame, those by their labels.
    """
    read = panel_of(panel, "panel")
    with read.naming():
        if isinstance(macro, pd.DataFrame):
            macro, _ = check_macro(macro, read.periods)
        return _estimate(read.values, macro, settings, observed)


def check_macro(macro: pd.DataFrame, periods: pd.Index | None) -> tuple[FloatArray, pd.Index]:
    """Values of the macro series, ``(n_periods, n_macro)``, and their names.

    Args:
        macro: see `labelled.check_frame`.
        periods: of the panel; None where it has no labels.

    Raises:
        EstimationError: no such frame, or one of other periods.
    """
    values, own, names = check_frame(macro, "macro")
    if periods is not None and not own.equals(periods):
        raise EstimationError(
            "macro and panel have different periods: reindex macro to panel.index"
        )
    return values, names


def _estimate(
    panel: FloatArray,
    macro: FloatArray | None,
    settings: TvpFavarSettings | None,
    observed: BoolArray | None,
) -> TvpFavarResults:
    from sfr_pipeline.econometrics.kernels import factor_var, factors, loadings

    settings = settings or TvpFavarSettings()
    quirks = settings.reference_quirks
    scores, observed = _prepare(panel, observed, settings)
    seen = cells(observed)
    component = first_component(scores, seen, settings.component_tolerance)
    macro = _macro_block(macro, len(scores))
    state = np.column_stack([macro, component])
    of_loadings = kernel_settings(loadings.LoadingSettings, settings)
    path = loadings.filter_loadings(scores, seen, state, of_loadings)
    smoothed = loadings.smooth(path.loadings, path.gain)
    if quirks:
        smoothed[:, :, 0] = path.loadings[:, :, 0]
        settings = replace(settings, regularization=0.0)
    of_var, lags = kernel_settings(factor_var.VarSettings, settings), int(settings.lags)
    var = factor_var.filter_var(state, np.any(observed, axis=1), lags, of_var)
    # The reference code's factor step knows the first lag alone.
    lags, prior = 1 if quirks else lags, float(settings.factor_prior_variance)
    factor = factors.filter_factors(
        scores, seen, smoothed, path.variance, var, macro, lags, prior, reference_variance=quirks
    )
    return TvpFavarResults(
        scores=scores,
        observed=observed,
        principal_component=component,
        loadings_filtered=path.loadings[:, -1],
        loadings_smoothed=smoothed[:, -1],
        loading_variance_filtered=path.covariance[:, -1, -1],
        loading_gain=path.gain,
        variance=path.variance,
        coefficients=var.coefficients,
        covariance=var.covariance,
        factor_filtered=factor.filtered[:, -1],
        factor_smoothed=factor.smoothed[:, -1],
        factor_variance=factor.variance,
        state=factor.state,
        state_covariance=factor.state_covariance,
        pseudo_inverses=var.pseudo_inverses,
    )


def _prepare(
    panel: FloatArray, observed: BoolArray | None, settings: TvpFavarSettings
) -> tuple[FloatArray, BoolArray]:
    """Check a panel and turn it into z-scores and a mask."""
    if settings.reference_quirks and observed is not None:
        raise EstimationError(
            "the reference code knows no masks: reference_quirks takes a whole panel"
        )
    if panel.ndim != 2:
        raise EstimationError(f"a panel is (n_periods, n_series), not of shape {panel.shape}")
    present = ~np.isnan(panel)
    observed = present if observed is None else np.asarray(observed, dtype=bool) & present
    if len(panel) <= settings.lags + 1:
        raise EstimationError(
            f"{len(panel)} periods are too few for {settings.lags} lags: lengthen the sample"
        )
    infinite = np.isinf(panel) & observed
    if infinite.any():
        raise EstimationError(
            "the panel is infinite in series {series}, periods {periods}: mend that, or set it "
            "missing",
            series=np.flatnonzero(infinite.any(axis=0)).tolist(),
            periods=np.flatnonzero(infinite.any(axis=1)).tolist(),
        )
    if settings.reference_quirks:
        # The reference code standardises, fills gaps with zeros, adds a speck, standardises again.
        filled = np.where(observed, standardize(panel, observed)[0] + 1e-10, 0.0)
        everything = np.ones_like(observed)
        return standardize(filled, everything)[0], everything
    some = np.any(observed, axis=1)
    if not some.any():
        raise EstimationError("no series of the panel has an observation: lengthen the sample")
    last = np.flatnonzero(some)[-1]
    if not some[:last].all():
        raise EstimationError(
            "no series of the panel has an observation in {periods}, though some have later: begin "
            "the sample after that, or fill it",
            periods=np.flatnonzero(~some[:last]).tolist(),
        )
    return standardize(panel, observed)[0], observed


def _macro_block(macro: FloatArray | None, n_periods: int) -> FloatArray:
    """Check the macro series; without any there are no columns."""
    if macro is None:
        return np.empty((n_periods, 0))
    macro = np.array(macro, dtype=float, order="C")
    if not np.isfinite(macro).all():
        raise EstimationError("the macro block has gaps: fill them or drop those periods")
    return macro


def kernel_settings(kind: Any, settings: TvpFavarSettings) -> Any:
    """The parameters that a kernel takes, by their names in its named tuple ``kind``.

    As floats: for an integer that a user gave the kernel would be compiled again.
    """
    return kind(*(float(getattr(settings, name)) for name in kind._fields))
