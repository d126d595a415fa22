"""The charts of how networks learnt and what they withstand, from frames of the tables.

Belongs here: small multiples of the stress leg. Does not belong here: what its scores show
(`charts`).
"""

import pandas as pd

from sfr_pipeline.evaluation.models import in_reading_order, name_of
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.formats import fixed
from sfr_pipeline.report.grammar import rows
from sfr_pipeline.report.losses import loss_panels, over_seeds
from sfr_pipeline.report.model_styles import numbered_line
from sfr_pipeline.report.stress.dots import coloured, dashed, toggled
from sfr_pipeline.report.stress.verdict import LEG
from sfr_pipeline.report.style import INK
from sfr_pipeline.stress.beginning import HEADLINE

PROTOCOLS = {
    "paper": "time order",
    "paper_random": "random windows: LEAKING",
    "walk_forward": "walk forward",
}
DISTURBANCES = {
    "noise": "noise on the inputs, standard deviations",
    "dropped": "share of columns dropped",
    "irrelevant": "irrelevant columns beside",
}
# Of small multiples: beside each other, and pixels of height.
COLUMNS, HEIGHT = 3, 130


def loss_chart(history: pd.DataFrame) -> Chart:
    """Loss over the passes of each network's latest fit, mean and range over the seeds.

    The paper's Figure 2, under each protocol.

    Args:
        history: table ``stress_training_history``.
    """
    title = "Loss over the passes of each network's latest fit"
    if history.empty:
        return nothing(title, "no network was trained")
    found, names = [], {}
    for protocol in PROTOCOLS:
        own = history[history["protocol"] == protocol]
        for model in in_reading_order(LEG, own["model"]):
            fits = own[own["model"] == model]
            # Of several labels the headline's; other profiles train networks on all.
            label = HEADLINE if (fits["label"] == HEADLINE).any() else fits["label"].iloc[0]
            fits = fits[fits["label"] == label]
            fits = fits[fits["fold"] == fits["fold"].max()]
            name = name_of(LEG, model)
            panel = f"{name}, {PROTOCOLS[protocol]}"
            names[panel] = panel
            about = {
                "protocol": protocol, "label": label, "model": model,
                "fold": fits["fold"].iloc[0], "name": name, "panel": panel,
            }  # fmt: skip
            found.append(over_seeds(fits).assign(**about))
    table = pd.concat(found, ignore_index=True)
    return Chart(
        title,
        f"{len(names)} panels, a network and protocol each: mean over the seeds, and their range. "
        "Walk-forward fits have no validation days.",
        table[[*about, *(column for column in table if column not in about)]],
        loss_panels("panel", names).resolve_scale(x="independent", y="independent"),
    )


def robustness_chart(robustness: pd.DataFrame) -> Chart:
    """AUROC as the inputs are perturbed in three ways.

    Args:
        robustness: table ``stress_robustness``.
    """
    import altair as alt

    title = "AUROC as the inputs are perturbed"
    if robustness.empty:
        return nothing(title, "no model was tried on perturbed inputs")
    clean = robustness[robustness["disturbance"] == "none"]
    columns = ["model", "disturbance", "amount", "auroc"]
    found = []
    for kind in DISTURBANCES:
        tried = robustness[robustness["disturbance"] == kind]
        # Every line begins at the clean inputs, of the models that were tried in this way.
        begin = clean[clean["model"].isin(tried["model"])].assign(disturbance=kind)
        found.append(pd.concat([begin, tried])[columns].sort_values(["model", "amount"]))
    table = pd.concat(found, ignore_index=True)
    models = in_reading_order(LEG, table["model"])
    table.insert(1, "name", [name_of(LEG, model) for model in table["model"]])
    table.insert(3, "panel", table["disturbance"].map(DISTURBANCES))
    styles = {
        model: numbered_line(name_of(LEG, model), place) for place, model in enumerate(models)
    }
    names = {model: style.label for model, style in styles.items()}
    chosen, opacity = toggled("model")
    base = alt.Chart().encode(
        x=alt.X("amount:Q", title=None, axis=alt.Axis(grid=False, tickCount=5, labelOverlap=True)),
        y=alt.Y("auroc:Q", title="AUROC", scale=alt.Scale(zero=False)),
        color=coloured("model", {m: s.colour for m, s in styles.items()}, names, "stroke"),
        opacity=opacity,
    )
    dash = dashed("model", {m: s.dash for m, s in styles.items()}, names)
    told = ["name:N", "disturbance:N", "amount:Q", alt.Tooltip("auroc:Q", format=".3f")]
    half = alt.Chart().mark_rule(color=INK, strokeWidth=0.8).encode(y=alt.datum(0.5))
    panel = alt.layer(
        half,
        base.mark_line(strokeWidth=1.3).encode(strokeDash=dash).add_params(chosen),
        base.mark_point(filled=True, size=36).encode(tooltip=told),
        data=rows(),
    )
    picture = panel.properties(height=int(1.5 * HEIGHT)).facet(
        alt.Facet("panel:N", sort=list(DISTURBANCES.values()), title=None), columns=COLUMNS
    )
    worst = robustness.loc[robustness["change"].astype(float).idxmin()]
    return Chart(
        title,
        f"Of {len(models)} models, {name_of(LEG, worst['model'])} loses most, "
        f"{fixed(-worst['change'])} ({worst['disturbance']} {worst['amount']:g}). A line begins at "
        "the clean inputs.",
        table,
        picture.resolve_scale(x="independent"),
    )
