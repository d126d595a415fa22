"""What is known at each forecast origin, and what a forecast made there is judged by."""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.baskets import Basket, vintages_of, weighted_means
from sfr_pipeline.forecasting.last_days import END, end_of
from sfr_pipeline.forecasting.panel import INDEX, OPINION, settings_of
from sfr_pipeline.inputs.frames import months_of, wide
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.markets import Market

LOG = logging.getLogger(__name__)

HORIZONS = 6

# Of the warning panel: what the daily markets say at the month's end.
DAILY_ROLES = ("gap", "implied", "rate")


@dataclass(frozen=True)
class Origin:
    """Everything that a forecaster may see at the end of one month.

    Months of the rows run from the market's ``forecasting.start`` to ``month``; nothing later.

    Attributes:
        month: the origin t.
        published: P_t, the index as first published in that month.
        basket: J_s = w_t' Z_s, the history of the fixed basket of this vintage, by month.
        changes: y_s = J_{s+1} - J_s of the matched basket, by the month s at its start; NaN in the
            last month, which no change has followed yet.
        features: x_s, inputs of the ridge on changes, months by features, no NaN; features differ
            between origins.
        inputs: the paper's inputs (its Table 6: the basket first, then opinion and macro-state
            variables), months by variables, no NaN, the same variables at all origins.
        regime_forecast: mean forecast of the next month's published index by the Markov-switching
            autoregression of this vintage; NaN where there is none.
        month_end_change: of the basket revalued at the month's last days, less the basket; NaN
            where the market has no indicator that is a mean of days.
    """

    month: pd.Period
    published: float
    basket: pd.Series
    changes: pd.Series
    features: pd.DataFrame
    inputs: pd.DataFrame
    regime_forecast: float
    month_end_change: float


@dataclass(frozen=True)
class Targets:
    """Realised changes after each origin, ``(n_origins, n_horizons)``, NaN where still to come.

    Attributes:
        basket: D_{t,h}, change of the basket fixed at t (the trial's target d).
        published: P_{t+h} - P_t, between first published values (target a).
    """

    basket: NDArray[np.float64]
    published: NDArray[np.float64]


def origins(
    market: Market,
    indicator_panel: pd.DataFrame,
    warning_panel: pd.DataFrame,
    regimes: pd.DataFrame,
    revisions: pd.DataFrame | None = None,
) -> list[Origin]:
    """What was known at the end of each month from which the index can be forecast.

    The first is the first vintage with ``min_months`` changes since the catalogue's
    ``forecasting.start``. What is missing is treated thus, "enough" being
    ``index.min_observations`` values in the rows, as an indicator needs to join the index:

    - an indicator is in the basket, and among the features, if it is available at the origin; its
      z-scores count as 0, its mean, in months without it;
    - what the daily markets say is among the features if it is known at the origin and in enough
      rows; its missing months hold the mean of the others. Features differ between origins;
    - indicators whose month's last days are not known count as unmoved by them;
    - the inputs are the same at all origins: those with enough rows at the first. A month without
      a value holds the last one, months before the first value the mean. So an input that ends
      is carried to the last origin, as its columns must not change; it is named in the log.

    Args:
        market: the catalogue.
        indicator_panel: table ``indicator_panel``.
        warning_panel: table ``warning_panel``.
        regimes: table ``regimes``.
        revisions: table ``panel_revisions``; None where nothing was ever revised.

    Raises:
        CatalogueError: the market has no early warning.
        TooShortError: no month has as many.
        EstimationError: the basket has no indicator in one of them.
    """
    vintages = vintages_of(market, indicator_panel, revisions)
    months = vintages.known.months
    rows = warning_panel[warning_panel["mode"] == "real_time"]
    variables = wide(rows, "variable", "value").reindex(sample_months(market))
    role = rows.drop_duplicates("variable").set_index("variable")["role"]
    daily = variables[[name for name in variables if role[name] in DAILY_ROLES]]
    ends = variables[[name for name in variables if role[name] == END]]
    ends = ends.rename(columns=lambda name: name.removeprefix(end_of("")))
    inputs = [OPINION, *(measured.id for measured in settings_of(market).inputs)]
    slow = variables[[name for name in inputs if name in variables]]
    estimates = regimes[(regimes["mode"] == "real_time") & (regimes["horizon"] == 0)]
    ahead = pd.Series(estimates["sfri_next"].to_numpy(), months_of(estimates["ref_date"]))
    first = pd.Period(settings_of(market).start, "M")
    least = market.index.min_observations
    slow = _with_enough(slow, first, months[vintages.as_of[0]], least)
    _name_ended(slow.loc[: months[vintages.as_of[-1]]])
    return [
        _origin(
            basket,
            daily,
            slow,
            first,
            least,
            regime_forecast=float(ahead.get(basket.month, np.nan)),
            month_end_change=basket.revalued(ends.loc[basket.month]) if len(ends.T) else np.nan,
        )
        for basket in vintages.baskets()
    ]


