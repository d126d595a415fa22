"""``compare_forecasts``: does any of these forecasts beat a benchmark, such as no change?

Belongs here: what `forecast_tests` and `joint_tests` say of a labelled frame of forecasts. Does not
belong here: the tests themselves, or which models the pipeline compares.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.labelled import check_counts, check_level
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.evaluation.aligned import column_of, numbers, said_of, span
from sfr_pipeline.evaluation.bootstrap import LEVEL
from sfr_pipeline.evaluation.forecast_metrics import mae, rmse
from sfr_pipeline.evaluation.forecast_tests import (
    FEWEST_PERIODS,
    coroneo_iacone,
    rmse_ratio_interval,
    same,
)
from sfr_pipeline.evaluation.joint_tests import REPLICATIONS, mcs_p_values, spa_p_value

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ForecastComparison:
    """What is known of forecasts against a benchmark.

    Attributes:
        table: one row a model, the least error first: ``rmse``, ``mae``, ``ratio`` of its RMSE to
            the benchmark's with ``ratio_low`` and ``ratio_high``, ``statistic`` and ``p_value`` of
            the test of equal squared errors (Coroneo and Iacone 2020; negative where the model is
            better), ``p_mcs`` of the model confidence set (Hansen, Lunde and Nason 2011), and
            ``verdict``: better, worse, undecided or the same. Better asks for ``p_any`` too.
        p_any: whether any model beats the benchmark, with account for all that were tried: the
            studentised test of superior predictive ability after Hansen (2005).
        benchmark: its name.
        horizon: steps ahead.
        level: coverage of the intervals; tests reject at 1 - ``level``.
        periods: that were forecast.
    """

    table: pd.DataFrame
    p_any: float
    benchmark: str
    horizon: int
    level: float
    periods: pd.Index

    @property
    def better(self) -> list[str]:
        """Models that beat the benchmark, the least error first."""
        return list(self.table.index[self.table["verdict"] == "better"])

    def summary(self) -> str:
        """The table under what was compared, and the answer in a sentence."""
        of = f"{self.horizon} step{'s' if self.horizon > 1 else ''} ahead"
        return "\n".join(
            [
                f"Forecasts against {self.benchmark}, {of}; {span(self.periods)}",
                f"  any better, of all {len(self.table) - 1} tried: p = {self.p_any:.3f} (SPA)",
                "",
                self.table.to_string(float_format="{:.3f}".format, na_rep=""),
                "",
                self.answer,
            ]
        )

    @property
    def answer(self) -> str:
        """Whether anything beats the benchmark, in one sentence."""
        if self.better:
            return f"{', '.join(self.better)} beat{'s' * (len(self.better) == 1)} {self.benchmark}."
        alone = self.table["p_value"] <= 1 - self.level
        lower = self.table["ratio"] < 1
        names = list(self.table.index[alone & lower])
        if names:
            return (
                f"{', '.join(names)} would alone, but not among {len(self.table) - 1} that were "
                f"tried: nothing beats {self.benchmark}."
            )
        return f"Nothing beats {self.benchmark} in these periods."

    def __repr__(self) -> str:
        """Print the summary."""
        return self.summary()

    def plot(self) -> "Figure":
        """Chart the ratios of errors with their intervals, the benchmark at 1."""
        from matplotlib.figure import Figure

        rows = self.table.drop(index=self.benchmark).iloc[::-1]
        figure = Figure(figsize=(7, 1 + 0.4 * len(rows)), layout="constrained")
        axes = figure.subplots()
        place = np.arange(len(rows))
        axes.axvline(1, color="0.6", linewidth=1)
        # An interval without an end is drawn to the edge of the largest ratio.
        edge = 1.1 * float(np.nanmax(rows[["ratio", "ratio_high"]].to_numpy()))
        axes.hlines(place, rows["ratio_low"], rows["ratio_high"].fillna(edge), color="tab:blue")
        axes.plot(rows["ratio"], place, "o", color="tab:blue")
        axes.set_yticks(place, rows.index)
        axes.set_xlabel(f"RMSE, {self.benchmark} = 1")
        return figure


def compare_forecasts(
    target: pd.Series,
    forecasts: pd.DataFrame,
    benchmark: str,
    *,
    horizon: int = 1,
    level: float = LEVEL,
    replications: int = REPLICATIONS,
    seed: int = 0,
) -> ForecastComparison:
    """Compare forecasts with a benchmark by squared errors, right for errors that persist.

    Args:
        target: what happened, complete, by ascending periods without holes.
        forecasts: of these periods, one column a model, the benchmark among them; in row t what
            was said ``horizon`` periods before t.
        benchmark: name of its column, such as that of no change.
        horizon: steps ahead; resamples take blocks at least as long.
        level: coverage of the intervals; tests reject at 1 - ``level``.
        replications: bootstrap samples of the joint tests.
        seed: of them.

    Raises:
        TooShortError: there are fewer than 8 periods.
        EstimationError: what is given does not fit together; the message says what to do.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.evaluation import compare_forecasts
        >>> rng = np.random.default_rng(0)
        >>> months = pd.period_range("2005-01", periods=180, freq="M")
        >>> known, unknown = rng.standard_normal((2, 180))
        >>> target = pd.Series(known + unknown, months)
        >>> forecasts = pd.DataFrame({"none": 0.0, "mine": known, "noise": unknown[::-1]}, months)
        >>> found = compare_forecasts(target, forecasts, "none")
        >>> found.better
        ['mine']
        >>> found.table.loc["mine", ["ratio", "ratio_low", "ratio_high"]].round(2).tolist()
        [0.68, 0.62, 0.73]
        >>> found.answer
        'mine beats none.'
    """
    check_counts(horizon=horizon, replications=replications)
    check_level(level)
    said = said_of(forecasts, "forecasts", target, "target")
    actual = numbers(target, "target")
    place = column_of(forecasts, benchmark, "forecasts")
    if len(actual) < FEWEST_PERIODS:
        raise TooShortError(
            f"target has {len(actual)} periods, of which no persistence can be told: give "
            f"{FEWEST_PERIODS} at least, better some hundred"
        )
    losses = np.square(actual[:, None] - said)
    rival = losses[:, place]
    if not rival.any():
        raise EstimationError(
            f"benchmark {benchmark} is right to the last digit in all periods: it holds the target "
            "itself, or what was known only afterwards"
        )
    others = np.delete(losses, place, axis=1)
    p_any = spa_p_value(rival, others, horizon, replications, seed)
    in_set = mcs_p_values(losses, horizon, replications, seed)
    columns: dict[str, list[object]] = {
        name: []
        for name in ("ratio", "ratio_low", "ratio_high", "statistic", "p_value", "p_mcs", "verdict")
    }
    for number in range(losses.shape[1]):
        own = losses[:, number]
        low = high = statistic = p_value = np.nan
        verdict = "benchmark" if number == place else "the same"
        if number != place and not same(own - rival, rival):
            statistic, p_value = coroneo_iacone(own - rival)
            low, high = rmse_ratio_interval(own, rival, level)
            verdict = _verdict(statistic, p_value, p_any, 1 - level)
        ratio = np.sqrt(own.mean() / rival.mean())
        row = (ratio, low, high, statistic, p_value, in_set[number], verdict)
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    models = pd.Index([str(column) for column in forecasts.columns], name="model")
    errors = {"rmse": rmse(actual, said.T), "mae": mae(actual, said.T)}
    table = pd.DataFrame(errors | columns, models)
    return ForecastComparison(
        table.sort_values("rmse", kind="stable"), p_any, benchmark, horizon, level, target.index
    )


def _verdict(statistic: float, p_value: float, p_any: float, alpha: float) -> str:
    """What two tests allow to be said: better only where the test over all models allows it."""
    if not p_value <= alpha:
        return "undecided"
    if statistic > 0:
        return "worse"
    return "better" if p_any <= alpha else "undecided"
