"""The pictures of what is behind a forecast: the networks' training, and what moved the latest."""

import textwrap
from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.evaluation.models import name_of
from sfr_pipeline.forecasting.explanation import input_effects
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.forecasting.verdict import LEG
from sfr_pipeline.report.formats import fixed, number
from sfr_pipeline.report.grammar import called, rows, upright
from sfr_pipeline.report.losses import loss_panels, over_seeds
from sfr_pipeline.report.style import CALM, INK, MUTED, RISK

# Inputs of a picture, and characters of their names: bars need room on a phone.
MAX_INPUTS, LABEL_LENGTH = 12, 34
# Pixels of an input's two bars.
ROW = 26


def loss_chart(history: pd.DataFrame) -> Chart:
    """Loss over the epochs of each network's latest fit: mean and range over the seeds.

    Args:
        history: table ``training_history``.
    """
    title = "Loss of the networks' latest fits"
    parts, names = [], {}
    for (protocol, model), fits in history.groupby(["protocol", "model"], sort=True):
        latest = fits["origin"].max()
        fit = f"{protocol} {model}"
        where = str(protocol).replace("_", " ")
        names[fit] = f"{name_of(LEG, str(model))}, {where}, {latest:%Y-%m}"
        lost = over_seeds(fits[fits["origin"] == latest])
        parts.append(lost.assign(fit=fit, protocol=protocol, model=model, origin=latest))
    if not parts:
        return nothing(title, "no network was trained")
    table = pd.concat(parts, ignore_index=True)
    ends = table[table["part"] == "training"].groupby("fit")["loss"].last()
    description = (
        f"Mean and range over the seeds, a panel a network and protocol. The training loss ends at "
        f"{fixed(ends.min())} to {fixed(ends.max())}, in units of the standardised target."
    )
    return Chart(title, description, table, loss_panels("fit", names))


def explanation_chart(
    explanations: pd.DataFrame, model: str, names: Mapping[str, str] | None = None
) -> Chart:
    """What moved a model's latest forecast, by its own account and by leaving each input out.

    Args:
        explanations: table ``forecast_explanations``.
        model: id of the forecaster.
        names: of the inputs, for readers; one without a name shows its identifier.
    """
    import altair as alt

    title = f"What moved the forecast of {name_of(LEG, model)}"
    told = explanations[explanations["model"] == model]
    if told.empty:
        return nothing(title, "there is no forecast to explain")
    effects = input_effects(explanations, model).head(MAX_INPUTS)
    own = "contribution" if (told["method"] == "contribution").any() else "relevance"
    table = effects.rename(columns={"own": own}).rename_axis("variable").reset_index()
    called_so = {name: (names or {}).get(name, name) for name in table["variable"]}
    short = {
        name: textwrap.shorten(label, LABEL_LENGTH, placeholder=" …")
        for name, label in called_so.items()
    }
    accounts = {own: own, "left_out": "left out"}
    chosen = alt.selection_point(name="chosen", fields=["method"], bind="legend")
    methods = list(accounts)
    bars = (
        alt.Chart(rows())
        .transform_fold([*methods], as_=["method", "effect"])
        .transform_calculate(
            name=called(called_so, "datum.variable"), account=called(accounts, "datum.method")
        )
        .mark_bar()
        .encode(
            y=alt.Y(
                "variable:N",
                sort=list(called_so),
                title=None,
                axis=alt.Axis(labelExpr=called(short), labelColor=INK),
            ),
            yOffset=alt.YOffset("method:N", sort=methods),
            x=alt.X(
                "effect:Q",
                title="effect on the forecast, standard deviations",
                axis=alt.Axis(format="~g"),
            ),
            color=alt.Color(
                "method:N",
                sort=methods,
                scale=alt.Scale(domain=methods, range=[RISK, MUTED]),
                legend=alt.Legend(labelExpr=called(accounts), symbolType="square"),
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.1)),
            tooltip=[
                alt.Tooltip("name:N", title="input"),
                alt.Tooltip("account:N", title="measured as"),
                alt.Tooltip("effect:Q", format="+.3f"),
            ],
        )
        .add_params(chosen)
    )
    picture = alt.layer(bars, upright(0)).properties(width="container", height=ROW * len(table))
    first = table.iloc[0]
    description = (
        f"Made at the end of {told['origin'].max():%B %Y}. Most came from "
        f"{called_so[first['variable']]}: {number(first[own], 3)} by the model's own account, "
        f"{number(first['left_out'], 3)} by leaving it out."
    )
    return Chart(title, description, table, picture)


def attention_chart(explanations: pd.DataFrame, model: str) -> Chart:
    """How much of a network's attention each month before the origin had.

    Args:
        explanations: table ``forecast_explanations``.
        model: id of the network.
    """
    import altair as alt

    title = f"Attention of {name_of(LEG, model)} by month"
    own = explanations[(explanations["model"] == model) & (explanations["method"] == "attention")]
    if own.empty:
        return nothing(title, "this forecast has no attention")
    table = own.sort_values("lag")[["lag", "value"]].reset_index(drop=True)
    picture = (
        alt.Chart(rows())
        .mark_bar(color=CALM)
        .encode(
            x=alt.X(
                "lag:O",
                sort="descending",
                title="months before the origin",
                axis=alt.Axis(labelAngle=0),
            ),
            y=alt.Y("value:Q", title="weight"),
            tooltip=[
                alt.Tooltip("lag:Q", title="months before"),
                alt.Tooltip("value:Q", title="weight", format=".3f"),
            ],
        )
        .properties(width="container", height=130)
    )
    most = table.loc[table["value"].idxmax()]
    description = (
        f"Weights that the last month of the window gives to each month; the most, "
        f"{fixed(most['value'])}, at a lag of {most['lag']:.0f}."
    )
    return Chart(title, description, table, picture)