def targets(
    market: Market,
    indicator_panel: pd.DataFrame,
    revisions: pd.DataFrame | None = None,
    horizons: int = HORIZONS,
) -> Targets:
    """What happened after each of the ``origins``.

    D_{t,h} = sum_i w_{i,t} (X_{i,t+h} - X_{i,t}) / sd_{i,t}, with the weights and standard
    deviations of vintage t, over the indicators available in both months, whose weights are scaled
    to sum to 1: the rod is known when the forecast is made. Both values are as they stood at the
    end of t + h: a revision in between is no move, and one after it changes no target.

    Args:
        market: the catalogue.
        indicator_panel: table ``indicator_panel``.
        revisions: table ``panel_revisions``; None where nothing was ever revised.
        horizons: months ahead, from 1.

    Raises:
        CatalogueError: the market has no early warning.
        TooShortError: it has no origins.
    """
    vintages = vintages_of(market, indicator_panel, revisions)
    panel, published = vintages.known, vintages.published
    shape = (len(vintages.as_of), horizons)
    basket, first_values = np.full(shape, np.nan), np.full(shape, np.nan)
    later = vintages.as_of[:, None] + np.arange(1, horizons + 1)
    for row, at in enumerate(vintages.as_of):
        known = later[row] < len(panel.months)
        ahead = panel.published[later[row][known]]
        before = np.array([panel.at(month)[at] for month in later[row][known]])
        change = (ahead - before.reshape(ahead.shape)) / vintages.sd[row]
        shared = vintages.available[row] & ~np.isnan(change)
        basket[row, known] = weighted_means(change, vintages.weights[row], shared)
    position = {at: row for row, at in enumerate(vintages.as_of)}
    for row, at in enumerate(vintages.as_of):
        for horizon in range(1, horizons + 1):
            if at + horizon in position:
                first_values[row, horizon - 1] = published[position[at + horizon]] - published[row]
    return Targets(basket, first_values)


def _origin(
    basket: Basket,
    daily: pd.DataFrame,
    slow: pd.DataFrame,
    first: pd.Period,
    least: int,
    **alone: float,
) -> Origin:
    rows = slice(first, basket.month)
    history, changes = basket.history[rows], basket.changes[rows]
    if history.isna().any() or changes.iloc[:-1].isna().any():
        empty = (history.isna() | changes.isna()).idxmax()
        raise EstimationError(
            f"no indicator of {basket.month} has values in {empty} and the month after it: let "
            "'forecasting.start' of the catalogue be later"
        )
    own = pd.DataFrame(
        {
            "basket": history,
            "basket_change": basket.changes.shift(1)[rows],
            "principal_component": basket.component[rows],
        }
    )
    around = own.join(daily.loc[rows])
    around = around.loc[:, (around.notna().sum() >= least) & around.iloc[-1].notna()]
    return Origin(
        month=basket.month,
        published=basket.published,
        basket=history,
        changes=changes,
        features=basket.scores.loc[rows].join(_mean_filled(around)),
        inputs=history.to_frame(INDEX).join(_mean_filled(slow.loc[rows].ffill())),
        **alone,
    )


def _with_enough(
    inputs: pd.DataFrame, first: pd.Period, first_origin: pd.Period, least: int
) -> pd.DataFrame:
    """Inputs with enough values at the first origin."""
    known = inputs.loc[first:first_origin].notna().sum()
    if left_out := list(known.index[known < least]):
        LOG.warning(
            "forecasts do without %s: fewer than %d values from %s to %s, the first origin",
            ", ".join(left_out),
            least,
            first,
            first_origin,
        )
    return inputs.loc[:, known >= least]


def _name_ended(inputs: pd.DataFrame) -> None:
    """Log inputs whose last value is held on to for longer than their series allow.

    The panel already carries a value for as long as its series says: what is missing at the last
    origin has ended.
    """
    ended = [
        f"{name} since {inputs[name].last_valid_index() + 1}"
        for name in inputs.columns[inputs.iloc[-1].isna()]
    ]
    if ended:
        LOG.warning(
            "forecasts from the paper's inputs hold the last value of %s: nothing newer was "
            "published; deliver newer files, or take them out of the catalogue's 'forecasting'",
            ", ".join(ended),
        )


def _mean_filled(frame: pd.DataFrame) -> pd.DataFrame:
    values = frame.to_numpy(dtype=float)
    filled = np.where(np.isnan(values), np.nanmean(values, axis=0), values)
    return pd.DataFrame(filled, frame.index, frame.columns)
