"""Daily stress on the command line: its newest probability, its verdict, its refresh."""

import datetime as dt

import pandas as pd

from sfr_pipeline.cli.predict import probability_lines
from sfr_pipeline.cli.refresh_plan import as_text as plan_text
from sfr_pipeline.cli.refresh_plan import plan_refresh
from sfr_pipeline.cli.summary import print_summary
from sfr_pipeline.evaluation.models import benchmark, contender, lead, name_of
from sfr_pipeline.report.stress.verdict import as_lines, stress_summary
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline_tests.report import stress_frames

OWN, LEAD = contender("stress"), lead("stress")


def test_the_command_line_tells_the_newest_probability_beside_the_base_rate(world, frames):
    predictions = frames["stress_predictions"].copy()
    newest = predictions["date"] == predictions["date"].max()
    predictions.loc[newest & (predictions["model"] == OWN.id), "probability"] = 0.234
    newer = frames | {"stress_predictions": predictions}
    lines = as_lines(world, newer)
    told = " ".join(line[17:] for line in lines)
    assert told == (
        f"probability 23 % in the 21 trading days after 2010-04-19 ({OWN.name}; base rate 6 %) "
        f"{stress_summary(newer).verdict} All scores: table stress_scores."
    )
    labels = [line[:17].strip() for line in lines]
    assert [label for label in labels if label] == ["stress ahead", "daily stress"]
    assert max(map(len, lines)) <= 100
    # Another rule that scores better speaks in its place; without any base rate nobody does.
    scores = frames["stress_scores"]
    other = stress_frames.REFERENCES[0]
    scores = scores.assign(auroc=scores["auroc"].mask(scores["model"] == other, 0.99))
    latest = stress_summary(newer | {"stress_scores": scores}).latest
    assert (latest.model, latest.name) == (other, name_of("stress", other))
    row = predictions[newest & (predictions["model"] == other)].iloc[0]
    assert latest.probability == row["probability"]
    without = predictions[predictions["model"] != benchmark("stress").id]
    assert stress_summary(frames | {"stress_predictions": without}).latest is None


def asked(seeds=True):
    """What `latest_probabilities` returns of a few models."""
    spread = 0.01 if seeds else 0
    rows = [
        (model, probability, probability - spread * (model == LEAD.id))
        for model, probability in (
            (OWN.id, 0.2), (LEAD.id, 0.3), ("unheard_of", 0.4), ("ewma", 0.5),
            (benchmark("stress").id, 0.06),
        )
    ]  # fmt: skip
    return pd.DataFrame(
        [
            {"date": pd.Timestamp("2010-04-19"), "label": "F21", "model": model,
             "probability": probability, "lowest_seed": lowest, "highest_seed": probability,
             "origin": pd.Timestamp("2009-12-31")}
            for model, probability, lowest in rows
        ]
    )  # fmt: skip


def test_the_best_rule_stands_first_and_is_marked_as_such(world, frames):
    head, *lines = probability_lines(world, asked(), frames["stress_scores"])
    assert head.endswith("probability of stress (F21) as of 2010-04-19, base rate 6 %")
    aurocs = stress_frames.AUROC
    assert lines == [
        f"  0.200  {OWN.name} (AUROC 0.900; the best by its score; trained to 2009-12-31)",
        "  0.500  EWMA volatility (AUROC 0.893; trained to 2009-12-31)",
        f"  0.300  {LEAD.name} (AUROC {aurocs[LEAD.id]:.3f}; trained to 2009-12-31; single seeds "
        "0.290 to 0.300)",
        "  0.400  unheard_of (not judged; trained to 2009-12-31)",
    ]
    scores = frames["stress_scores"]
    turned = scores.assign(auroc=scores["auroc"].mask(scores["model"] == "ewma", 0.95))
    first = list(probability_lines(world, asked(), turned))[1]
    assert first.startswith("  0.500  EWMA volatility (AUROC 0.950; the best by its score")
    # Nobody is first before the scores are there.
    untold = list(probability_lines(world, asked(seeds=False), None))
    assert untold[1] == f"  0.200  {OWN.name} (not judged; trained to 2009-12-31)"
    assert "best" not in " ".join(untold)
    assert "seeds" not in " ".join(untold)


def test_the_summary_of_a_market_without_an_index(world, frames, tmp_path, capsys):
    warehouse = Warehouse(root=str(tmp_path))
    print_summary(world, warehouse)
    assert "daily stress   unknown: materialize world/stress_scores" in capsys.readouterr().out
    for name, frame in frames.items():
        warehouse.store.write("world", next(t for t in tables.TABLES if t.name == name), frame)
    print_summary(world, warehouse)
    told = capsys.readouterr().out
    assert told.startswith("World markets, stress leg alone (real data)\n")
    assert "\n".join(as_lines(world, frames)) in told


def test_the_refresh_of_a_market_without_an_index_speaks_of_prices(world, tmp_path):
    plan = plan_refresh(world, Warehouse(root=str(tmp_path)), dt.date.today())
    assert plan.inputs.empty
    text = plan_text(plan)
    assert "a refresh fetches all of its daily prices anew" in text
    assert "--partition" not in text
