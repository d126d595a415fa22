"""How often the tests that verdicts rest on reject what is true, and how often intervals hold it.

``make test-sizes``, or ``python -m sfr_pipeline_tests.evaluation.sizes``: some minutes on one core.
Every row is the code that ships, on losses, labels and scores whose truth is known; the command
fails where a row breaks its bounds. ``--write`` puts the table into ``benchmarks/sizes.md``. A
small form of it is `test_sizes`.

Belongs here: simulations under equality. Does not belong here: tests against closed forms
(`test_forecast_tests`, `test_bootstrap`).
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.evaluation.auroc import auroc, auroc_of_counts
from sfr_pipeline.evaluation.bootstrap import block_counts, block_interval, episode_interval
from sfr_pipeline.evaluation.forecast_tests import (
    clark_west,
    coroneo_iacone,
    diebold_mariano,
    hac_test,
    pesaran_timmermann,
    rmse_ratio_interval,
)
from sfr_pipeline.evaluation.joint_tests import spa_p_value

RESULTS = Path(__file__).parents[2] / "benchmarks" / "sizes.md"
LEVEL = 0.05
SIZES, COVERAGES = (0.02, 0.09), (0.92, 0.98)
# An interval of the ratios that a test does not reject covers what the test's size leaves.
INVERTED = (1 - SIZES[1], 1 - SIZES[0])

MONTHS, MODELS = 237, 11
PERSISTENCES = (0.0, 0.5, 0.85)
# Of the losses of two models, as both are held against the same rival.
SHARED = 0.5

DAYS, HORIZON, HAC_LAGS, BLOCKS = 3000, 21, 63, (63, 252)

# Days that hold six and eleven episodes on average, and blocks of half a year.
EPISODES = {6: 3231, 11: 6012}
EPISODE_BLOCK, EPISODE_GAP = 126, 21
# Log volatility halves its distance to the mean in about 70 days; a tenth of the days is stress.
PERSISTENCE, BASE_RATE = 0.99, 0.1
# A right band of 90 %, and the persistence from which its misses come together in too few lumps.
BAND, LUMPED = 0.9, 0.85
# Of what scores see beside the volatility itself: how much, how long it lasts.
NOISES, NOISE_PERSISTENCE = (0.7, 0.9), 0.97
RESAMPLES = 199
# Simulations that meet the same resamples.
BATCH = 100


@dataclass(frozen=True)
class Row:
    """One share that was measured.

    Attributes:
        what: was tried.
        on: which data.
        share: of the simulations, that rejected or covered.
        draws: simulations behind it.
        bounds: between which it must lie; None for what decides nothing.
    """

    what: str
    on: str
    share: float
    draws: int
    bounds: tuple[float, float] | None

    @property
    def holds(self) -> bool:
        """Whether it lies within its bounds."""
        return self.bounds is None or self.bounds[0] <= self.share <= self.bounds[1]


def autoregressions(
    persistence: float, shape: tuple[int, ...], rng: np.random.Generator
) -> FloatArray:
    """Stationary AR(1) of unit variance along the last axis."""
    from scipy.signal import lfilter

    shocks = rng.normal(size=shape)
    shocks[..., 1:] *= np.sqrt(1 - persistence**2)
    return np.asarray(lfilter([1.0], [1.0, -persistence], shocks))


def together(persistence: float, n_models: int, rng: np.random.Generator) -> FloatArray:
    """Loss differences of several models against one rival, equal in truth, ``(MONTHS, n)``."""
    own = autoregressions(persistence, (n_models, MONTHS), rng)
    of_rival = autoregressions(persistence, (1, MONTHS), rng)
    return (np.sqrt(1 - SHARED) * own + np.sqrt(SHARED) * of_rival).T


def overlapping(draws: int, rng: np.random.Generator) -> FloatArray:
    """Differences of squared errors 21 days ahead of two forecasts as good, ``(draws, DAYS)``."""
    sums = rng.normal(size=(2, draws, DAYS + HORIZON)).cumsum(axis=-1)
    errors = (sums[..., HORIZON:] - sums[..., :-HORIZON]) / np.sqrt(HORIZON)
    return np.square(errors[0]) - np.square(errors[1])


def monthly(draws: int, seed: int = 0) -> Iterator[Row]:
    """Tests and intervals of monthly losses, for each persistence."""
    rng = np.random.default_rng(seed)
    for persistence in PERSISTENCES:
        on = f"{MONTHS} months, AR({persistence:g})"
        alone = autoregressions(persistence, (draws, MONTHS), rng)
        rejected = np.mean([coroneo_iacone(one)[1] < LEVEL for one in alone])
        yield Row("Coroneo-Iacone", on, float(rejected), draws, SIZES)
        superior = [
            spa_p_value(
                np.zeros(MONTHS),
                together(persistence, MODELS, rng),
                replications=RESAMPLES,
                seed=draw,
            )
            for draw in range(draws)
        ]
        rejected = np.mean(np.array(superior) < LEVEL)
        yield Row(f"SPA over {MODELS} models", on, float(rejected), draws, SIZES)


def described(draws: int, seed: int = 1) -> Iterator[Row]:
    """Older tests, which the product shows and which decide nothing."""
    rng = np.random.default_rng(seed)
    for persistence in PERSISTENCES:
        # Errors whose squares are as persistent as the losses above.
        of_errors = np.sqrt(persistence)
        errors, rivals = autoregressions(of_errors, (2, draws, MONTHS), rng)
        on = f"{MONTHS} months, squares of AR({of_errors:.2f})"
        found = {
            "Diebold-Mariano (shown only)": [
                diebold_mariano(*pair)[1] for pair in zip(errors, rivals, strict=True)
            ],
            # The larger model adds noise of its own to a benchmark that is right.
            "Clark-West (shown only)": [
                clark_west(rival - 0.3 * own, rival)[1]
                for own, rival in zip(errors, rivals, strict=True)
            ],
            "Pesaran-Timmermann (shown only)": [
                pesaran_timmermann(*pair)[1] for pair in zip(errors, rivals, strict=True)
            ],
        }
        for what, p_values in found.items():
            yield Row(what, on, float(np.mean(np.array(p_values) < LEVEL)), draws, None)


def ratios(draws: int, seed: int = 2) -> Iterator[Row]:
    """Intervals of the ratio of RMSE of two monthly forecasts, of which one is worse by a fifth."""
    rng = np.random.default_rng(seed)
    truth = 1.2
    for persistence in PERSISTENCES:
        errors, rivals = autoregressions(np.sqrt(persistence), (2, draws, MONTHS), rng)
        bounds = np.array(
            [
                rmse_ratio_interval((truth * own) ** 2, rival**2)
                for own, rival in zip(errors, rivals, strict=True)
            ]
        )
        covered = (bounds[:, 0] <= truth) & ~(bounds[:, 1] < truth)
        on = f"{MONTHS} months, squares of AR({np.sqrt(persistence):.2f})"
        yield Row("95 % interval of a ratio of RMSE", on, float(covered.mean()), draws, INVERTED)


def bands(draws: int, seed: int = 5) -> Iterator[Row]:
    """Test of a band that holds what it claims, for errors that persist more and more."""
    from scipy.stats import norm

    rng = np.random.default_rng(seed)
    edge = norm.isf((1 - BAND) / 2)
    for persistence in PERSISTENCES:
        inside = np.abs(autoregressions(persistence, (draws, MONTHS), rng)) <= edge
        rejected = np.mean([coroneo_iacone(one - BAND)[1] < LEVEL for one in inside])
        on = f"{MONTHS} months, errors AR({persistence:g})"
        decides = persistence < LUMPED
        what = f"coverage of a {BAND:.0%} band{'' if decides else ' (shown only)'}"
        yield Row(what, on, float(rejected), draws, SIZES if decides else None)


def daily(draws: int, seed: int = 3) -> Iterator[Row]:
    """Tests and intervals of losses of thousands of days."""
    rng = np.random.default_rng(seed)
    on = f"{DAYS} days, overlapping over {HORIZON}"
    rejected, fixed = np.zeros((2, draws), dtype=bool)
    outside = {block: np.zeros(draws, dtype=bool) for block in BLOCKS}
    for start in range(0, draws, BATCH):
        losses = overlapping(min(BATCH, draws - start), rng)
        here = slice(start, start + len(losses))
        rejected[here] = [hac_test(one, HAC_LAGS)[1] < LEVEL for one in losses]
        fixed[here] = [coroneo_iacone(one)[1] < LEVEL for one in losses]
        for block in BLOCKS:
            counts = block_counts(DAYS, block, RESAMPLES, rng)
            low, high = block_interval(losses.mean(axis=1), (losses @ counts / DAYS).T, DAYS, block)
            outside[block][here] = (low > 0) | (high < 0)
    yield Row(f"HAC test, {HAC_LAGS} lags", on, float(rejected.mean()), draws, SIZES)
    yield Row("Coroneo-Iacone", on, float(fixed.mean()), draws, SIZES)
    for block, missed in outside.items():
        what = f"95 % interval, blocks of {block} days, misses"
        yield Row(what, on, float(missed.mean()), draws, SIZES)


def stress_days(n: int, rng: np.random.Generator) -> tuple[BoolArray, FloatArray]:
    """A label like F21 and two scores of it that go together, ``(n,)`` and ``(n, 2)``.

    Stress is a coming month of high volatility; scores see today's, each with noise of its own.
    """
    from scipy.stats import norm

    volatility = autoregressions(PERSISTENCE, (n + HORIZON,), rng)
    sums = np.append(0.0, volatility.cumsum())
    coming = (sums[HORIZON + 1 :] - sums[1:-HORIZON]) / HORIZON
    lags = np.arange(1, HORIZON)
    variance = (HORIZON + 2 * ((HORIZON - lags) * PERSISTENCE**lags).sum()) / HORIZON**2
    label = coming > np.sqrt(variance) * norm.isf(BASE_RATE)
    noise = autoregressions(NOISE_PERSISTENCE, (2, n), rng)
    return label, (volatility[:n] + np.array(NOISES)[:, None] * noise).T


def episodes_of(label: BoolArray) -> int:
    """Runs of stress, of which those up to ``EPISODE_GAP`` calm days apart are one."""
    days = np.flatnonzero(label)
    return int(len(days) > 0) + int((np.diff(days) > EPISODE_GAP + 1).sum())


def true_difference(rng: np.random.Generator, n: int = 2_000_000) -> float:
    """Of the two scores' AUROC, over so many days that nothing is left to chance."""
    label, scores = stress_days(n, rng)
    return auroc(label, scores[:, 0]) - auroc(label, scores[:, 1])


