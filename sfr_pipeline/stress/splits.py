"""Which days a model learns from, which it may look at, and which it is judged on.

A label with horizon h becomes known h days after its day. At the origin of a fold, the last day
before its test days, a model may learn from labels that are known by then (purge) and an embargo
further back.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import IntArray
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.stress.sample import Label

# Closes of other time zones and late corrections cannot reach over a week.
EMBARGO = 5
# Half a year of labels before the calibration year; ranks and thresholds took years before them.
MIN_TRAINING_DAYS = 126
# Shares of the paper protocol in training, validation and test.
SHARES = (0.65, 0.15, 0.20)


@dataclass(frozen=True)
class Fold:
    """One fit.

    Attributes:
        number: in walk-forward the first test year; else 0.
        origin: last row that was known when the model was fitted.
        train: rows that it learns from, ``(n_train,)``.
        validation: rows that it may look at, for early stopping alone.
        test: rows that it is judged on.
        scored: False where all of its test days lie before the first test year: their scores
            calibrate probabilities and are not judged.
        refit_months: months from this fit to the next; None where there is only this one.
    """

    number: int
    origin: int
    train: IntArray
    validation: IntArray
    test: IntArray
    scored: bool = True
    refit_months: int | None = None


def calendar_blocks(
    dates: pd.DatetimeIndex, first_test_year: int, refit_years: int = 1
) -> list[tuple[int, int, int]]:
    """Stretches of whole calendar years that one fit each speaks for, the calibration year first.

    Args:
        dates: trading days.
        first_test_year: first year that is scored; the first stretch begins a year before.
        refit_years: years of a stretch.

    Returns:
        First year, first row and the row after the last of each; none where all days are earlier.
    """
    years = np.asarray(dates.year)
    end = int(years[-1]) + 1 if len(years) else 0
    begins = list(range(first_test_year - 1, end, refit_years))
    rows = [int(row) for row in np.searchsorted(years, [*begins, end])]
    return list(zip(begins, rows, rows[1:], strict=False))


def walk_forward_folds(
    dates: pd.DatetimeIndex,
    label: Label,
    first_test_year: int,
    refit_years: int = 1,
    embargo: int = EMBARGO,
    first_row: int = 0,
) -> list[Fold]:
    """Expanding folds that begin with calendar years, the calibration year first.

    The first fold begins a year before the first test year. The scores of that calibration year,
    made without its labels, are not judged: they are what probabilities are calibrated on at first.

    Args:
        dates: trading days.
        label: decides which rows can be learned from.
        first_test_year: first year that is scored.
        refit_years: years between fits.
        embargo: days beyond the purge.
        first_row: rows before it lack inputs (windows, warm-up) and are not learned from.

    Raises:
        TooShortError: fewer than ``MIN_TRAINING_DAYS`` labels before the calibration year.
    """
    folds = []
    for begin, start, stop in calendar_blocks(dates, first_test_year, refit_years):
        train = label.known(start - 1, embargo)
        train = train[train >= first_row]
        if len(train) < MIN_TRAINING_DAYS:
            raise TooShortError(
                f"Daily stress needs {MIN_TRAINING_DAYS} known days of label {label.name} before "
                f"{begin} and has {len(train)}: set stress.first_test_year later, or begin the "
                "daily panel earlier."
            )
        folds.append(
            Fold(
                number=begin,
                origin=start - 1,
                train=train,
                validation=np.empty(0, dtype=np.intp),
                test=np.arange(start, stop),
                scored=dates[stop - 1].year >= first_test_year,
                refit_months=12 * refit_years,
            )
        )
    return folds


def paper_fold(
    label: Label,
    first_row: int,
    *,
    random_windows: bool = False,
    seed: int = 0,
    embargo: int = EMBARGO,
) -> Fold:
    """Training, validation and test of 65, 15 and 20 % of the labelled days.

    In time order, training and validation each give up the purge and embargo at their end.
    ``random_windows`` draws the same shares of windows at random instead: LEAKING, since a test
    window then shares all but a day with training windows. It is here to show what that does.

    Args:
        label: what is to be told.
        first_row: first row whose window is complete.
        random_windows: draw at random.
        seed: of the draw.
        embargo: days beyond the purge, in time order.

    Raises:
        TooShortError: fewer than ``MIN_TRAINING_DAYS`` days have the label and a whole window.
    """
    rows = np.flatnonzero(~np.isnan(label.values))
    rows = rows[rows >= first_row]
    if len(rows) < MIN_TRAINING_DAYS:
        raise TooShortError(
            f"Daily stress needs {MIN_TRAINING_DAYS} days of label {label.name} with complete "
            f"windows and has {len(rows)}: give it a longer history of prices."
        )
    cuts = np.round(np.cumsum(SHARES[:2]) * len(rows)).astype(int)
    if random_windows:
        shuffled = np.random.default_rng(seed).permutation(rows)
        train, validation, test = (np.sort(part) for part in np.split(shuffled, cuts))
    else:
        train, validation, test = np.split(rows, cuts)
        gap = label.horizon + embargo
        train, validation = train[: len(train) - gap], validation[: len(validation) - gap]
    return Fold(0, int(test[0]) - 1, train, validation, test)
