"""The picture of early warning's scores: every model against the row to beat."""

import pandas as pd

from sfr_pipeline.evaluation.models import in_reading_order, name_of
from sfr_pipeline.report import grammar
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.forecasting.verdict import LEG, group_of, in_sentence
from sfr_pipeline.report.formats import fixed
from sfr_pipeline.report.grammar import rows
from sfr_pipeline.report.style import CALM, INK, RISK

VERDICT_WORDS = {
    "yes": "beats it",
    "undecided": "undecided",
    "no": "worse",
    "bar": "the row to beat",
}
VERDICT_COLOURS = {"yes": "#009e73", "undecided": CALM, "no": RISK, "bar": INK}
# So that verdicts are told apart in grey too.
VERDICT_SHAPES = {"yes": "triangle-left", "undecided": "circle", "no": "cross", "bar": "diamond"}
# Protocol of each target of the panels of scores, in reading order, and the panel's heading.
PANELS = {
    "basket": ("real_time", "real time, fixed basket (headline)"),
    "published": ("real_time", "real time, first published"),
    "index": ("paper", "paper's split, test part (looks ahead)"),
}
# Pixels of a model's row.
ROW = 19


def skill_chart(scores: pd.DataFrame) -> Chart:
    """RMSE of each model over that of the naive row to beat, with intervals; left of 1 is better.

    Args:
        scores: table ``forecast_scores``.
    """
    import altair as alt

    title = "RMSE of each model over that of the row to beat (left of 1: better)"
    groups = {name: group_of(scores, of, name) for name, (of, _) in PANELS.items()}
    groups = {name: group for name, group in groups.items() if len(group)}
    if not groups:
        return nothing(title, "too few forecasts to be judged")
    shown = ["target", "model", "bar_ratio", "bar_low", "bar_high", "p_bar", "beats_bar", "rmse"]
    judged = pd.concat(groups.values(), ignore_index=True)
    table = judged[["protocol", *shown, "bar", "n_forecasts"]]
    order = in_reading_order(LEG, table["model"])
    names = {model: name_of(LEG, model) for model in order}
    # An interval is cut where it has no end, or leaves what the ratios themselves span.
    span = [float(table["bar_ratio"].min()) / 2, float(table["bar_ratio"].max()) * 2]
    present = [verdict for verdict in VERDICT_WORDS if (table["beats_bar"] == verdict).any()]
    legend = alt.Legend(labelExpr=grammar.called(VERDICT_WORDS), symbolType="circle")
    chosen = alt.selection_point(name="chosen", fields=["beats_bar"], bind="legend")
    encoded = {
        "y": alt.Y(
            "model:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelExpr=grammar.called(names), labelColor=INK, grid=True),
        ),
        "color": alt.Color(
            "beats_bar:N",
            sort=present,
            scale=alt.Scale(domain=present, range=[VERDICT_COLOURS[name] for name in present]),
            legend=legend,
        ),
        "opacity": alt.condition(chosen, alt.value(1), alt.value(0.1)),
    }
    ratio = alt.Scale(type="log", domain=span, nice=False)
    axis = alt.Axis(values=_landmarks(*span), format="~g", labelFlush=False)
    base = alt.Chart(rows()).transform_calculate(
        name=f"{grammar.called(names, 'datum.model')}",
        against=f"{grammar.called({m: name_of(LEG, m) for m in table['bar']}, 'datum.bar')}",
        interval=(
            "format(datum.bar_low, '.2f') + ' to ' + "
            "(isValid(datum.bar_high) ? format(datum.bar_high, '.2f') : 'no end')"
        ),
        until=f"isValid(datum.bar_high) ? datum.bar_high : {span[1]}",
        since=f"max(datum.bar_low, {span[0]})",
        p="isValid(datum.p_bar) ? format(datum.p_bar, '.3f') : '–'",
    )
    told = [
        alt.Tooltip("name:N", title="model"),
        alt.Tooltip("bar_ratio:Q", title="ratio", format=".3f"),
        alt.Tooltip("against:N", title="to"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("p:N", title="p"),
        alt.Tooltip("n_forecasts:Q", title="forecasts"),
    ]
    ends = base.mark_rule(strokeWidth=2, clip=True).encode(
        x=alt.X("since:Q", scale=ratio, title=None, axis=axis), x2="until:Q", **encoded
    )
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("bar_ratio:Q", scale=ratio, title=None, axis=axis),
        shape=alt.Shape(
            "beats_bar:N",
            sort=present,
            scale=alt.Scale(domain=present, range=[VERDICT_SHAPES[name] for name in present]),
            legend=legend,
        ),
        tooltip=told,
        **encoded,
    )
    picture = grammar.panels(
        grammar.upright(1),
        ends,
        dots.add_params(chosen),
        by="target",
        names={name: PANELS[name][1] for name in groups},
        height=ROW * len(order),
        columns=len(groups),
    )
    description = _skill_words(judged[judged["target"] == next(iter(groups))])
    return Chart(title, description, table, picture)


def _skill_words(judged: pd.DataFrame) -> str:
    best = judged.iloc[0]
    others = judged[judged["model"] != best["bar"]]
    bar_name = in_sentence(name_of(LEG, str(best["bar"])))
    said = f"Over {best['n_forecasts']:,} forecasts the row to beat is {bar_name}"
    if len(others):
        closest = others.iloc[0]
        said += (
            f"; of all others {in_sentence(name_of(LEG, str(closest['model'])))} has the lowest "
            f"RMSE, {fixed(closest['bar_ratio'])} of that"
        )
    return (
        f"{said}. Lines are 95 % intervals; to beat it takes p < 0.05 alone and with account for "
        "all models."
    )


def _landmarks(low: float, high: float) -> list[float]:
    """Ratios that an axis names: narrow ranges show every step, wide ones the landmarks alone."""
    steps = (0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10)
    shown = [step for step in steps if low <= step <= high]
    return shown if len(shown) <= 6 else [step for step in shown if step in (0.5, 1, 2, 3, 5, 10)]
