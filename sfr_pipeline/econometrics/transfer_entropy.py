"""Transfer entropy: what the past of one series says about another beyond that other's own past.

    TE(X -> Y) = H(Y_t | Y_{t-1} .. Y_{t-k}) - H(Y_t | Y_{t-1} .. Y_{t-k}, X_{t-1} .. X_{t-k})

in bits, from the frequencies of coded values (Schreiber 2000, Physical Review Letters 85). This
plug-in estimate is biased upwards, the more so the finer the coding and the longer the histories:
independent series have positive values as well. An estimate therefore stands beside those of
surrogates of the source, which are what remains of it where nothing is transferred.

Belongs here: coding, estimate, p-value of one pair. Does not belong here: how surrogates are made
(``surrogates``), which series are paired and the adjustment over many pairs
(``forecasting.diagnostics``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.surrogates import Orders
from sfr_pipeline.errors import EstimationError

Codes = NDArray[np.integer]

# Two estimates closer than this are equal: the order of a sum moves its last digits.
TIE = 1e-12
# Numbers of histories, times periods, stay far below the largest integer.
MOST_HISTORIES = 2**32


@dataclass(frozen=True)
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


def quantile_codes(series: ArrayLike, probabilities: ArrayLike) -> Codes:
    """Number the bins between a series' own quantiles, which belong to the bin below them.

    Args:
        series: ``(n_periods,)``.
        probabilities: of the inner edges, between 0 and 1. Quantiles are the nearly
            median-unbiased ones (R's type 8).

    Returns:
        Codes from 0, ``(n_periods,)``. Where edges coincide, as in a series with many equal
        values, the bins between them are empty.
    """
    series = np.asarray(series, float)
    edges = np.quantile(series, np.sort(np.asarray(probabilities)), method="median_unbiased")
    return np.searchsorted(edges, series, side="left")


def even_quantile_codes(series: ArrayLike, bins: int) -> Codes:
    """Number ``bins`` bins with about the same number of periods each; see `quantile_codes`."""
    return quantile_codes(series, np.arange(1, bins) / bins)


def transfer_entropy(sources: Codes, target: Codes, lags: int = 1) -> FloatArray:
    """Plug-in transfer entropy from each of many coded sources to one coded target.

    Args:
        sources: codes from 0, ``(..., n_periods)``.
        target: codes from 0, ``(n_periods,)``.
        lags: length k of both histories.

    Returns:
        Bits, ``(...,)``.

    Raises:
        EstimationError: no more periods than lags, or more possible histories than can be counted.
    """
    sources, target = np.asarray(sources), np.asarray(target)
    n_periods = len(target)
    if not 1 <= lags < n_periods:
        raise EstimationError(
            f"transfer entropy with {lags} lags cannot rest on {n_periods} periods: "
            "ask for one lag or more, and for fewer than there are periods"
        )
    past = _numbered(_histories(target, lags))
    outcome = _numbered(past * (int(target.max()) + 1) + target[lags:])
    source_past = _histories(sources.reshape(-1, n_periods), lags)
    n_histories = int(source_past.max()) + 1
    bits = (
        _entropy(outcome[np.newaxis])
        - _entropy(past[np.newaxis])
        - _entropy(outcome * n_histories + source_past)
        + _entropy(past * n_histories + source_past)
    )
    return bits.reshape(sources.shape[:-1])


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
        EstimationError: as `transfer_entropy`.
    """
    values = transfer_entropy(np.vstack([source, source[orders]]), target, lags)
    return TransferEntropy(float(values[0]), values[1:], len(target) - lags)


def _histories(codes: Codes, lags: int) -> Codes:
    """The ``lags`` codes before each period, read as the digits of one number."""
    base = int(codes.max()) + 1
    if base**lags > MOST_HISTORIES:
        raise EstimationError(
            f"{lags} lags of {base} bins have too many histories to count: ask for fewer"
        )
    n_periods = codes.shape[-1]
    number = np.zeros((*codes.shape[:-1], n_periods - lags), np.int64)
    for lag in range(1, lags + 1):
        number = number * base + codes[..., lags - lag : n_periods - lag]
    return number


def _numbered(words: Codes) -> Codes:
    """Number the words that occur."""
    return np.unique(words, return_inverse=True)[1]


def _entropy(words: Codes) -> FloatArray:
    """Entropy of the words in each row, in bits."""
    n_rows, n_periods = words.shape
    # Half as wide integers are sorted several times faster; words of 64 bits are rare.
    fits = words.max() <= np.iinfo(np.int32).max
    ordered = np.sort(words.astype(np.int32) if fits else words, axis=1)
    first = np.ones(words.shape, bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=first[:, 1:])
    starts = np.flatnonzero(first)
    counts = np.diff(starts, append=words.size)
    total = np.bincount(starts // n_periods, counts * np.log2(counts), minlength=n_rows)
    return np.log2(n_periods) - total / n_periods
