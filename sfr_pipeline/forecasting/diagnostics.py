"""Diagnostics before forecasting: linear order, nonlinearity, direction (the paper's section 4.3).

Under either information set, over the index, public opinion and the macro-state variables of the
warning panel: the order of their vector autoregression by AIC and BIC; BDS tests of its residuals,
for the order that AIC chooses, as in the paper; transfer entropy between the index and each input,
both ways.

The paper's own setting of transfer entropy, three months of history in eight bins, has some two
million cells for fewer than two hundred months. Next to nothing can be found in it, and it stands
as a variant. The primary setting was chosen by simulated pairs as persistent as the index
(AR(0.95), 180 months, 5 per cent): of 2,000 independent pairs three bins reject 5.4 and four bins
5.3 per cent, which is as it should be; of 400 coupled ones they find 62 and 53 per cent.

Two things look like findings and are none. BDS also rejects where nothing but volatility clusters,
so each residual is tested once more divided by its volatility of the past. And an input that is
made of what the index is made of informs the index about itself: such pairs are marked.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.autoregression import lag_orders, residuals
from sfr_pipeline.econometrics.bds import bds
from sfr_pipeline.econometrics.surrogates import Orders, surrogate_orders
from sfr_pipeline.econometrics.transfer_entropy import (
    Codes,
    TransferEntropy,
    against_surrogates,
    even_quantile_codes,
)
from sfr_pipeline.econometrics.volatility import past_volatility
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.forecasting.panel import settings_of
from sfr_pipeline.index.naming import naming
from sfr_pipeline.index.views import Item, items_of
from sfr_pipeline.inputs.frames import months_of, wide
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.tables.forecasting import (
    NONLINEARITY_TESTS,
    TRANSFER_ENTROPY,
    WARNING_LAG_ORDERS,
)

LOG = logging.getLogger(__name__)

TABLES = (WARNING_LAG_ORDERS, NONLINEARITY_TESTS, TRANSFER_ENTROPY)
ROLES = ("index", "opinion", "input")

MIN_MONTHS = 60
MAX_LAGS = 6
# Below this many months a coefficient, AIC falls without end as lags are added.
MONTHS_PER_COEFFICIENT = 3

MAX_DIMENSION = 6
DISTANCES = (0.7, 1.5)
PERMUTATIONS = 499
# RiskMetrics' weight, and the months that a volatility of the past begins with.
DECAY = 0.94
FIRST_MONTHS = 12

SURROGATES = 999
# Months. A source as persistent as the index, shifted by less, is still much the same series.
MIN_SHIFT = 6


@dataclass(frozen=True)
class EntropySetting:
    """How transfer entropy is estimated: months of history, quantile bins."""

    name: str
    lags: int
    bins: int


ENTROPY_SETTINGS = (
    EntropySetting("primary", lags=1, bins=3),
    EntropySetting("paper", lags=3, bins=8),
)


def diagnostic_tables(
    market: Market,
    panel: pd.DataFrame,
    *,
    permutations: int = PERMUTATIONS,
    surrogates: int = SURROGATES,
) -> dict[str, pd.DataFrame]:
    """Diagnose the warning panel under each of its information sets.

    An information set under which nothing stands beside the index has no rows, for there is nothing
    that the index could be related to; nor has one with too few months. The log says so.

    Args:
        market: the catalogue, with early warning.
        panel: table ``warning_panel``.
        permutations: behind each BDS test.
        surrogates: of the source, behind each transfer entropy.

    Returns:
        Tables ``warning_lag_orders``, ``nonlinearity_tests`` and ``transfer_entropy``, by name.

    Raises:
        CatalogueError: the market has no early warning.
        EstimationError: a variable that is constant in the months in which all exist, or that the
            others determine.
    """
    seed, sharing = market.index.seed, sharing_inputs(market)
    parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in TABLES}
    for mode, rows in panel[panel["role"].isin(ROLES)].groupby("mode", sort=False):
        if not (rows["role"] == "index").any():
            LOG.warning("%s: the index has not begun, so there is nothing to relate it to", mode)
            continue
        if rows["variable"].nunique() < 2:
            LOG.warning("%s: no inputs stand beside the index, so there is nothing to relate", mode)
            continue
        try:
            values = _common_months(rows, str(mode))
        except TooShortError as error:
            LOG.warning("%s", error)
            continue
        index = str(rows.loc[rows["role"] == "index", "variable"].iloc[0])
        with naming(market.name, mode, values.columns, months_of(values.index)):
            order_rows, chosen = _lag_order_rows(values)
            tests = _nonlinearity_rows(values, chosen, permutations, seed)
        reordered = surrogate_orders(len(values), surrogates, min_shift=MIN_SHIFT, seed=seed)
        entropies = [
            _entropy_rows(values, index, setting, reordered, sharing)
            for setting in ENTROPY_SETTINGS
        ]
        for table, frame in zip(TABLES, (order_rows, tests, pd.concat(entropies)), strict=True):
            parts[table.name].append(frame.assign(mode=mode))
    return {table.name: _stacked(parts[table.name], table) for table in TABLES}


def sharing_inputs(market: Market) -> frozenset[str]:
    """Inputs of early warning that are made of what an indicator of the index is made of.

    Args:
        market: the catalogue, with early warning.

    Returns:
        Ids of those that rest on one of its series or instruments.
    """
    of_index = frozenset[Item]().union(*(items_of(market, one.input) for one in market.indicators))
    inputs = settings_of(market).inputs
    return frozenset(one.id for one in inputs if items_of(market, one.input) & of_index)


def _common_months(rows: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Months by variables: the longest run of months in which all of them exist."""
    # Order of first appearance, the index in front.
    variables = rows.sort_values("role", key=lambda role: role != "index", kind="stable")
    values = wide(rows, "variable", "value")[list(variables["variable"].unique())].dropna()
    months = months_of(values.index)
    run = np.cumsum(np.diff(months.asi8, prepend=0) != 1)
    longest = values[run == np.bincount(run).argmax()] if len(values) else values
    if len(longest) < len(values):
        LOG.warning(
            "%s: of %d months with all variables the longest run without a gap has %d; "
            "diagnostics rest on these",
            mode, len(values), len(longest),
        )  # fmt: skip
    if len(longest) < MIN_MONTHS:
        raise TooShortError(
            f"diagnostics of the warning panel ({mode}) need {MIN_MONTHS} months in a row with all "
            f"of {', '.join(values.columns)}, and there are {len(longest)}: let the sample start "
            "earlier, or leave out the input that is missing"
        )
    constant = [name for name in longest if longest[name].nunique() == 1]
    if constant:
        raise EstimationError(
            f"{', '.join(constant)} of the warning panel ({mode}) never changes from "
            f"{longest.index[0]} to {longest.index[-1]}: leave it out of the inputs"
        )
    return longest


