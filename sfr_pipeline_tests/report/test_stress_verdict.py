"""The verdict on daily stress is true whatever was found."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import contender
from sfr_pipeline.report.stress.verdict import stress_summary
from sfr_pipeline_tests.report import stress_frames as daily_frames

ABOVE, LEVEL, BELOW = (0.03, 0.01, 0.06), (0.02, -0.01, 0.05), (-0.05, -0.15, -0.013)
OWN = contender("stress").name


def verdict_of(aurocs=None, contender=None, **group):
    scores = daily_frames.headline(aurocs, contender, **group)
    return stress_summary({"stress_scores": scores}).verdict


def test_a_contender_above_all_bars():
    assert verdict_of(contender=daily_frames.AHEAD) == (
        f"Over 3,231 test days with 8 episodes of stress, {OWN} tells best whether the next 21 "
        "trading days bring stress: AUROC 0.900 (95 % interval 0.70 to 0.96). It, this project's "
        "candidate, is above EWMA "
        "volatility (+0.030, +0.010 to +0.060), GARCH volatility (+0.030, +0.010 to +0.060), "
        "HAR-logit of one market (+0.030, +0.010 to +0.060) and HAR-logit of several markets "
        "(+0.030, +0.010 to +0.060); Ridge on volatility gaps alone, fitted every year, has 0.868."
    )


def test_a_contender_above_one_bar_level_with_two_and_below_one():
    found = {
        "against_ewma": BELOW,
        "against_garch": LEVEL,
        "against_har_equity": LEVEL,
        "against_har": ABOVE,
    }
    text = verdict_of(daily_frames.AUROC | {"contender": 0.844}, found)
    assert "GARCH volatility, a baseline, tells best" in text
    assert f"This project's candidate, {OWN}, has AUROC 0.844" in text
    assert (
        "it is above HAR-logit of several markets (+0.030, +0.010 to +0.060); level with GARCH "
        "volatility (+0.020, -0.010 to +0.050) and HAR-logit of one market (+0.020, -0.010 to "
        "+0.050); below EWMA volatility (-0.050, -0.150 to -0.013); Ridge on volatility gaps alone"
        in text
    )


def test_an_interval_that_touches_zero_is_level():
    touching = {"against_ewma": (0.03, 0.0, 0.06), "against_garch": (-0.03, -0.06, 0.0)}
    text = verdict_of(contender=touching)
    assert "It, this project's candidate, is level with EWMA volatility" in text
    assert "above" not in text
    assert "below" not in text


def test_a_contender_that_was_not_run_is_not_passed_over():
    without = {
        model: auroc
        for model, auroc in daily_frames.AUROC.items()
        if not model.startswith("contender")
    }
    found = stress_summary({"stress_scores": daily_frames.headline(without)})
    assert found.contender is None
    assert found.verdict.endswith(f"{OWN}, this project's candidate, was not run.")


def test_too_few_episodes_prove_nothing():
    few = "So few episodes ({}) describe the past and prove nothing."
    assert few.format(4) in verdict_of(n_episodes=4)
    assert few.format(1) in verdict_of(n_episodes=1)
    assert "with 1 episode of stress" in verdict_of(n_episodes=1)
    assert "prove nothing" not in verdict_of(n_episodes=5)


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
    winner = {"tcn": 0.99, "contender": 0.98}
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