def episodes(samples: int, seed: int = 4, truth: float | None = None) -> Iterator[Row]:
    """Intervals of a difference of AUROCs, in samples with exactly so many episodes."""
    rng = np.random.default_rng(seed)
    truth = true_difference(rng) if truth is None else truth
    for wanted, n in EPISODES.items():
        covered, counts = [], np.empty((0, 0))
        while len(covered) < samples:
            label, scores = stress_days(n, rng)
            if episodes_of(label) != wanted:
                continue
            if len(covered) % BATCH == 0:
                counts = block_counts(n, EPISODE_BLOCK, RESAMPLES, rng)
            draws = auroc_of_counts(label, scores, counts)
            estimate = auroc(label, scores[:, 0]) - auroc(label, scores[:, 1])
            low, high = episode_interval(estimate, draws[:, 0] - draws[:, 1], wanted)
            covered.append(low <= truth <= high)
        yield Row(
            "95 % interval of a difference of AUROCs",
            f"{n} days with {wanted} episodes",
            float(np.mean(covered)),
            samples,
            COVERAGES,
        )


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| what | on | share | bounds | draws | |", "|---|---|---|---|---|---|"]
    for row in rows:
        bounds = "none" if row.bounds is None else f"{row.bounds[0]:.2f} to {row.bounds[1]:.2f}"
        word = "" if row.holds else "BROKEN"
        lines.append(
            f"| {row.what} | {row.on} | {row.share:.3f} | {bounds} | {row.draws:,} | {word} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Simulate all, print the table, and say by the exit code whether every bound held."""
    parser = argparse.ArgumentParser(
        prog="python -m sfr_pipeline_tests.evaluation.sizes", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} too")
    parser.add_argument("--draws", type=int, default=10_000, help="simulations of each test")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    for part in (monthly, ratios, bands, daily, described):
        rows += part(options.draws)
    rows += episodes(options.draws // 5)
    text = table(rows)
    print(text)
    if options.write:
        heading = "# Sizes of the tests, coverage of the intervals"
        told = "`make test-sizes` simulates them; shares of rejections at 5 %, or of intervals."
        RESULTS.write_text(f"{heading}\n\n{told}\n\n{text}\n", encoding="utf-8")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
