"""The index of a market under either information set, and everything read off it.

``paper`` estimates once, on the full sample, with smoothed loadings: every value looks ahead.
``real_time`` estimates once a month; a month's row is what that month's estimate said of its own
month, so it never changes afterwards. Belongs here: which months and panels are measured, and the
rows of their tables. Does not belong here: one measurement (`measurement`).
"""

import pandas as pd

from sfr_pipeline.econometrics import sfri
from sfr_pipeline.econometrics.panel import MODES, Mode
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings
from sfr_pipeline.econometrics.vintages import Vintages
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.index.known import KnownPanel, known_panel, oriented
from sfr_pipeline.index.measurement import Measurement, measure_paper, measure_real_time
from sfr_pipeline.index.naming import naming
from sfr_pipeline.inputs.frames import long, month_ends
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import END
from sfr_pipeline.storage.tables import (
    DIMENSION_CORRELATIONS,
    DIMENSION_INDICES,
    SFRI_VINTAGES,
)
from sfr_pipeline.threads import Spread, in_threads

# Changes of a dimension and of the index with which they are correlated: of two it is always one.
MIN_CORRELATED = 3

NO_PAPER = (
    "No indicator has a scale over the whole sample: the table missing_indicators says of each why."
)


def index_tables(
    market: Market,
    panel: pd.DataFrame,
    revisions: pd.DataFrame | None = None,
    spread: Spread = in_threads,
) -> dict[str, pd.DataFrame]:
    """Measure the index in both modes: tables sfri, sfri_weights and sfri_contributions.

    Args:
        market: the catalogue.
        panel: table ``indicator_panel``.
        revisions: table ``panel_revisions``; None where nothing was ever revised.
        spread: what calls the pieces of the estimates; the tables are the same whatever does.

    Raises:
        TooShortError: no indicator has joined by the end of the sample, or has a scale over it.
    """
    if reason := why_no_index(market, panel):
        raise TooShortError(reason)
    by_mode = [index_tables_of(market, panel, mode, revisions, spread) for mode in MODES]
    return {
        name: pd.concat([tables[name] for tables in by_mode], ignore_index=True)
        for name in by_mode[0]
    }


def why_no_index(market: Market, panel: pd.DataFrame) -> str | None:
    """In one sentence why there is no index yet; None where there is one.

    Args:
        market: the catalogue.
        panel: table ``indicator_panel``.
    """
    known = oriented(market, panel, "real_time")
    needed, first = market.index.min_observations, market.sample.first_vintage
    found = int(known.notna().sum().to_numpy().max(initial=0))
    if found >= needed:
        stood = known_panel(market, panel)
        if (stood.estimable(needed) & (stood.months >= pd.Period(first, "M"))).any():
            return None if (panel["mode"] == "paper").any() else NO_PAPER
        if known.loc[first:].notna().any(axis=None):
            return f"The index needs an indicator that moves within {needed} months of values."
        return f"The index begins in {first}, and no indicator has a value from then on."
    begins = known.index[-1] + (needed - found)
    return (
        f"The index needs {needed} months of an indicator and has {found}: it begins in {begins} "
        "at the earliest."
    )


def index_tables_of(
    market: Market,
    panel: pd.DataFrame,
    mode: Mode,
    revisions: pd.DataFrame | None = None,
    spread: Spread = in_threads,
) -> dict[str, pd.DataFrame]:
    """The rows of one information set in tables sfri, sfri_weights and sfri_contributions.

    Args:
        market: the catalogue.
        panel: table ``indicator_panel``.
        mode: the information set.
        revisions: table ``panel_revisions``, which paper mode does not read; None where nothing
            was ever revised.
        spread: as of ``index_tables``.
    """
    settings = TvpFavarSettings(lags=market.index.lags)
    if mode == "paper":
        whole = oriented(market, panel, mode)
        with naming(market.name, mode, whole.columns, pd.PeriodIndex(whole.index)):
            measurement = measure_paper(whole, settings, market.index, spread)
    else:
        known = known_panel(market, panel, revisions)
        first_month = pd.Period(market.sample.first_vintage, "M")
        measurement = measure_real_time(known, first_month, settings, market.index, spread)
    weights, contributions = _weight_rows(measurement), _contribution_rows(measurement)
    for rows in (weights, contributions):
        rows["dimension"] = rows["indicator"].map(market.dimension_of())
    return {
        "sfri": _index_rows(measurement).assign(mode=mode),
        "sfri_weights": weights.assign(mode=mode),
        "sfri_contributions": contributions.assign(mode=mode),
    }


def vintages_as_of(
    market: Market, known: KnownPanel, months: pd.PeriodIndex, spread: Spread = in_threads
) -> Vintages:
    """Estimate the whole index as of the given months.

    Args:
        market: the catalogue.
        known: oriented indicators as they stood at the end of each month.
        months: the vintages, at least one.
        spread: what calls them; they are the same whatever does.

    Raises:
        EstimationError: a month without any data.
    """
    as_of = known.months.get_indexer(months)
    empty = months[(as_of < 0) | ~known.some[as_of]]
    if len(empty):
        raise EstimationError(
            f"no indicator was published in {', '.join(map(str, empty))}: refresh the data, or end "
            f"the sample before (environment variable {END}, or sample.end in the catalogue)"
        )
    return known.estimate(
        as_of,
        min_observations=market.index.min_observations,
        settings=TvpFavarSettings(lags=market.index.lags),
        spread=spread,
    )


