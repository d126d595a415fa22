"""The time-varying parameter factor-augmented VAR (TVP-FAVAR) of the monthly paper, section 2.1.

The estimator is the dual filter of Koop and Korobilis (2014, European Economic Review 71): the
principal component stands in for the factor while loadings, VAR coefficients and variances are
filtered; then the factor is filtered and smoothed given all of them. What the paper leaves open
(priors, forgetting factors, missing data) is settled here as in the reference code of that
article, with its defects mended; ``reference_quirks`` puts them back.
"""

from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.factor_var import filter_factors, filter_var
from sfr_pipeline.econometrics.loadings import LoadingPath, filter_loadings
from sfr_pipeline.econometrics.principal_component import first_component, standardize
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
        regularization: epsilon of the paper's section 2.1.3, relative.
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
        if self.lags < 1:
            raise EstimationError(f"lags must be at least 1, not {self.lags}")
        for name in (
            "variance_decay",
            "covariance_decay",
            "loading_forgetting",
            "coefficient_forgetting",
        ):
            if not 0 < getattr(self, name) <= 1:
                raise EstimationError(f"{name} must lie in (0, 1], not {getattr(self, name)}")
        for name in (
            "initial_variance",
            "initial_covariance",
            "loading_prior_variance",
            "factor_prior_variance",
            "variance_floor",
        ):
            if not getattr(self, name) > 0:
                raise EstimationError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass(frozen=True)
class TvpFavarResults:
    """Estimates of one panel or of a batch of panels (any leading dimensions).

    Attributes:
        scores: the z-scores that entered, ``(..., n_periods, n_series)``, 0 where missing.
        observed: same shape.
        principal_component: ``(..., n_periods)``.
        loadings_filtered: on the factor, ``(..., n_periods, n_series)``.
        loadings_smoothed: same shape.
        loading_variance_filtered: same shape.
        loading_variance_smoothed: same shape.
        variance: the diagonal of V_t, same shape.
        coefficients: smoothed B_t, ``(..., n_periods, n_factors, n_factors * lags)``.
        covariance: Q_t, ``(..., n_periods, n_factors, n_factors)``.
        factor_filtered: the factor given the data up to each period, ``(..., n_periods)``. The
            parameters behind it are smoothed, as in the reference code.
        factor_smoothed: given all the data, same shape.
        factor_variance: of the smoothed factor, same shape.
        pseudo_inverses: how often a covariance had to be inverted by the pseudo-inverse.
    """

    scores: FloatArray
    observed: BoolArray
    principal_component: FloatArray
    loadings_filtered: FloatArray
    loadings_smoothed: FloatArray
    loading_variance_filtered: FloatArray
    loading_variance_smoothed: FloatArray
    variance: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    factor_filtered: FloatArray
    factor_smoothed: FloatArray
    factor_variance: FloatArray
    pseudo_inverses: int

    def __str__(self) -> str:
        """Print what an econometrician checks first."""
        *batch, n_periods, n_series = self.scores.shape
        negative = (self.loadings_smoothed < 0)[self.observed].mean()
        lines = [
            "TVP-FAVAR, dual filter (Koop and Korobilis 2014)",
            f"  panels                      {int(np.prod(batch))}",
            f"  periods x series            {n_periods} x {n_series}",
            f"  observed cells              {self.observed.mean():.1%}",
            f"  negative loadings           {negative:.1%}",
            f"  variance share of factor    {self.variance_share():.1%}",
            f"  pseudo-inverses             {self.pseudo_inverses}",
        ]
        return "\n".join(lines)

    def variance_share(self) -> float:
        """Share of the panel's variance which loadings times principal component explain."""
        fitted = self.loadings_smoothed * self.principal_component[..., None]
        residual = np.where(self.observed, self.scores - fitted, 0.0)
        return float(1.0 - (residual**2).sum() / (self.scores**2).sum())


@dataclass(frozen=True)
class LoadingEstimates:
    """What the index needs of one panel or a batch: the first half of ``TvpFavarResults``.

    Attributes:
        scores: z-scores, ``(..., n_periods, n_series)``, 0 where missing.
        observed: same shape.
        principal_component: ``(..., n_periods)``.
        path: filtered loadings and variances, time first.
    """

    scores: FloatArray
    observed: BoolArray
    principal_component: FloatArray
    path: LoadingPath


