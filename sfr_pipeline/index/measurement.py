"""The index of one information set: estimated once on the full sample, or once a month.

Belongs here: one measurement from a panel, with its bands and percentiles. Does not belong here:
which panel and settings, and the rows of tables that are made of it (`sfri`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics import TVPFAVAR, sfri
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings
from sfr_pipeline.econometrics.vintages import Vintages
from sfr_pipeline.index.known import KnownPanel
from sfr_pipeline.markets.market import IndexSettings
from sfr_pipeline.threads import Spread, in_threads


@dataclass(frozen=True)
class Measurement:
    """The index of one information set and what it is made of, each ``(n_months, ...)``.

    Attributes:
        index: the columns of table ``sfri``, but for its key.
        loadings: one column an indicator, NaN where it is missing.
        weights: same shape, 0 where missing.
        scores: same shape, oriented z-scores, NaN where missing.
    """

    index: pd.DataFrame
    loadings: pd.DataFrame
    weights: pd.DataFrame
    scores: pd.DataFrame


def measure_paper(
    panel: pd.DataFrame,
    settings: TvpFavarSettings,
    index: IndexSettings,
    spread: Spread = in_threads,
) -> Measurement:
    """Measure the index as the paper does, on the full sample.

    Args:
        panel: oriented indicators, one row a month, NaN where missing.
        settings: of the TVP-FAVAR.
        index: how bands are computed.
        spread: what calls the pieces of the bootstrap.
    """
    # Only the ends: an empty month in between must be refused, not closed up.
    some = panel.index[panel.notna().any(axis=1)]
    panel = panel.loc[some[0] : some[-1]]
    results = TVPFAVAR(panel, **asdict(settings)).fit()
    estimates = results.estimates
    loadings, scores = estimates.loadings_smoothed, estimates.scores
    columns = _columns(
        loadings, estimates.loading_variance_smoothed, scores, estimates.observed, index
    )
    band = results.bootstrap_band(
        level=index.level,
        replications=index.replications,
        block_length=index.block_length,
        seed=index.seed,
        spread=spread,
    )
    columns |= {
        "bootstrap_low": band["low"].to_numpy(),
        "bootstrap_high": band["high"].to_numpy(),
        "factor_filtered": estimates.factor_filtered,
        "factor_smoothed": estimates.factor_smoothed,
        "percentile": 100.0 * pd.Series(columns["sfri"]).rank(pct=True).to_numpy(),
    }
    return _measurement(panel, columns, loadings, scores, estimates.observed)


def measure_real_time(
    known: KnownPanel,
    first_month: pd.Period,
    settings: TvpFavarSettings,
    index: IndexSettings,
    spread: Spread = in_threads,
) -> Measurement:
    """Measure the index as of each month's end, from what stood there.

    The bootstrap band is left to the full-sample estimate: it would take as many re-estimations
    for every month.

    Args:
        known: oriented indicators as they stood at the end of each month.
        first_month: of the first vintage.
        settings: of the TVP-FAVAR.
        index: how bands are computed, and when an indicator joins.
        spread: what calls the vintages.
    """
    estimable = known.estimable(index.min_observations)
    as_of = np.flatnonzero((known.months >= first_month) & estimable)
    vintages = known.estimate(
        as_of, min_observations=index.min_observations, settings=settings, spread=spread
    )
    # At the last month of a vintage, smoothed and filtered are one and the same.
    loadings, scores = vintages.latest("loadings_smoothed"), vintages.latest("scores")
    observed = vintages.latest("observed")
    variance = vintages.latest("loading_variance_smoothed")
    columns = _columns(loadings, variance, scores, observed, index)
    columns |= {
        "bootstrap_low": np.full(len(as_of), np.nan),
        "bootstrap_high": np.full(len(as_of), np.nan),
        "factor_filtered": vintages.latest("factor_filtered"),
        "factor_smoothed": np.full(len(as_of), np.nan),
        "percentile": _percentile_in_own_history(vintages),
    }
    rows = pd.DataFrame(known.published[as_of], known.months[as_of], known.indicators)
    return _measurement(rows, columns, loadings, scores, observed)


def _columns(
    loadings: FloatArray,
    variance: FloatArray,
    scores: FloatArray,
    observed: BoolArray,
    index: IndexSettings,
) -> dict[str, FloatArray]:
    """Columns of table ``sfri`` that both information sets compute alike."""
    weight = sfri.weights(loadings, observed)
    band = sfri.draw_band(
        loadings,
        variance,
        scores,
        observed,
        draws=index.draws,
        level=index.level,
        seed=index.seed,
    )
    available = observed.sum(axis=-1)
    return {
        "sfri": (weight * scores).sum(axis=-1),
        "band_low": band.low,
        "band_high": band.high,
        "equal_weight": (sfri.equal_weights(observed) * scores).sum(axis=-1),
        "n_indicators": available,
        "effective_indicators": sfri.effective_number(weight),
        "negative_loadings": (observed & (loadings < 0)).sum(axis=-1) / available,
    }


def _percentile_in_own_history(vintages: Vintages) -> FloatArray:
    return np.array([100.0 * (index <= index[-1]).mean() for index in vintages.index])


def _measurement(
    panel: pd.DataFrame,
    columns: Mapping[str, FloatArray],
    loadings: FloatArray,
    scores: FloatArray,
    observed: BoolArray,
) -> Measurement:
    def frame(values: FloatArray) -> pd.DataFrame:
        return pd.DataFrame(values, index=panel.index, columns=panel.columns)

    return Measurement(
        index=pd.DataFrame(dict(columns), index=panel.index),
        loadings=frame(np.where(observed, loadings, np.nan)),
        weights=frame(sfri.weights(loadings, observed)),
        scores=frame(np.where(observed, scores, np.nan)),
    )
