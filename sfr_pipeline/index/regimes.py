"""Regimes of the index under either information set, with forecasts beyond the last month.

``paper``: one fit on the full-sample index. ``real_time``: each month the filter runs over the
index as it stood then; its parameters are estimated at the first vintage of a calendar year, on
that vintage, and kept until the next year's first. A vintage on which the starts do not agree keeps
the parameters before it, and says so in the log. The first estimate may need some months: vintages
too short for one, or refused, have no regime, which the log says as well; the same holds for the
full sample. With each month's regime goes the forecast of the next month's index that could be made
then.
"""

import logging
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.markov_switching import MarkovSwitching
from sfr_pipeline.econometrics.regime_estimation import Specification
from sfr_pipeline.econometrics.regime_results import MarkovSwitchingResults
from sfr_pipeline.econometrics.switching import RegimeParameters
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.inputs.frames import month_ends, months_of
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.tables import REGIME_PARAMETERS, REGIMES

LOG = logging.getLogger(__name__)

LABELS = ("low", "high")
# Of the paper's model: two regimes, one lag, the intercept and the variance switching.
MONTHS_NEEDED = Specification(2, 1, "intercept", switching_variance=True).n_needed
DESCRIPTIONS = {
    "const": "Intercept of the index in the regime",
    "ar.L1": "Autoregressive coefficient, common to the regimes",
    "sigma2": "Variance of the index's shocks in the regime",
    "p": "Monthly probability of going from the first-named regime to the second",
}


@dataclass(frozen=True)
class RegimeTables:
    """Rows of tables ``regimes`` and ``regime_parameters``."""

    regimes: pd.DataFrame
    parameters: pd.DataFrame


def regime_tables(market: Market, sfri: pd.DataFrame, vintages: pd.DataFrame) -> RegimeTables:
    """Fit the Markov-switching autoregression of the paper's section 3.2.3 in both modes.

    Args:
        market: the catalogue.
        sfri: table ``sfri``.
        vintages: table ``sfri_vintages``.

    Returns:
        Without rows of an information set under which there is no estimate, which the log says.
    """
    parts = {"paper": _paper(market, sfri), "real_time": real_time_regimes(market, vintages)}
    found = {mode: tables for mode, tables in parts.items() if tables is not None}
    if not found:
        return RegimeTables(REGIMES.empty(), REGIME_PARAMETERS.empty())
    return RegimeTables(
        regimes=pd.concat(
            [tables.regimes.assign(mode=mode) for mode, tables in found.items()], ignore_index=True
        ),
        parameters=pd.concat(
            [tables.parameters.assign(mode=mode) for mode, tables in found.items()],
            ignore_index=True,
        ),
    )


def why_no_regimes(market: Market, last: pd.Period) -> str | None:
    """In one sentence why there are no regimes yet; None where the months are enough for them.

    Args:
        market: the catalogue.
        last: month of the newest vintage.
    """
    first = pd.Period(market.sample.start, "M")
    n_months = (last - first).n + 1
    if n_months >= MONTHS_NEEDED:
        return None
    return (
        f"The regimes need {MONTHS_NEEDED} months of the index and have {n_months}: they begin in "
        f"{first + MONTHS_NEEDED - 1}."
    )


def _paper(market: Market, sfri: pd.DataFrame) -> RegimeTables | None:
    index = sfri[sfri["mode"] == "paper"].sort_values("ref_date").set_index("ref_date")["sfri"]
    if index.empty:
        return None
    try:
        results = MarkovSwitching(index).fit(seed=market.index.seed)
    except EstimationError as error:
        LOG.warning("there are no regimes of the full sample: %s", error)
        return None
    # The first months only serve as lags.
    index_fitted = index.iloc[-results.nobs :]
    estimated = _rows(
        index_fitted,
        results.filtered_marginal_probabilities.to_numpy(),
        results.smoothed_marginal_probabilities.to_numpy(),
    )
    ahead = _forecast_rows(market, index, results.estimates)
    return RegimeTables(
        pd.concat([estimated, ahead], ignore_index=True),
        _parameter_rows(results, index.index[-1]),
    )


def real_time_regimes(market: Market, vintages: pd.DataFrame) -> RegimeTables | None:
    """Filter each month's regime from the vintage of that month; see the module's docstring.

    Args:
        market: the catalogue.
        vintages: table ``sfri_vintages``.

    Returns:
        None where there are no vintages, or none that could be fitted.
    """
    # The store may hold vintages of months that the catalogue no longer covers.
    first, last = month_ends(
        pd.PeriodIndex([market.sample.first_vintage, market.sample.end], freq="M")
    )
    vintages = vintages[vintages["as_of"].between(first, last)]
    fit: _Fit | None = None
    published, probabilities, next_month = {}, [], []
    for as_of, rows in vintages.groupby("as_of"):
        index = rows.sort_values("ref_date").set_index("ref_date")["sfri"]
        if fit is None or as_of.year > fit.tried.year:
            fit = _refit(index, as_of, fit, market.index.seed)
            if fit is None:
                continue
        model, estimates = MarkovSwitching(index), fit.results.estimates
        probabilities.append(model.filter(estimates).to_numpy()[-1])
        published[as_of] = index.iloc[-1]
        ahead = model.forecast(estimates, horizon=1, quantile_levels=())
        next_month.append(ahead.mean.iloc[0])
    if fit is None:
        return None
    estimated = _rows(pd.Series(published), np.array(probabilities), smoothed=None)
    coming = _forecast_rows(market, index, fit.results.estimates)
    return RegimeTables(
        pd.concat([estimated.assign(sfri_next=next_month), coming], ignore_index=True),
        _parameter_rows(fit.results, fit.made),
    )


