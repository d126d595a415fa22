"""The paper's experiment as printed: the full-sample index, one split in time order.

It looks ahead: the index and its inputs are those of the full sample. What is fitted sees the
training months only. The contender on changes and its Transformer are this project's own and are
judged in real time alone.
"""

import logging
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.markov_switching import MarkovSwitching
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.forecasting.forecast_rows import outcome_rows
from sfr_pipeline.forecasting.forecasters.forecaster import ONE_MONTH, WINDOW, Block
from sfr_pipeline.forecasting.origins import Origin
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.markets.forecasting import LEAST_MONTHS

LOG = logging.getLogger(__name__)

PROTOCOL = "paper"
# Table 7.
TEST_SHARE = 0.2
# In this order they are the model's inputs; the index comes first.
ROLES = ("index", "opinion", "input")


@dataclass(frozen=True)
class PaperSample:
    """All windows of six months with a month that follows.

    Attributes:
        origins: the last month of each window; ``features`` are the inputs.
        n_train: how many of them are training rows.
        changes: realised change of the index after each, ``(n_origins,)``.
    """

    origins: tuple[Origin, ...]
    n_train: int
    changes: FloatArray

    def blocks(self) -> list[Block]:
        """One fit, made in the month of the last training target; none without windows."""
        if not self.origins:
            return []
        return [Block(self.origins[self.n_train], self.origins)]

    def outcomes(self) -> pd.DataFrame:
        """See ``outcome_rows``."""
        n_test = len(self.origins) - self.n_train
        return outcome_rows(
            PROTOCOL,
            ["train"] * self.n_train + ["test"] * n_test,
            self.origins,
            ONE_MONTH,
            self.changes[:, None],
            self.changes[:, None],
        )


def not_begun() -> PaperSample:
    """The sample of a market with too few months for the experiment."""
    return PaperSample((), 0, np.empty(0))


def paper_sample(warning_panel: pd.DataFrame, seed: int = 0) -> PaperSample:
    """Windows of the paper's inputs, the last fifth of them for the test.

    Args:
        warning_panel: table ``warning_panel``.
        seed: of the starting values of the regime model.

    The sample ends where any input does, which is logged with the months that it costs. A month
    inside an input's life without a value holds the last one, which is logged as well.

    Raises:
        TooShortError: the inputs share no month, or too few.
        EstimationError: the index has a hole.
    """
    inputs = _inputs(warning_panel)
    index = inputs.iloc[:, 0]
    n_windows = len(inputs) - WINDOW
    n_train = n_windows - ceil(TEST_SHARE * n_windows)
    n_learnt = max(0, n_train + WINDOW - 1)
    if n_learnt < LEAST_MONTHS:
        raise TooShortError(
            f"The paper's experiment needs {LEAST_MONTHS} months of training and has {n_learnt}, "
            f"of the {len(inputs)} in which all its inputs have a value: extend the sample."
        )
    ahead = _regime_forecasts(index, n_train + WINDOW, seed)
    origins = tuple(
        Origin(
            month=inputs.index[end - 1],
            published=index.iloc[end - 1],
            basket=index.iloc[:end],
            changes=index.iloc[:end].diff().shift(-1),
            features=inputs.iloc[:end],
            inputs=inputs.iloc[:end],
            regime_forecast=ahead[end - 1],
            month_end_change=np.nan,
        )
        for end in range(WINDOW, len(inputs))
    )
    return PaperSample(origins, n_train, index.diff().to_numpy()[WINDOW:])


def _inputs(warning_panel: pd.DataFrame) -> pd.DataFrame:
    """The paper's inputs, months by variables, the index first."""
    rows = warning_panel[(warning_panel["mode"] == "paper") & warning_panel["role"].isin(ROLES)]
    roles = rows.drop_duplicates("variable").set_index("variable")["role"]
    order = sorted(roles.index, key=lambda variable: ROLES.index(roles[variable]))
    if not (rows["role"] == "index").any():
        raise TooShortError("The paper's experiment needs the index, which has not begun.")
    panel = rows.pivot(index="ref_date", columns="variable", values="value")[order]
    panel = panel.set_axis(months_of(panel.index), axis=0)
    months = pd.period_range(panel.index.min(), panel.index.max(), freq="M")
    return _shared_months(_bridged(panel.reindex(months)))


def _bridged(panel: pd.DataFrame) -> pd.DataFrame:
    """Holes inside an input's life filled by its last value; the index may have none."""
    holes = panel.isna() & panel.ffill().notna() & panel.bfill().notna()
    of_index = holes.iloc[:, 0]
    if of_index.any():
        raise EstimationError(
            f"the index has no value in {of_index.idxmax()}, inside the paper's sample: "
            "materialize sfri and warning_panel again"
        )
    if holes.any(axis=None):
        LOG.warning(
            "the paper's experiment holds the last value of inputs in months without one: %s",
            ", ".join(
                f"{name} (months: {missing.sum()}, first {missing.idxmax()})"
                for name, missing in holes.items()
                if missing.any()
            ),
        )
    return panel.where(~holes, panel.ffill())


def _shared_months(panel: pd.DataFrame) -> pd.DataFrame:
    """Months in which all inputs are alive; what they cost the index's own months is logged."""
    begins = panel.apply(pd.Series.first_valid_index)
    ends = panel.apply(pd.Series.last_valid_index)
    start, end = begins.max(), ends.min()
    late, early = _listed(begins[begins == start]), _listed(ends[ends == end])
    if start > end:
        raise TooShortError(
            f"no month has all inputs of the paper's experiment: {late} begins in {start}, after "
            f"{early} ends in {end}; take one of them out of the catalogue's 'forecasting'"
        )
    shared = panel.loc[start:end]
    before, after = start - begins.iloc[0], ends.iloc[0] - end
    reasons = [
        f"{names} {verb} in {month} (months lost: {lost.n})"
        for names, verb, month, lost in (
            (late, "begins", start, before),
            (early, "ends", end, after),
        )
        if lost.n
    ]
    if reasons:
        LOG.warning(
            "the paper's experiment has %d of the index's %d months: %s",
            len(shared),
            (ends.iloc[0] - begins.iloc[0]).n + 1,
            "; ".join(reasons),
        )
    return shared


def _listed(of: pd.Series) -> str:
    return ", ".join(str(name) for name in of.index)


def _regime_forecasts(index: pd.Series, n_training_months: int, seed: int) -> FloatArray:
    """Mean forecast of the next month by month, parameters from the training months alone."""
    try:
        estimates = MarkovSwitching(index.iloc[:n_training_months]).fit(seed=seed).estimates
    except EstimationError as error:
        LOG.warning("the paper's experiment has no row of the regime model: %s", error)
        return np.full(len(index), np.nan)
    ahead = np.full(len(index), np.nan)
    for end in range(WINDOW, len(index)):
        model = MarkovSwitching(index.iloc[:end])
        ahead[end - 1] = model.forecast(estimates, 1, quantile_levels=()).mean.iloc[0]
    return ahead
