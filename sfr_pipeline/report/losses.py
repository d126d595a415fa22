"""Loss over the epochs of networks: mean and range over the seeds, a panel a fit.

Belongs here: what is told of seeds, and how it looks. Does not belong here: which fits a leg shows.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.report.grammar import called, legend_choice, rows
from sfr_pipeline.report.style import CALM, RISK

if TYPE_CHECKING:
    import altair as alt

PARTS = {"training_loss": "training", "validation_loss": "validation"}
COLOURS = {"training": CALM, "validation": RISK}
HEIGHT = 150


def over_seeds(history: pd.DataFrame) -> pd.DataFrame:
    """Losses of one fit as mean and range over its seeds.

    A line ends where the first seed has stopped: beyond, the mean would be of others.

    Args:
        history: columns ``epoch``, ``seed``, ``training_loss``, ``validation_loss``.

    Returns:
        Columns ``part`` (training, validation; without rows where nothing was held back),
        ``epoch``, ``loss`` (the mean), ``low``, ``high``.
    """
    parts = []
    for column, part in PARTS.items():
        by_seed = history.pivot(index="epoch", columns="seed", values=column).dropna()
        found = pd.DataFrame(
            {
                "part": part,
                "loss": by_seed.mean(axis=1),
                "low": by_seed.min(axis=1),
                "high": by_seed.max(axis=1),
            }
        )
        parts.append(found.reset_index()[["part", "epoch", "loss", "low", "high"]])
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def loss_panels(by: str, names: Mapping[str, str]) -> "alt.FacetChart":
    """A panel for each value of a column, from rows of `over_seeds` as a chart's table.

    Args:
        by: column of the chart's table.
        names: of the panels by its values, in their order.
    """
    import altair as alt

    chosen = legend_choice("part")
    # A panel of two epochs has ticks between them.
    whole = "datum.value % 1 ? '' : format(datum.value, 'd')"
    x = alt.X("epoch:Q", title="epoch", axis=alt.Axis(grid=False, labelExpr=whole))
    scale = alt.Scale(type="log", nice=False)
    # A legend takes the paleness of its bands otherwise.
    legend = alt.Legend(symbolOpacity=1)
    colours = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    part = alt.Color("part:N", scale=colours, legend=legend)
    seen = alt.condition(chosen, alt.value(1), alt.value(0.08))
    base = alt.Chart().encode(x=x, color=part)
    told = [
        alt.Tooltip("part:N", title="loss of"),
        alt.Tooltip("epoch:Q", format="d"),
        alt.Tooltip("loss:Q", title="mean", format=".4g"),
        alt.Tooltip("low:Q", title="lowest of the seeds", format=".4g"),
        alt.Tooltip("high:Q", title="highest of them", format=".4g"),
    ]
    band = base.mark_area(opacity=0.2).encode(
        y=alt.Y("low:Q", scale=scale, title="loss", axis=alt.Axis(format="~g", tickCount=5)),
        y2="high:Q",
    )
    line = base.mark_line(strokeWidth=1.4).encode(
        y=alt.Y("loss:Q", scale=scale),
        strokeDash=alt.StrokeDash(
            "part:N",
            scale=alt.Scale(domain=list(COLOURS), range=[[1, 0], [4, 2]]),
            legend=legend,
        ),
        opacity=seen,
    )
    point = base.mark_point(filled=True, size=80, opacity=0).encode(
        y=alt.Y("loss:Q", scale=scale), tooltip=told
    )
    header = alt.Header(labelExpr=called(names, "datum.value"), labelLimit=320)
    facet = alt.Facet(f"{by}:N", sort=list(names), header=header, title=None)
    one = alt.layer(band, line.add_params(chosen), point, data=rows()).properties(height=HEIGHT)
    return one.facet(facet, columns=min(len(names), 3))