@dataclass(frozen=True)
class _Fit:
    """Estimates, the vintage that they were made on, and the last one on which that was tried."""

    results: MarkovSwitchingResults
    made: pd.Timestamp
    tried: pd.Timestamp


def _refit(index: pd.Series, as_of: pd.Timestamp, before: _Fit | None, seed: int) -> _Fit | None:
    """A new fit, or the one before, if any; the log says why there is no new one."""
    try:
        return _Fit(MarkovSwitching(index).fit(seed=seed), made=as_of, tried=as_of)
    except EstimationError as error:
        if before is None:
            LOG.warning("regimes as of %s are unknown: %s", as_of.date(), error)
            return None
        LOG.warning("regimes as of %s keep their last parameters: %s", as_of.date(), error)
        return replace(before, tried=as_of)


def _rows(index: pd.Series, filtered: FloatArray, smoothed: FloatArray | None) -> pd.DataFrame:
    nothing = np.full_like(filtered, np.nan)
    smoothed = nothing if smoothed is None else smoothed
    return pd.DataFrame(
        {
            "ref_date": index.index,
            "horizon": 0,
            "sfri": index.to_numpy(),
            "sfri_low": np.nan,
            "sfri_high": np.nan,
            "sfri_next": np.nan,
            "probability_low": filtered[:, 0],
            "probability_high": filtered[:, 1],
            "smoothed_low": smoothed[:, 0],
            "smoothed_high": smoothed[:, 1],
        }
    )


def _forecast_rows(market: Market, index: pd.Series, params: RegimeParameters) -> pd.DataFrame:
    horizon, level = market.index.forecast_months, market.index.level
    ahead = MarkovSwitching(index).forecast(
        params,
        horizon,
        quantile_levels=((1 - level) / 2, (1 + level) / 2),
        seed=market.index.seed,
    )
    first = months_of(index.index)[-1] + 1
    return pd.DataFrame(
        {
            "ref_date": month_ends(pd.period_range(first, periods=horizon, freq="M")),
            "horizon": np.arange(1, horizon + 1),
            "sfri": ahead.mean.to_numpy(),
            "sfri_low": ahead.quantiles.to_numpy()[:, 0],
            "sfri_high": ahead.quantiles.to_numpy()[:, 1],
            "sfri_next": np.nan,
            "probability_low": ahead.regime_probabilities.to_numpy()[:, 0],
            "probability_high": ahead.regime_probabilities.to_numpy()[:, 1],
            "smoothed_low": np.nan,
            "smoothed_high": np.nan,
        }
    )


def _parameter_rows(results: MarkovSwitchingResults, estimated_as_of: pd.Timestamp) -> pd.DataFrame:
    rows = [
        (_with_labels(name), value, results.bse[name], DESCRIPTIONS[name.partition("[")[0]])
        for name, value in results.params.items()
    ]
    shares = {
        "duration": (results.expected_durations, "Expected length of a stay, months"),
        "ergodic_share": (results.ergodic_shares, "Long-run share of months in the regime"),
        "counted_share": (
            results.counted_shares,
            "Share of the months behind the estimates that most probably were in the regime",
        ),
    }
    for name, (values, description) in shares.items():
        for label, value in zip(LABELS, values, strict=True):
            rows.append((f"{name}[{label}]", value, np.nan, description))
    rows += [
        ("log_likelihood", results.llf, np.nan, "Log-likelihood at the optimum"),
        ("starts_agreeing", results.n_agreeing, np.nan, "Starts that found this optimum"),
        ("aic", results.aic, np.nan, "Akaike's criterion"),
        ("bic", results.bic, np.nan, "Schwarz's criterion"),
        ("n_months", results.nobs, np.nan, "Months behind the estimates"),
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "value", "standard_error", "description"])
    return frame.assign(estimated_as_of=estimated_as_of)


def _with_labels(name: str) -> str:
    """Name the regimes of a parameter: p[0->1] becomes p[low->high]."""
    head, bracket, regimes = name.partition("[")
    for number, label in enumerate(LABELS):
        regimes = regimes.replace(str(number), label)
    return head + bracket + regimes
