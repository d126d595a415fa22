"""The table of scores lacks nothing, and says what it lacks."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import models_of
from sfr_pipeline.forecasting.required import missing_rivals
from sfr_pipeline.forecasting.scores import score_rows
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.forecasting.simulated import KNOWLEDGE, both_protocols, forecasts

LEG = ["protocol", "split", "target", "horizon", "period"]
HEADLINE = ("real_time", "test", "basket", 1, "all")
FURTHER = ("real_time", "test", "basket", 3, "all")
PAPER = ("paper", "test", "index", 1, "all")
FITTED = ("paper", "train", "index", 1, "all")


def place(group):
    protocol, split, target, horizon, period = group
    return f"{protocol}, {split}, {target}, horizon {horizon}, {period}"


def in_group(frame, group):
    return (frame[LEG] == list(group)).all(axis=1)


def needed(group):
    """Ids by the records; which these must be for the models that ship, their own tests say."""
    protocol, _, _, horizon, _ = group
    return [
        model.id
        for model in models_of("forecasting")
        if protocol in model.required and horizon <= (model.months_ahead or horizon)
    ]


NEEDED = {group: needed(group) for group in (HEADLINE, FURTHER, PAPER, FITTED)}
RANDOM = [model.id for model in models_of("forecasting") if model.random]


def all_models(made):
    """The simulation and all models that it lacks, as copies of the ridge with a little noise."""
    rng = np.random.default_rng(17)

    def copies(model):
        rows = made[made["model"] == "ridge"].assign(model=model.id)
        seeds = range(5) if model.random else (MEAN_OF_SEEDS,)
        noisy = [
            rows.assign(seed=seed, change=rows["change"] + rng.normal(0, 0.02, len(rows)))
            for seed in seeds
        ]
        if model.random:
            noisy.append(rows.assign(change=sum(each["change"] for each in noisy) / len(noisy)))
        return pd.concat(noisy)

    lacking = [model for model in models_of("forecasting") if model.id not in KNOWLEDGE]
    whole = pd.concat([made, *map(copies, lacking)], ignore_index=True)
    run = pd.Series(False, whole.index)
    for model in models_of("forecasting"):
        for protocol in (*model.required, *model.optional):
            own = (whole["model"] == model.id) & (whole["protocol"] == protocol)
            run |= own & (whole["horizon"] <= (model.months_ahead or np.inf))
    return whole[run]


@pytest.fixture(scope="module")
def complete(mini):
    """Scores that lack nothing: all models, both parts of the paper's split."""
    made = both_protocols()
    fitted = forecasts("paper", start="1993-01", seed=1).assign(split="train")
    return score_rows(mini, all_models(pd.concat([made, fitted], ignore_index=True)))


def test_the_table_keeps_its_contract_and_lacks_nothing(complete):
    assert violations(tables.FORECAST_SCORES, complete) == []
    assert missing_rivals(complete) == []


@pytest.mark.parametrize(
    ("group", "model"), [(group, model) for group, ids in NEEDED.items() for model in ids]
)
def test_no_model_may_be_missing_from_a_group(complete, group, model):
    broken = complete[~(in_group(complete, group) & (complete["model"] == model))]
    assert missing_rivals(broken) == [f"{place(group)}: no row of {model}"]


def test_the_papers_protocol_may_lack_the_regime_model(complete):
    elsewhere = (complete["protocol"] == "paper") | (complete["horizon"] > 1)
    kept = complete[~elsewhere | (complete["model"] != "markov_switching")]
    assert missing_rivals(kept) == []


@pytest.mark.parametrize("group", [HEADLINE, PAPER, FITTED])
def test_no_main_group_may_be_missing(complete, group):
    assert missing_rivals(complete[~in_group(complete, group)]) == [
        f"{place(group)}: not judged at all"
    ]


@pytest.mark.parametrize("group", [HEADLINE, FURTHER])
def test_the_basket_is_not_judged_without_published_values(complete, group):
    protocol, split, _, horizon, period = group
    companion = in_group(complete, (protocol, split, "published", horizon, period))
    assert missing_rivals(complete[~companion]) == [
        f"{place((protocol, split, 'published', horizon, period))}: not judged at all"
    ]


CELLS = {
    "p_no_change": "no test against No change",
    "p_ar1": "no test against AR(1)",
    "p_clark_west": "no Clark-West test",
    "p_direction": "no test of the direction",
    "p_bar": "no test against the bar",
    "ratio_low": "no interval of the ratio",
    "bar_low": "no interval of the ratio to the bar",
    "p_mcs": "no model confidence set",
    "p_spa": "no test of superior predictive ability",
    "p_spa_bar": "no test of superior ability over the bar",
}


@pytest.mark.parametrize("column", CELLS)
@pytest.mark.parametrize("group", NEEDED)
def test_no_value_of_any_model_may_be_missing(complete, group, column):
    itself = {"p_ar1": "ar1", "p_no_change": "no_change", "p_clark_west": "no_change"}
    rows = complete[in_group(complete, group)]
    itself["p_bar"] = rows["bar"].iloc[0]
    # No change names no direction: its test of it does not exist.
    spared = "no_change" if column == "p_direction" else itself.get(column)
    broken = complete.copy()
    broken.loc[rows.index, column] = np.nan
    assert missing_rivals(broken) == [
        f"{place(group)}: {model} has {CELLS[column]}" for model in rows["model"] if model != spared
    ]


def test_coverage_may_be_missing_only_where_there_can_be_no_interval(complete):
    bare = complete["protocol"] == "paper"
    assert missing_rivals(complete.assign(coverage=complete["coverage"].mask(bare))) == []
    cell = in_group(complete, FURTHER) & (complete["model"] == "ridge")
    lacking = complete.assign(coverage=complete["coverage"].mask(cell))
    assert missing_rivals(lacking) == [f"{place(FURTHER)}: ridge has no coverage"]
    # The first interval three months ahead has 24 past errors behind it, at the 27th origin.
    for n_forecasts, lines in ((26, 0), (27, 1)):
        few = lacking.assign(n_forecasts=lacking["n_forecasts"].mask(cell, n_forecasts))
        assert len(missing_rivals(few)) == lines


@pytest.mark.parametrize("model", [model for model in NEEDED[HEADLINE] if model in RANDOM])
def test_models_with_randomness_need_five_seeds(complete, model):
    cell = in_group(complete, HEADLINE) & (complete["model"] == model)
    few = complete.assign(n_seeds=complete["n_seeds"].mask(cell, 4))
    assert missing_rivals(few) == [f"{place(HEADLINE)}: {model} has fewer than 5 seeds"]


def test_on_training_months_stands_no_verdict(complete):
    training = complete["split"] == "train"
    rivals = complete["model"] != "no_change"
    assert set(complete.loc[training & rivals, "beats_no_change"]) == {"in_sample"}
    assert set(complete.loc[training, "beats_bar"]) == {"in_sample", "bar"}
    assert set(complete.loc[training & ~rivals, "beats_no_change"]) == {"benchmark"}
    assert "in_sample" not in set(complete.loc[~training, "beats_no_change"])
    # The test itself is there: only the word is not.
    assert complete.loc[training & rivals, "p_no_change"].notna().all()
