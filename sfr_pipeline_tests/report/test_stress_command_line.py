"""Daily stress on the command line: its newest probability, its verdict, its refresh."""

import datetime as dt

from sfr_pipeline.cli.refresh_plan import as_text as plan_text
from sfr_pipeline.cli.refresh_plan import plan_refresh
from sfr_pipeline.cli.summary import print_summary
from sfr_pipeline.evaluation.models import contender
from sfr_pipeline.report.stress.verdict import as_lines, stress_summary
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables

OWN = contender("stress")


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
    without = predictions[predictions["model"] != OWN.id]
    assert stress_summary(frames | {"stress_predictions": without}).latest is None


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
