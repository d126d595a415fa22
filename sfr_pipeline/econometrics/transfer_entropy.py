"""Transfer entropy: what the past of one series says about another beyond that other's own past.

    TE(X -> Y) = H(Y_t | Y_{t-1} .. Y_{t-k}) - H(Y_t | Y_{t-1} .. Y_{t-k}, X_{t-1} .. X_{t-k})

in bits, from the frequencies of coded values (Schreiber 2000, Physical Review Letters 85). This
plug-in estimate is biased upwards, the more so the finer the coding and the longer the histories:
independent series have positive values as well. An estimate therefore stands beside those of
surrogates of the source, which are what remains of it where nothing is transferred.

Does not belong here: the counting (`kernels.entropy`), how surrogates are made (`surrogates`),
which series are paired and the adjustment over many pairs (`forecasting.diagnostics`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.labelled import called, check_counts, check_series, values_of
from sfr_pipeline.econometrics.surrogates import Orders, surrogate_orders
from sfr_pipeline.errors import EstimationError

Codes = NDArray[np.integer]

# Two estimates closer than this are equal: the order of a sum moves its last digits.
TIE = 1e-12
# Words, of an outcome and both histories, are numbered by integers.
MOST_WORDS = 2**62


@dataclass(frozen=True, repr=False)
class TransferEntropy:
    """An estimate, in bits, beside its surrogates.

    Attributes:
        estimate: plug-in estimate.
        surrogates: the same with surrogates of the source, ``(n_surrogates,)``.
        nobs: periods behind every one of them.
    """

    estimate: float
    surrogates: FloatArray
    nobs: int

    @property
    def effective(self) -> float:
        """The estimate less its bias, the mean of the surrogates (Marschinski and Kantz 2002)."""
        return self.estimate - float(self.surrogates.mean())

    @property
    def p_value(self) -> float:
        """Share of values, the estimate among them, that are at least the estimate."""
        at_least = int((self.surrogates >= self.estimate - TIE).sum())
        return (1 + at_least) / (1 + len(self.surrogates))

    def __repr__(self) -> str:
        return (
            f"TransferEntropy({self.estimate:.4f} bits, {self.effective:.4f} beyond surrogates, "
            f"p = {self.p_value:.4f} of {len(self.surrogates)}, {self.nobs} periods)"
        )


def quantile_codes(series: pd.Series | ArrayLike, probabilities: ArrayLike) -> Codes:
    """Number the bins between a series' own quantiles, which belong to the bin below them.

    Args:
        series: ``(n_periods,)``, no gaps.
        probabilities: of the inner edges, between 0 and 1. Quantiles are the nearly
            median-unbiased ones (R's type 8).

    Returns:
        Codes from 0, ``(n_periods,)``. Where edges coincide, as in a series with many equal
        values, the bins between them are empty.
    """
    values = values_of(series, "the series")
    edges = np.quantile(values, np.sort(np.asarray(probabilities)), method="median_unbiased")
    return np.searchsorted(edges, values, side="left")


def even_quantile_codes(series: pd.Series | ArrayLike, bins: int) -> Codes:
    """Number ``bins`` bins with about the same number of periods each; see `quantile_codes`."""
    return quantile_codes(series, np.arange(1, bins) / bins)


def transfer_entropy(
    source: pd.Series,
    target: pd.Series,
    *,
    lags: int = 1,
    bins: int = 3,
    surrogates: int = 999,
    min_shift: int = 6,
    seed: int = 0,
) -> TransferEntropy:
    """Transfer entropy from one series to another, in bins of equal counts, against surrogates.

    Args:
        source: X, by ascending periods, no gaps.
        target: Y, of the same periods.
        lags: length k of both histories.
        bins: of either series.
        surrogates: of the source, see `surrogates`.
        min_shift: least periods by which they are shifted.
        seed: of the surrogates.

    Raises:
        EstimationError: gaps, a constant series, other periods, too few of them, or too many
            histories.

    Example:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.econometrics import transfer_entropy
        >>> months = pd.period_range("2005-01", periods=180, freq="M")
        >>> source, noise = np.random.default_rng(0).standard_normal((2, 180))
        >>> source = pd.Series(source, months)
        >>> target = source.shift(fill_value=0.0) + noise
        >>> found = transfer_entropy(source, target, surrogates=199)
        >>> round(found.effective, 2), found.p_value
        (0.32, 0.005)
    """
    pair = check_series(source, "the source"), check_series(target, "the target")
    if not source.index.equals(target.index):
        raise EstimationError(
            "source and target are of different periods: take both from one frame without gaps, "
            "such as frame[['x', 'y']].dropna()"
        )
    for values, series, name in zip(
        pair, (source, target), ("the source", "the target"), strict=True
    ):
        if np.ptp(values) == 0:
            raise EstimationError(f"{called(series, name)} does not move: leave it out")
    check_counts(lags=lags, bins=bins, surrogates=surrogates)
    if bins < 2:
        raise EstimationError("one bin tells nothing: ask for two bins or more")
    orders = surrogate_orders(len(pair[0]), surrogates, min_shift=min_shift, seed=seed)
    codes = [even_quantile_codes(values, bins) for values in pair]
    return against_surrogates(codes[0], codes[1], orders, lags)


def plug_in(
    source: Codes, target: Codes, lags: int = 1, orders: Orders | None = None
) -> FloatArray:
    """Plug-in transfer entropy from a coded source, read in each of many orders, to a coded target.

    Args:
        source: codes from 0, ``(n_periods,)``.
        target: same shape.
        lags: length k of both histories.
        orders: ``(n_orders, n_periods)``; by default the one order of the periods.

    Returns:
        Bits, ``(n_orders,)``.

    Raises:
        EstimationError: no more periods than lags, or more possible words than can be numbered.
    """
    from sfr_pipeline.econometrics.kernels.entropy import transfer_entropies

    source, target = np.asarray(source, np.int64), np.asarray(target, np.int64)
    n_periods = len(target)
    if orders is None:
        orders = np.arange(n_periods)[np.newaxis]
    if not 1 <= lags < n_periods:
        raise EstimationError(
            f"transfer entropy with {lags} lags cannot rest on {n_periods} periods: "
            "ask for one lag or more, and for fewer than there are periods"
        )
    base = 1 + int(max(source.max(), target.max()))
    if base ** (2 * lags + 1) > MOST_WORDS:
        raise EstimationError(
            f"{lags} lags of {base} bins have too many histories to count: ask for fewer"
        )
    counts = np.arange(n_periods - lags + 1)
    steps = np.diff(counts * np.log2(np.maximum(counts, 1)), prepend=0.0)
    return transfer_entropies(source, orders, target, lags, base, steps)


def against_surrogates(
    source: Codes, target: Codes, orders: Orders, lags: int = 1
) -> TransferEntropy:
    """Estimate transfer entropy, and the same with the source read in other orders.

    Args:
        source: codes from 0, ``(n_periods,)``.
        target: same shape.
        orders: ``(n_surrogates, n_periods)``, see `surrogates.surrogate_orders`.
        lags: length k of both histories.

    Raises:
        EstimationError: as `plug_in`.
    """
    estimate = float(plug_in(source, target, lags)[0])
    return TransferEntropy(estimate, plug_in(source, target, lags, orders), len(target) - lags)
