"""Rows of table ``forecasts`` from forecast changes: levels, outcomes, seeds' means, intervals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.intervals import past_error_quantiles
from sfr_pipeline.forecasting.origins import Origin
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.storage.tables import FORECASTS
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

INTERVAL = (0.05, 0.95)
_FIT = ["protocol", "model", "seed"]
# The columns of `change_rows`, by what they are in table ``forecasts``.
_CHANGE = ["protocol", "model", "seed", "refit_months", "origin", "horizon", "change"]


def change_rows(
    protocol: str,
    model: str,
    seeds: Sequence[int],
    origins: Sequence[Origin],
    horizons: Sequence[int],
    changes: FloatArray,
    refit: int | None,
) -> pd.DataFrame:
    """Forecast changes as rows.

    Args:
        protocol: in column ``protocol``.
        model: in column ``model``.
        seeds: of the second axis; ``MEAN_OF_SEEDS`` alone for a model without randomness.
        origins: of the first axis.
        horizons: of the third axis.
        changes: ``(n_origins, n_seeds, n_horizons)``.
        refit: in column ``refit_months``, see ``refits.refit_months``.

    Returns:
        Columns ``protocol``, ``model``, ``seed``, ``refit_months``, ``origin``, ``horizon``,
        ``change``.
    """
    dates = month_ends(pd.PeriodIndex([origin.month for origin in origins], freq="M"))
    index = pd.MultiIndex.from_product(
        [dates, list(seeds), list(horizons)], names=["origin", "seed", "horizon"]
    )
    rows = pd.DataFrame({"change": np.asarray(changes).reshape(-1)}, index=index).reset_index()
    interval = pd.array([refit] * len(rows), dtype="Int64")
    return rows.assign(protocol=protocol, model=model, refit_months=interval)


def all_changes(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of `change_rows` one after another; none where no model had an origin."""
    some = [frame for frame in frames if len(frame)]
    return pd.concat(some, ignore_index=True) if some else FORECASTS.empty()[_CHANGE]


def outcome_rows(
    protocol: str,
    splits: Sequence[str],
    origins: Sequence[Origin],
    horizons: Sequence[int],
    actual: FloatArray,
    published: FloatArray,
) -> pd.DataFrame:
    """What forecasts start from and are judged by, as rows.

    Args:
        protocol: in column ``protocol``.
        splits: ``train`` or ``test``, by origin.
        origins: where forecasts are made.
        horizons: months ahead.
        actual: realised changes, ``(n_origins, n_horizons)``, NaN where still to come.
        published: changes between first published values, same shape.

    Returns:
        The columns of table ``forecasts`` that do not depend on the model.
    """
    months = pd.PeriodIndex([origin.month for origin in origins], freq="M")
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "protocol": protocol,
                    "split": list(splits),
                    "origin": month_ends(months),
                    "horizon": horizon,
                    "ref_date": month_ends(months + horizon),
                    "index_at_origin": [origin.published for origin in origins],
                    "actual_change": actual[:, column],
                    "published_change": published[:, column],
                }
            )
            for column, horizon in enumerate(horizons)
        ],
        ignore_index=True,
    )


def forecast_rows(changes: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Table ``forecasts``.

    Intervals only in real time: the paper's protocol has a single fit, whose errors on its own
    training months tell nothing of its errors later.

    Args:
        changes: rows of ``change_rows``.
        outcomes: rows of ``outcome_rows``.
    """
    rows = pd.concat([changes, _means_of_seeds(changes)], ignore_index=True)
    rows = rows.merge(outcomes, on=["protocol", "origin", "horizon"], validate="many_to_one")
    rows["forecast"] = rows["index_at_origin"] + rows["change"]
    key = list(FORECASTS.key)
    rows = rows.sort_values(key, ignore_index=True)
    bounds = np.full((len(rows), 2), np.nan)
    in_real_time = rows[rows["protocol"] == "real_time"]
    for (*_, horizon), group in in_real_time.groupby([*_FIT, "horizon"], sort=False):
        errors = (group["actual_change"] - group["change"]).to_numpy(float)
        bounds[group.index] = group["forecast"].to_numpy()[:, None] + past_error_quantiles(
            errors, horizon, INTERVAL
        )
    rows["low"], rows["high"] = bounds.T
    return rows[[column.name for column in FORECASTS.columns]]


def _means_of_seeds(changes: pd.DataFrame) -> pd.DataFrame:
    single = changes[changes["seed"] != MEAN_OF_SEEDS]
    key = ["protocol", "model", "refit_months", "origin", "horizon"]
    means = single.groupby(key, as_index=False, dropna=False)["change"].mean()
    return means.assign(seed=MEAN_OF_SEEDS)
