"""The verdict on daily stress is true whatever was found, and names no winner before its time."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import contender, models_of, name_of, references
from sfr_pipeline.report.stress.verdict import DECIDABLE, stress_summary
from sfr_pipeline_tests.report import stress_frames as daily_frames

ABOVE, LEVEL, BELOW = (0.03, 0.01, 0.06), (0.02, -0.01, 0.05), (-0.05, -0.15, -0.013)
TOUCHING = (0.03, 0.0, 0.06)
TOLD = {
    ABOVE: "(+0.030, +0.010 to +0.060)",
    LEVEL: "(+0.020, -0.010 to +0.050)",
    BELOW: "(-0.050, -0.150 to -0.013)",
    TOUCHING: "(+0.030, +0.000 to +0.060)",
}
OWN = contender("stress")
RIVALS = [rival.id for rival in references("stress")]
WORDS = ("above", "below", "level", "best of", "beats", "wins", "ahead")


def verdict_of(aurocs=None, differences=None, **group):
    scores = daily_frames.headline(aurocs, differences, **group)
    return stress_summary({"stress_scores": scores}).verdict


def against(found):
    """Differences by rival, from `found` in reading order; the last one for all that follow."""
    standing = [*found, *[found[-1]] * (len(RIVALS) - len(found))]
    return {f"against_{rival}": own for rival, own in zip(RIVALS, standing, strict=True)}


def told(rivals, difference):
    names = [f"{name_of('stress', rival)} {TOLD[difference]}" for rival in rivals]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def test_with_few_episodes_the_question_is_undecided_by_design_whoever_is_ahead():
    text = verdict_of(differences=against([ABOVE]))
    assert text == (
        "Who tells best whether the next 21 trading days bring stress is undecided by design: "
        "3,231 test days with 8 episodes of stress are too few, it takes some 50. This project's "
        f"candidate, {OWN.name}, has AUROC 0.900 (95 % interval 0.70 to 0.96); less that of a "
        f"rival: {told(RIVALS, ABOVE)}."
    )
    for differences in (against([ABOVE]), against([BELOW]), against([LEVEL])):
        text = verdict_of(differences=differences, n_episodes=DECIDABLE - 1)
        assert "undecided by design" in text
        # Of what stands above, level or below nothing is said, nor is a winner called.
        assert not any(word in text for word in WORDS)
    assert "with 1 episode of stress are too few" in verdict_of(n_episodes=1)


def test_with_episodes_enough_a_difference_counts_by_its_interval_alone():
    text = verdict_of(differences=against([BELOW, LEVEL, ABOVE]), n_episodes=DECIDABLE)
    assert "undecided" not in text
    assert text.startswith(
        "Whether the next 21 trading days bring stress is judged on 3,231 test days with 50 "
        "episodes of stress."
    )
    assert (
        f"it is above {told(RIVALS[2:], ABOVE)}; level with {told(RIVALS[1:2], LEVEL)}; below "
        f"{told(RIVALS[:1], BELOW)}." in text
    )
    # Not the estimate decides but the interval, and one that touches 0 holds it.
    text = verdict_of(differences=against([TOUCHING]), n_episodes=DECIDABLE)
    assert f"it is level with {told(RIVALS, TOUCHING)}." in text


def test_rivals_that_are_fitted_at_other_intervals_are_not_compared():
    scores = daily_frames.headline(differences=against([ABOVE]), n_episodes=DECIDABLE)
    rarely, never = RIVALS[:2]
    scores.loc[scores["model"] == rarely, "refit_months"] = 48
    scores.loc[scores["model"] == never, "refit_months"] = 0
    found = stress_summary({"stress_scores": scores})
    # What is never fitted has no handicap.
    assert [pair.rival for pair in found.comparisons] == RIVALS[1:]
    assert found.verdict.endswith(
        f"; it is fitted every year and not compared with {name_of('stress', rarely)} (every 4 "
        "years)."
    )


def test_a_contender_that_was_not_run_is_not_passed_over():
    without = {model: auroc for model, auroc in daily_frames.AUROC.items() if model != OWN.id}
    found = stress_summary({"stress_scores": daily_frames.headline(without)})
    assert found.contender is None
    assert found.verdict.endswith(f"{OWN.name}, this project's candidate, was not run.")


def test_without_any_stress_no_model_is_judged():
    nothing = dict.fromkeys(daily_frames.AUROC, np.nan)
    text = verdict_of(nothing, base_rate=0.0, n_episodes=0)
    assert text == "No model can be judged: the 3,231 test days hold no stress."


def test_the_papers_table_is_told_beside_yesterdays_label(frames):
    text = stress_summary(frames).verdict
    assert (
        "random windows, which leak, move the networks' mean F1 from 0.69 in time order to 0.92 "
        "(the paper prints 0.84); yesterday's label alone has 0.95 and 0.97." in text
    )
    # The paper's mean is over the networks that were run, and none is claimed without any.
    bare = {"last_label": (0.95, 0.97), "cnn": (0.6, 0.9)}
    scores = pd.concat([daily_frames.headline(), daily_frames.paper_scores(bare)])
    assert "from 0.60 in time order to 0.90 (the paper prints 0.80)" in (
        stress_summary({"stress_scores": scores}).verdict
    )
    del bare["cnn"]
    scores = pd.concat([daily_frames.headline(), daily_frames.paper_scores(bare)])
    assert stress_summary({"stress_scores": scores}).paper is None


def test_the_verdict_rests_on_the_headline_group_alone():
    network = next(model.id for model in models_of("stress") if model.lead)
    winner = {network: 0.99, OWN.id: 0.98}
    others = [
        daily_frames.headline(winner, label="F5"),
        daily_frames.headline(winner, days="onset"),
        daily_frames.headline(winner, period="confirmation"),
        daily_frames.headline(winner, protocol="paper"),
    ]
    scores = pd.concat([*others, daily_frames.headline()], ignore_index=True)
    assert stress_summary({"stress_scores": scores}).verdict == verdict_of()
    with pytest.raises(EstimationError, match="no walk-forward row of label F21"):
        stress_summary({"stress_scores": others[0]})
