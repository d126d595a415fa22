"""The charts of daily stress: one function each, from frames of the tables.

What was found, in words, is in `verdict`.
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import (
    FAMILIES,
    benchmark,
    contender,
    find,
    in_reading_order,
    models_of,
    name_of,
    references,
    simple_kind,
)
from sfr_pipeline.markets import Event
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.formats import fixed, listed, probability_text
from sfr_pipeline.report.grammar import (
    Line,
    event_marks,
    events,
    lines,
    over_time,
    pointer,
    rows,
    shades,
    spans,
    upright,
)
from sfr_pipeline.report.model_styles import (
    FAMILY_COLOURS,
    FAMILY_SHAPES,
    family_of,
    line_style,
    numbered_line,
)
from sfr_pipeline.report.stress.dots import (
    ROW,
    coloured,
    day_of,
    dots,
    height_of,
    lines_of,
    row_axis,
    shaped,
    toggled,
)
from sfr_pipeline.report.stress.verdict import LEG, MONTHLY, group_of, score_name
from sfr_pipeline.report.style import CALM, GRID, INK, PALETTE, RISK
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.beginning import AHEAD, HEADLINE
from sfr_pipeline.stress.paper_protocol import paper_table

# Trading days of a month, so that leads in months stand beside leads in days.
DAYS_A_MONTH = 21
# No warning in the ledger of events.
PALE = "#f7f8fa"
POOLED, WITHIN = "all test days pooled", "pairs of days of one year"
PRINTED = {
    "in_time_order": ("in time order", CALM, "circle"),
    "leaking": ("random windows: LEAKING", RISK, "triangle-up"),
    "paper": ("printed in the paper", PALETTE[1], "diamond"),
}


def auroc_chart(scores: pd.DataFrame, label: str = HEADLINE) -> Chart:
    """AUROC of every model's published probability with intervals, pooled and within years.

    Args:
        scores: table ``stress_scores``.
        label: whose walk-forward scores are drawn.
    """
    import altair as alt

    title = f"AUROC of each model's probability of {label}"
    found = group_of(scores, label)
    if found.empty:
        return nothing(title, f"no walk-forward scores of label {label}")
    columns = ["auroc", "auroc_low", "auroc_high", "auroc_within_year", "within_low", "within_high"]
    table = found[["model", *columns]].copy()
    table.insert(1, "name", [name_of(LEG, model) for model in table["model"]])
    table.insert(2, "family", [FAMILIES[family_of(LEG, model)] for model in table["model"]])
    families = [family for family in FAMILIES if FAMILIES[family] in set(table["family"])]
    lowest = float(np.fmin(0.3, np.nanmin([0.3, *table[columns].min()]) - 0.02))
    x = alt.Scale(domain=[lowest, 1], zero=False)
    chosen, opacity = toggled("family")
    told = ["name:N", "family:N", *(alt.Tooltip(f"{column}:Q", format=".3f") for column in columns)]
    parts = [
        layer
        for number, (line, value, low, high) in enumerate(
            ((POOLED, *columns[:3]), (WITHIN, *columns[3:]))
        )
        for layer in dots(
            value, low, high, line=line, tooltip=told,
            x=alt.X(f"{value}:Q", title="AUROC, 95 % interval; without skill 0.5", scale=x),
            y=row_axis("model", dict(zip(table["model"], table["name"], strict=True))),
            color=coloured("family", {FAMILIES[f]: FAMILY_COLOURS[f] for f in families}),
            shape=shaped("family", {FAMILIES[f]: FAMILY_SHAPES[f] for f in families}),
            opacity=opacity if number == 0 else alt.condition(
                chosen, alt.value(0.45), alt.value(0.04)
            ),
            **lines_of("line", (POOLED, WITHIN)),
        )
    ]  # fmt: skip
    parts[0] = parts[0].add_params(chosen)
    picture = alt.layer(upright(0.5), *parts).properties(
        width="container", height=height_of(len(table), 2)
    )
    first = table.iloc[0]
    judged = table["auroc"].notna()
    best = (
        f"{first['name']} has the highest, {fixed(first['auroc'])}"
        if judged.any()
        else "none can be judged"
    )
    return Chart(
        title,
        f"Of {len(table)} models {best}. The strong dot of each is over {POOLED}, the pale one "
        f"over {WITHIN}; an interval that holds 0.5 shows no skill.",
        table,
        picture,
    )


def paper_chart(scores: pd.DataFrame) -> Chart:
    """The paper's Table 1: as printed, in time order, and with random windows, which leak.

    Args:
        scores: table ``stress_scores``.
    """
    import altair as alt

    title = "The paper's experiment: F1 in time order and with random windows"
    metrics = ("f1", "accuracy", "recall")
    columns = [
        f"paper_{metric}" if kind == "paper" else f"{metric}_{kind}"
        for metric in metrics
        for kind in PRINTED
    ]
    found = paper_table(scores)
    table = found[["model", *columns]].astype(dict.fromkeys(columns, float))
    run = [column for column in columns if not column.startswith("paper_")]
    table = table[table[run].notna().any(axis=1)].reset_index(drop=True)
    if table.empty:
        return nothing(title, "no scores under the paper's protocol")
    table.insert(1, "name", [_marked(model) for model in table["model"]])
    names = dict(zip(table["model"], table["name"], strict=True))
    chosen, opacity = toggled("kind")
    told = ["name:N", *(alt.Tooltip(f"{column}:Q", format=".3f") for column in columns)]
    said = {kind: label for kind, (label, _, _) in PRINTED.items()}
    # In the order of the legend: where a score stands.
    base = alt.Chart(rows()).transform_fold([*columns[: len(PRINTED)]], as_=["which", "value"])
    base = base.transform_calculate(
        kind=f"{json.dumps(dict(zip(columns, said.values(), strict=False)))}[datum.which]"
    )
    y = row_axis("model", names)
    marks = base.mark_point(filled=True, size=60).encode(
        x=alt.X("value:Q", title="F1", scale=alt.Scale(domain=[0, 1])),
        y=y,
        color=coloured("kind", {label: colour for label, colour, _ in PRINTED.values()}),
        shape=shaped("kind", {label: shape for label, _, shape in PRINTED.values()}),
        opacity=opacity,
        tooltip=told,
    )
    between = alt.Chart(rows()).mark_rule(color=INK, strokeWidth=0.7, opacity=0.5)
    between = between.encode(x=f"{columns[0]}:Q", x2=f"{columns[1]}:Q", y=y)
    picture = alt.layer(between, marks.add_params(chosen)).properties(
        width="container", height=height_of(len(table), 1)
    )
    printed = table[table["paper_f1"].notna()]
    text = "Random windows share days with those learnt from, so what they reach is no skill."
    if len(printed):
        mean = printed[["f1_in_time_order", "f1_leaking", "paper_f1"]].mean()
        text = (
            f"Of the {len(printed)} networks whose scores are printed, the mean F1 is "
            f"{fixed(mean.iloc[0], 2)} in time order, {fixed(mean.iloc[1], 2)} with random windows "
            f"and {fixed(mean.iloc[2], 2)} in the paper. {text}"
        )
    return Chart(title, text, table, picture)


def probability_chart(
    predictions: pd.DataFrame,
    events_of: Sequence[Event] = (),
    models: Sequence[str] | None = None,
) -> Chart:
    """Probability of stress in the coming days beside its base rate, days before stress shaded.

    Args:
        predictions: table ``stress_predictions``.
        events_of: of the catalogue; their onsets are marked.
        models: ids of those that are drawn beside the base rate, the first one first; by default
            the contender and the simple rule that it is first held against.
    """
    import altair as alt

    title = f"Probability of stress within {AHEAD} trading days"
    found = predictions[
        (predictions["protocol"] == "walk_forward")
        & (predictions["label"] == HEADLINE)
        & (predictions["seed"] == MEAN_OF_SEEDS)
    ]
    if found.empty:
        return nothing(title, f"no walk-forward predictions of label {HEADLINE}")
    wide = found.pivot(index="date", columns="model", values="probability").sort_index()
    shown = (contender(LEG).id, references(LEG)[0].id) if models is None else models
    base = benchmark(LEG).id
    drawn = [model for model in dict.fromkeys((*shown, base)) if model in wide]
    stressed = found.drop_duplicates("date").set_index("date")["actual"].reindex(wide.index)
    # In the warehouse it is a column of every model, alike in all.
    table = wide[drawn].assign(actual=stressed).rename_axis(columns=None).reset_index()
    styles = {model: _line(model, place) for place, model in enumerate(drawn)}
    marks = pd.DataFrame(
        [(event.name, pd.Timestamp(event.onset)) for event in events_of], columns=["name", "onset"]
    )
    values = [0, 0.2, 0.4, 0.6, 0.8, 1]
    picture = over_time(
        shades("before_stress"),
        lines(
            styles,
            "date",
            title,
            # Room for the names of the events above the lines.
            scale=alt.Scale(domain=[0, 1.22]),
            axis=alt.Axis(format=".0%", values=values),
        ),
        events(),
        pointer({model: name_of(LEG, model) for model in drawn}, "date", 3, "%d %B %Y"),
        height=280,
    )
    newest = table.iloc[-1]
    told = [
        f"{probability_text(newest[model])} by {name_of(LEG, model)}"
        for model in drawn
        if model != base and pd.notna(newest[model])
    ]
    told += [f"base rate {probability_text(newest[base])}"] if base in drawn else []
    n_before, n_known = int((stressed == 1).sum()), int(stressed.notna().sum())
    return Chart(
        title,
        f"After {newest['date']:%Y-%m-%d}: {'; '.join(told)}. Shaded are the {n_before:,} of "
        f"{n_known:,} days that were followed by stress.",
        table,
        picture,
        {
            "before_stress": spans(table["date"], table["actual"].eq(1).fillna(False).astype(bool)),
            "events": event_marks(marks, *wide.index[[0, -1]]),
        },
    )


def event_chart(found: pd.DataFrame) -> Chart:
    """How long before each event the alarms of each score stood, as a ledger.

    Args:
        found: table ``event_scores``.
    """
    import altair as alt

    title = "Alarms before named events: how many trading days ahead"
    featured = [model.id for model in models_of(LEG) if model.featured]
    monthly = found["label"].isin(MONTHLY)
    shown = found[((found["label"] == HEADLINE) & found["model"].isin(featured)) | monthly]
    if shown.empty:
        return nothing(title, "no named event lies in the test years")
    shown = shown.sort_values(["onset", "event"], ignore_index=True)
    monthly = shown["label"].isin(MONTHLY)
    score = shown["label"].where(monthly, shown["model"])
    scores = in_reading_order(LEG, score[~monthly])
    scores += [name for name in MONTHLY if (score == name).any()]
    lead = pd.to_numeric(shown["lead"]).astype(float)
    columns = ["event", "name", "onset", "label", "model", "warned", "lead", "on_at_start"]
    table = shown[columns].assign(
        score=score.map(score_name),
        trading_days=lead * np.where(monthly, DAYS_A_MONTH, 1),
        told=[_lead_in_words(row) for row in shown.to_dict("records")],
    )
    counts = {
        score_name(name): (int(table.loc[own, "warned"].sum()), int(own.sum()))
        for name in scores
        for own in [score == name]
    }
    first = table.drop_duplicates("event").set_index("event")
    named = {str(event): f"{row['name']}, {row['onset']:%Y-%m}" for event, row in first.iterrows()}
    axis = alt.Axis(orient="top", labelAngle=-35, labelLimit=170, ticks=False, domain=False)
    base = (
        alt.Chart(rows())
        .transform_calculate(told_day=day_of("onset"))
        .encode(
            x=alt.X("score:N", sort=list(counts), title=None, axis=axis),
            y=row_axis("event", named),
            tooltip=[
                alt.Tooltip("name:N", title="event"),
                alt.Tooltip("told_day:N", title="onset"),
                "score:N",
                alt.Tooltip("told:N", title="lead"),
            ],
        )
    )
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.condition(
            "datum.warned",
            alt.Color(
                "trading_days:Q",
                scale=alt.Scale(domain=[0, 6 * DAYS_A_MONTH], range=[GRID, CALM], clamp=True),
                legend=None,
            ),
            alt.value(PALE),
        )
    )
    # Dark cells have light text.
    light = alt.condition(
        f"datum.trading_days > {3 * DAYS_A_MONTH}", alt.value("white"), alt.value(INK)
    )
    picture = alt.layer(cells, base.mark_text(fontSize=11).encode(text="told:N", color=light))
    told = listed([f"{name} of {warned} of {n}" for name, (warned, n) in counts.items()])
    return Chart(
        title,
        f"Warned of: {told}. With ≥, the alarm was on when the window began; a dash is no warning, "
        "an empty cell an event outside the score's history.",
        table,
        picture.properties(width="container", height=ROW * len(named)),
    )


def _lead_in_words(row: Mapping[str, object]) -> str:
    if not row["warned"]:
        return "–"
    unit = " months" if row["label"] in MONTHLY else ""
    return f"{'≥ ' if row['on_at_start'] else ''}{int(str(row['lead']))}{unit}"


def _line(model: str, place: int) -> Line:
    record = find(LEG, model)
    return line_style(record) if record else numbered_line(name_of(LEG, model), place)


def _marked(model: str) -> str:
    name, kind = name_of(LEG, model), simple_kind(LEG, model)
    return f"{name} ({kind})" if kind else name