def vintage_rows(
    market: Market,
    panel: pd.DataFrame,
    months: pd.PeriodIndex,
    revisions: pd.DataFrame | None = None,
    spread: Spread = in_threads,
) -> pd.DataFrame:
    """Estimate the whole index as of the given months: rows of table ``sfri_vintages``.

    Months before the first indicator has joined hold no vintage.

    Args:
        market: the catalogue.
        panel: table ``indicator_panel``.
        months: the vintages.
        revisions: table ``panel_revisions``; None where nothing was ever revised.
        spread: as of ``vintages_as_of``.

    Raises:
        EstimationError: a month without any data.
    """
    known = known_panel(market, panel, revisions)
    begun = known.months[known.joined(market.index.min_observations)]
    months = months[months.isin(begun)]
    if months.empty:
        return SFRI_VINTAGES.empty()
    vintages = vintages_as_of(market, known, months, spread)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "as_of": as_of,
                    "ref_date": month_ends(known.months[: len(estimates.scores)]),
                    "sfri": vintages.index[vintage],
                    "equal_weight": vintages.equal_weight_index[vintage],
                    "factor": estimates.factor_smoothed,
                    "n_indicators": estimates.observed.sum(axis=1),
                }
            )
            for vintage, (as_of, estimates) in enumerate(
                zip(month_ends(months), vintages.estimates, strict=True)
            )
        ],
        ignore_index=True,
    )


def dimension_rows(weights: pd.DataFrame, contributions: pd.DataFrame) -> pd.DataFrame:
    """Sum weights and contributions by dimension: rows of table ``dimension_indices``."""
    if weights.empty:
        return DIMENSION_INDICES.empty()
    key = ["mode", "ref_date", "dimension"]
    rows = (
        weights.merge(contributions, on=[*key, "indicator"])
        .groupby(key)
        .agg(
            contribution=("contribution", "sum"),
            weight=("weight", "sum"),
            n_indicators=("indicator", "count"),
        )
    )
    # A dimension without data in a month still has its row: a gap should be seen.
    grid = pd.MultiIndex.from_frame(
        weights[["mode", "ref_date"]]
        .drop_duplicates()
        .merge(weights[["dimension"]].drop_duplicates(), "cross")
    )
    rows = rows.reindex(grid).fillna({"contribution": 0.0, "weight": 0.0, "n_indicators": 0})
    rows["dimension_index"] = rows["contribution"] / rows["weight"].where(rows["weight"] > 0)
    return rows.reset_index().astype({"n_indicators": int})


def correlation_rows(index: pd.DataFrame, dimensions: pd.DataFrame) -> pd.DataFrame:
    """Correlate the dimensions with the index: rows of table ``dimension_correlations``.

    A dimension that is known in fewer than ``MIN_CORRELATED`` months, or does not move in them, has
    no row.

    Args:
        index: table ``sfri``.
        dimensions: table ``dimension_indices``.
    """
    rows = []
    merged = dimensions.merge(index[["mode", "ref_date", "sfri"]], on=["mode", "ref_date"])
    for (mode, dimension), frame in merged.groupby(["mode", "dimension"]):
        pair = frame.set_index("ref_date")[["dimension_index", "sfri"]].sort_index()
        changes = pair.diff().dropna()
        pair = pair.dropna()
        if len(changes) < MIN_CORRELATED or 1 in (*pair.nunique(), *changes.nunique()):
            continue
        rows.append(
            {
                "mode": mode,
                "dimension": dimension,
                "correlation": pair["dimension_index"].corr(pair["sfri"]),
                "correlation_of_changes": changes["dimension_index"].corr(changes["sfri"]),
                "n_months": len(pair),
                "last_month": pair.index.max(),
            }
        )
    return pd.DataFrame(rows) if rows else DIMENSION_CORRELATIONS.empty()


def _index_rows(measurement: Measurement) -> pd.DataFrame:
    rows = measurement.index.rename_axis("ref_date").reset_index()
    return rows.assign(ref_date=month_ends(measurement.index.index))


def _weight_rows(measurement: Measurement) -> pd.DataFrame:
    frames = {"loading": measurement.loadings, "weight": measurement.weights}
    return long(frames, "indicator").dropna(subset="loading")


def _contribution_rows(measurement: Measurement) -> pd.DataFrame:
    weights, scores = measurement.weights, measurement.scores
    effects = sfri.split_change(weights.to_numpy(), scores.fillna(0.0).to_numpy())
    like = {"index": weights.index, "columns": weights.columns}
    frames = {
        "contribution": weights * scores,
        "indicator_effect": pd.DataFrame(effects.indicator_effect, **like),
        "weight_effect": pd.DataFrame(effects.weight_effect, **like),
    }
    rows = long(frames, "indicator")
    # An indicator that has just left still has its part in the change.
    left = rows["contribution"].isna() & rows["weight_effect"].fillna(0).ne(0)
    rows.loc[left, "contribution"] = 0.0
    return rows.dropna(subset="contribution")