def _lag_order_rows(values: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Rows of the information criteria, and the order that AIC chooses."""
    n_months, n_variables = values.shape
    affordable = (n_months // MONTHS_PER_COEFFICIENT - 1) // n_variables
    orders = lag_orders(values.to_numpy(), max_lags=max(1, min(MAX_LAGS, affordable)))
    lags = np.arange(len(orders.aic))
    rows = pd.DataFrame(
        {
            "lags": lags,
            "aic": orders.aic,
            "bic": orders.bic,
            "chosen_by_aic": lags == orders.by_aic,
            "chosen_by_bic": lags == orders.by_bic,
            "n_months": orders.nobs,
        }
    )
    return rows, orders.by_aic


def _nonlinearity_rows(
    values: pd.DataFrame, lags: int, permutations: int, seed: int
) -> pd.DataFrame:
    unexplained = residuals(values.to_numpy(), lags)
    parts = []
    for variable, series in zip(values, unexplained.T, strict=True):
        scaled = (series / past_volatility(series, DECAY))[FIRST_MONTHS:]
        for is_scaled, tested in ((False, series), (True, scaled)):
            rows = _bds_rows(tested, permutations, seed)
            parts.append(rows.assign(variable=variable, scaled=is_scaled, n_months=len(tested)))
    return pd.concat(parts, ignore_index=True).assign(n_permutations=permutations, lags=lags)


def _bds_rows(series: FloatArray, permutations: int, seed: int) -> pd.DataFrame:
    parts = []
    for distance in DISTANCES:
        results = bds(
            series,
            max_dimension=MAX_DIMENSION,
            distance=distance,
            permutations=permutations,
            seed=seed,
        )
        for form, result in results.items():
            part = {
                "form": form,
                "dimension": np.arange(2, MAX_DIMENSION + 1),
                "distance": distance,
                "statistic": result.statistic,
                "p_normal": result.p_normal,
                "p_bootstrap": result.p_permutation,
            }
            parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def _entropy_rows(
    values: pd.DataFrame,
    index: str,
    setting: EntropySetting,
    reordered: Orders,
    sharing: Collection[str],
) -> pd.DataFrame:
    from scipy.stats import false_discovery_control

    codes = {name: even_quantile_codes(values[name], setting.bins) for name in values}
    rows = [
        _pair(
            source,
            target,
            against_surrogates(codes[source], codes[target], reordered, setting.lags),
        )
        for source, target in _directions(codes, index)
    ]
    frame = pd.DataFrame(rows).assign(setting=setting.name, lags=setting.lags, bins=setting.bins)
    shares = frame["source"].isin(sharing) | frame["target"].isin(sharing)
    adjusted = false_discovery_control(frame["p_value"], method="bh")
    # Pairs that are no finding do not weigh on those that may be one.
    adjusted[~shares] = false_discovery_control(frame.loc[~shares, "p_value"], method="bh")
    return frame.assign(shares_series=shares, p_adjusted=adjusted)


def _directions(codes: dict[str, Codes], index: str) -> Iterator[tuple[str, str]]:
    for variable in codes:
        if variable != index:
            yield variable, index
            yield index, variable


def _pair(source: str, target: str, result: TransferEntropy) -> dict[str, object]:
    low, high = np.quantile(result.surrogates, [0.025, 0.975])
    return {
        "source": source,
        "target": target,
        "transfer_entropy": result.estimate,
        "effective_transfer_entropy": result.effective,
        "surrogate_mean": result.surrogates.mean(),
        "surrogate_sd": result.surrogates.std(ddof=1),
        "surrogate_low": low,
        "surrogate_high": high,
        "p_value": result.p_value,
        "n_surrogates": len(result.surrogates),
        "n_months": result.nobs,
    }


def _stacked(parts: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    """Parts in one frame with the table's columns in their order; none without parts."""
    columns = [column.name for column in table.columns]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]