def estimate(
    panel: FloatArray,
    macro: FloatArray | None = None,
    settings: TvpFavarSettings | None = None,
    observed: BoolArray | None = None,
) -> TvpFavarResults:
    """Estimate the TVP-FAVAR with one latent factor.

    Args:
        panel: indicators oriented towards risk, ``(..., n_periods, n_series)``, any scale, NaN
            where missing.
        macro: standardised series that belong to the VAR beside the factor,
            ``(..., n_periods, n_macro)``; complete.
        settings: parameters of the estimator.
        observed: cells to use, if fewer than those that are not NaN.

    Raises:
        EstimationError: a constant series, a macro block with gaps, too few periods, or a period
            without any observation before the last one that has some.
    """
    settings = settings or TvpFavarSettings()
    scores, observed = _prepare(panel, observed, settings)
    component = first_component(scores, observed, settings.component_tolerance)
    factors = component[..., None]
    if macro is not None:
        if not np.isfinite(macro).all():
            raise EstimationError("the macro block has gaps: fill them or drop those periods")
        factors = np.concatenate([macro, factors], axis=-1)

    path = _filter_loadings(scores, observed, factors, settings)
    smoothed = path.smoothed()
    if settings.reference_quirks:
        smoothed[..., 0, :] = path.filtered[..., 0, :]
    var = filter_var(
        factors,
        np.any(observed, axis=-1),
        lags=settings.lags,
        forgetting=settings.coefficient_forgetting,
        decay=settings.covariance_decay,
        initial_covariance=settings.initial_covariance,
        tightness=settings.minnesota_tightness,
        own_lag_mean=settings.minnesota_own_lag,
        regularization=0.0 if settings.reference_quirks else settings.regularization,
    )
    factor = filter_factors(
        scores,
        observed,
        smoothed,
        path.variance,
        var,
        macro=macro,
        lags=1 if settings.reference_quirks else settings.lags,
        prior_variance=settings.factor_prior_variance,
        reference_variance=settings.reference_quirks,
    )
    return TvpFavarResults(
        scores=scores,
        observed=observed,
        principal_component=component,
        loadings_filtered=np.moveaxis(path.filtered[..., -1], 0, -2),
        loadings_smoothed=np.moveaxis(smoothed[..., -1], 0, -2),
        loading_variance_filtered=np.moveaxis(path.covariance()[..., -1, -1], 0, -2),
        loading_variance_smoothed=np.moveaxis(path.smoothed_covariance()[..., -1, -1], 0, -2),
        variance=np.moveaxis(path.variance, 0, -2),
        coefficients=np.moveaxis(var.coefficients, 0, -3),
        covariance=np.moveaxis(var.covariance, 0, -3),
        factor_filtered=np.moveaxis(factor.filtered[..., -1], 0, -1),
        factor_smoothed=np.moveaxis(factor.smoothed[..., -1], 0, -1),
        factor_variance=np.moveaxis(factor.variance, 0, -1),
        pseudo_inverses=var.pseudo_inverses,
    )


def estimate_loadings(
    panel: FloatArray,
    settings: TvpFavarSettings | None = None,
    observed: BoolArray | None = None,
) -> LoadingEstimates:
    """Estimate the loadings alone, which is all that the index needs.

    Takes and raises what ``estimate`` does.
    """
    settings = settings or TvpFavarSettings()
    scores, observed = _prepare(panel, observed, settings)
    component = first_component(scores, observed, settings.component_tolerance)
    path = _filter_loadings(scores, observed, component[..., None], settings)
    return LoadingEstimates(scores, observed, component, path)


def _prepare(
    panel: FloatArray, observed: BoolArray | None, settings: TvpFavarSettings
) -> tuple[FloatArray, BoolArray]:
    """Check a panel and turn it into z-scores and a mask."""
    if settings.reference_quirks and observed is not None:
        raise EstimationError(
            "the reference code knows no masks: reference_quirks takes a whole panel"
        )
    panel = np.asarray(panel, dtype=float)
    if panel.ndim < 2:
        raise EstimationError("a panel has periods and series: (n_periods, n_series) at least")
    present = ~np.isnan(panel)
    observed = present if observed is None else observed & present
    if panel.shape[-2] <= settings.lags + 1:
        raise EstimationError(
            f"{panel.shape[-2]} periods are too few for {settings.lags} lags: lengthen the sample"
        )
    if not np.isfinite(panel[observed]).all():
        raise EstimationError("the panel holds infinite values: mend them or set them missing")
    if settings.reference_quirks:
        # The reference code standardises, fills gaps with zeros, adds a speck, standardises again.
        filled = np.where(observed, standardize(panel, observed)[0] + 1e-10, 0.0)
        everything = np.ones_like(observed)
        return standardize(filled, everything)[0], everything
    some = np.any(observed, axis=-1)
    if not some[..., 0].all() or (np.diff(some.astype(np.int8), axis=-1) > 0).any():
        raise EstimationError(
            "a period before the end of the sample has no observation at all: start the sample "
            "where the data start, and fill or drop empty periods"
        )
    return standardize(panel, observed)[0], observed


def _filter_loadings(
    scores: FloatArray, observed: BoolArray, factors: FloatArray, settings: TvpFavarSettings
) -> LoadingPath:
    """Filter the loadings of z-scores with the parameters of ``settings``."""
    return filter_loadings(
        scores,
        observed,
        factors,
        forgetting=settings.loading_forgetting,
        decay=settings.variance_decay,
        prior_variance=settings.loading_prior_variance,
        initial_variance=settings.initial_variance,
        variance_floor=settings.variance_floor,
    )
