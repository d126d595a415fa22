"""Five years of an index, made up from its parts, so that every sum is known."""

import numpy as np
import pandas as pd

MONTHS = pd.date_range("2004-01-31", periods=60, freq="ME")
# Of the indicators one joins later and one drops out in the last month: their places.
LATE, LOST = -2, 4
PARTS = ["new_data", "revised_data", "scaling", "weights"]


def made_up_index(market, seed=7):
    """The tables that the first two answers read, of a market's own indicators."""
    random = np.random.default_rng(seed)
    names = list(market.indicator_names())
    there = pd.DataFrame(True, index=MONTHS, columns=names)
    there.loc[: MONTHS[9], names[LATE]] = False
    there.loc[MONTHS[-1], names[LOST]] = False
    weight = pd.DataFrame(random.uniform(0.2, 1, there.shape), MONTHS, names).where(there)
    weight = weight.div(weight.sum(axis=1), axis=0)
    walk = pd.DataFrame(random.normal(size=there.shape).cumsum(axis=0) / 3, MONTHS, names)
    # Some indicators push the index up in every month and others hold it down.
    score = walk - walk.mean()
    contribution = (weight * score).where(there)
    index = contribution.sum(axis=1)
    by_weight = weight.diff() * score
    by_indicator = contribution.diff() - by_weight
    real_time = pd.DataFrame(
        {
            "ref_date": MONTHS,
            "sfri": index.to_numpy(),
            "band_low": index.to_numpy() - 0.1,
            "band_high": index.to_numpy() + 0.1,
            "percentile": [100 * (index[:month] <= index[month]).mean() for month in MONTHS],
            "n_indicators": there.sum(axis=1).to_numpy(),
            "equal_weight": index.to_numpy() / 3,
            "mode": "real_time",
        }
    )
    weights = _long(weight, "weight", market)
    contributions = _long(contribution, "contribution", market)
    for name, wide in (("indicator_effect", by_indicator), ("weight_effect", by_weight)):
        effect = wide.stack(future_stack=True).rename(name)
        contributions = contributions.join(effect, on=["ref_date", "indicator"])
    full = real_time.assign(mode="paper", sfri=real_time["sfri"] / 2)
    return {
        "sfri": pd.concat([full, real_time], ignore_index=True),
        "sfri_weights": weights,
        "sfri_contributions": contributions,
        "dimension_indices": _dimensions(contributions, market),
        "regimes": _regimes(index, random),
        "events": pd.DataFrame({"name": ["An event"], "onset": MONTHS[[40]]}),
        "indicator_panel": pd.DataFrame(),
        "indicator_statistics": pd.DataFrame(
            {"indicator": names, "name": list(market.indicator_names().values())}
        ),
        "last_vintage": pd.DataFrame(
            {"as_of": MONTHS[-1], "ref_date": MONTHS, "sfri": 0.75 * index.to_numpy()}
        ),
        "headline_news": _news(contribution, market, random),
    }


def _long(wide, name, market):
    rows = wide.stack(future_stack=True).dropna().rename(name).reset_index()
    rows.columns = ["ref_date", "indicator", name]
    dimension = rows["indicator"].map(market.dimension_of())
    return rows.assign(dimension=dimension, mode="real_time")


def _dimensions(contributions, market):
    counted = contributions.groupby(["ref_date", "dimension"])["contribution"].agg(["sum", "count"])
    every = pd.MultiIndex.from_product([MONTHS, market.dimensions], names=counted.index.names)
    rows = counted.reindex(every, fill_value=0).reset_index()
    rows = rows.rename(columns={"sum": "contribution", "count": "n_indicators"})
    return rows.assign(mode="real_time")


def _regimes(index, random):
    rows = pd.DataFrame({"ref_date": MONTHS, "horizon": 0, "sfri": index.to_numpy()})
    ahead = pd.DataFrame({"ref_date": MONTHS[[-1]] + pd.offsets.MonthEnd(1), "horizon": 1})
    rows = pd.concat([rows, ahead], ignore_index=True)
    probability = random.uniform(size=len(rows))
    return rows.assign(probability_high=probability, smoothed_high=np.nan, mode="real_time")


def _news(contribution, market, random):
    change = contribution.fillna(0.0).diff().iloc[1:].stack(future_stack=True)
    shares = random.dirichlet(np.ones(len(PARTS)), size=len(change))
    rows = pd.DataFrame(shares * change.to_numpy()[:, None], index=change.index, columns=PARTS)
    rows = rows.assign(change=change).reset_index(names=["as_of", "indicator"])
    return rows.assign(ref_date=rows["as_of"])
