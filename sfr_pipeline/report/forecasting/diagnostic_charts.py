"""Which series carry information about each other: a network of transfer entropies."""

import json
import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.formats import fixed, listed
from sfr_pipeline.report.grammar import LINE_HEIGHT, called, rows
from sfr_pipeline.report.style import CALM, GRID, INK, LABEL_LENGTH, RISK

if TYPE_CHECKING:
    import altair as alt

LEVEL = 0.05
# Width in pixels of the strongest edge, and of one that is hardly there.
WIDEST, THINNEST = 5.0, 0.8
# What the picture shows of the plane in which the inputs stand on a circle of radius 1: room for
# their names beside it. Its height in pixels.
ACROSS, UP, HEIGHT = (-2.1, 2.1), (-1.45, 1.4), 380
# Characters in a line of a name: what a phone has room for.
LABEL_WIDTH = 16
# Points of an edge's curve; how far its middle stands off the straight line.
N_POINTS, BEND = 15, 0.15
DIRECTIONS = {"to_index": "informs the index", "from_index": "is informed by the index"}

Places = dict[str, tuple[float, float]]


def transfer_network(transfer_entropy: pd.DataFrame, names: Mapping[str, str]) -> Chart:
    """Directed edges that are significant in the primary setting in real time.

    The index stands in the middle. Width is the effective transfer entropy; edges whose adjusted
    p-value is above 5 per cent are left out, and where none is left the picture says so. Edges to
    what shares a series with the index are dashed, and the description does not count them. Each
    input tells both of its directions at the pointer, significant or not.

    Args:
        transfer_entropy: table ``transfer_entropy``.
        names: of the variables, for readers.
    """
    title = "Transfer of information between the index and its inputs"
    chosen = (transfer_entropy["mode"] == "real_time") & (transfer_entropy["setting"] == "primary")
    found = transfer_entropy[chosen].reset_index(drop=True)
    if found.empty:
        return nothing(title, "there are no pairs to relate")
    shown = ["source", "target", "effective_transfer_entropy", "p_adjusted", "shares_series"]
    table = found[shown]
    index = _index(table)
    labels = {name: names.get(name, name) for name in sorted({*table["source"], *table["target"]})}
    places = _places(labels, index)
    edges = table[table["p_adjusted"] <= LEVEL]
    beside = {
        "inputs": _inputs(table, places, labels, index),
        "edges": _edges(edges, places, labels, index),
    }
    if not (~edges["shares_series"]).any():
        title = f"{title}: none is significant"
    return Chart(title, _description(edges, table, labels), table, _picture(index, labels), beside)


def _index(table: pd.DataFrame) -> str:
    """The variable that takes part in every pair."""
    involved = pd.concat([table["source"], table["target"]]).value_counts(sort=True)
    return str(involved.index[0])


def _places(labels: Mapping[str, str], index: str) -> Places:
    """The index in the middle, the others around it, clockwise from the top."""
    others = sorted({*labels} - {index})
    places: Places = {index: (0.0, 0.0)}
    for position, variable in enumerate(others):
        angle = math.pi / 2 - 2 * math.pi * position / len(others)
        places[variable] = (math.cos(angle), math.sin(angle))
    return places


def _inputs(
    table: pd.DataFrame, places: Places, labels: Mapping[str, str], index: str
) -> pd.DataFrame:
    """Where each variable stands, and both of its directions in words; of the index none."""
    told = {
        (row["source"], row["target"]): f"{fixed(row['effective_transfer_entropy'])} bits, "
        f"adjusted p {fixed(row['p_adjusted'])}"
        for row in table.to_dict("records")
    }
    return pd.DataFrame(
        [
            {
                "variable": variable,
                "name": labels[variable],
                "x": x,
                "y": y,
                # Names stand beside their dot, above or below it at the top and at the bottom.
                "side": 0 if abs(x) < 0.1 else int(math.copysign(1, x)),
                "to_index": told.get((variable, index), "–"),
                "from_index": told.get((index, variable), "–"),
            }
            for variable, (x, y) in places.items()
        ]
    )


def _edges(
    edges: pd.DataFrame, places: Places, labels: Mapping[str, str], index: str
) -> pd.DataFrame:
    """Points along the curves of the edges, in order."""
    strongest = edges["effective_transfer_entropy"].max()
    along = np.linspace(0, 1, N_POINTS)
    parts = []
    for number, row in enumerate(edges.to_dict("records")):
        (x, y), (to_x, to_y) = places[row["source"]], places[row["target"]]
        # Curved, so that both directions of a pair are seen.
        bend = 4 * BEND * along * (1 - along)
        strength = row["effective_transfer_entropy"]
        curve = {
            "edge": number,
            "step": range(N_POINTS),
            "x": x + (to_x - x) * along + bend * (to_y - y),
            "y": y + (to_y - y) * along - bend * (to_x - x),
            "width": THINNEST + (WIDEST - THINNEST) * strength / strongest,
            "direction": "to_index" if row["target"] == index else "from_index",
            "from": labels[row["source"]],
            "to": labels[row["target"]],
            "bits": strength,
            "p_adjusted": row["p_adjusted"],
            "shares_series": row["shares_series"],
        }
        frame = pd.DataFrame(curve)
        ahead, behind = frame[["x", "y"]].shift(-1), frame[["x", "y"]].shift(1)
        parts.append(frame.assign(dx=ahead["x"] - behind["x"], dy=ahead["y"] - behind["y"]))
    columns = [
        "edge",
        "step",
        "x",
        "y",
        "width",
        "direction",
        "from",
        "to",
        "bits",
        "p_adjusted",
        "shares_series",
        "dx",
        "dy",
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _picture(index: str, labels: Mapping[str, str]) -> "alt.LayerChart":
    import altair as alt

    plane: dict[str, Any] = {
        "x": alt.X("x:Q", axis=None, scale=alt.Scale(domain=ACROSS, nice=False)),
        "y": alt.Y("y:Q", axis=None, scale=alt.Scale(domain=UP, nice=False)),
    }
    chosen = alt.selection_point(name="chosen", fields=["direction"], bind="legend")
    colour = alt.Color(
        "direction:N",
        scale=alt.Scale(domain=list(DIRECTIONS), range=[RISK, CALM]),
        legend=alt.Legend(labelExpr=called(DIRECTIONS)),
    )
    seen = alt.condition(chosen, alt.value(1), alt.value(0.1))
    of_edge = [
        alt.Tooltip("from:N"),
        alt.Tooltip("to:N"),
        alt.Tooltip("bits:Q", title="effective transfer entropy, bits", format=".3f"),
        alt.Tooltip("p_adjusted:Q", title="p, adjusted", format=".3f"),
        alt.Tooltip("shares_series:N", title="shares a series with the index"),
    ]
    lines = (
        alt.Chart(rows("edges"))
        .mark_line()
        .encode(
            **plane,
            detail="edge:N",
            order="step:Q",
            color=colour,
            opacity=seen,
            tooltip=of_edge,
            strokeWidth=alt.StrokeWidth("width:Q", scale=None),
            strokeDash=alt.StrokeDash(
                "shares_series:N",
                scale=alt.Scale(domain=[False, True], range=[[1, 0], [6, 4]]),
                legend=None,
            ),
        )
        .add_params(chosen)
    )
    # Degrees on the screen, whose proportions are not those of the plane.
    run = f"datum.dx * width / {ACROSS[1] - ACROSS[0]}"
    rise = f"-datum.dy * height / {UP[1] - UP[0]}"
    heads = (
        alt.Chart(rows("edges"))
        .transform_filter(f"datum.step === {N_POINTS // 2}")
        .mark_point(
            shape="triangle-right",
            filled=True,
            size=140,
            opacity=1,
            angle=alt.expr(f"atan2({rise}, {run}) * 180 / PI"),
        )
        .encode(**plane, color=colour, opacity=seen, tooltip=of_edge)
    )
    of_input = [
        alt.Tooltip("name:N", title="input"),
        alt.Tooltip("to_index:N", title=DIRECTIONS["to_index"]),
        alt.Tooltip("from_index:N", title=DIRECTIONS["from_index"]),
    ]
    inputs = alt.Chart(rows("inputs"))
    of_index = f"datum.variable === {json.dumps(index)}"
    dots = inputs.mark_circle(
        color=GRID, stroke=INK, strokeWidth=0.8, opacity=1, size=220
    ).transform_filter(f"!({of_index})")
    centre = inputs.mark_circle(color=RISK, stroke=INK, opacity=1, size=500)
    lines_of = {
        variable: textwrap.fill(
            textwrap.shorten(label, LABEL_LENGTH, placeholder=" …"), LABEL_WIDTH
        )
        for variable, label in labels.items()
    }
    words = inputs.transform_calculate(short=called(lines_of, "datum.variable")).mark_text(
        lineBreak="\n",
        baseline=alt.expr(
            f"{of_index} ? 'top' : datum.side ? 'middle' : datum.y > 0 ? 'bottom' : 'top'"
        ),
        color=INK,
        fontSize=11,
        align=alt.expr("datum.side > 0 ? 'left' : datum.side < 0 ? 'right' : 'center'"),
        dx=alt.expr("13 * datum.side"),
        # Further lines stand below the first.
        dy=alt.expr(
            f"{of_index} ? 16 : datum.side ? 0 : datum.y < 0 ? 10 : "
            f"2 - {LINE_HEIGHT} * length(split(datum.short, '\\n'))"
        ),
    )
    layers = [
        lines,
        heads,
        dots.encode(**plane, tooltip=of_input),
        centre.transform_filter(of_index).encode(**plane, tooltip=["name:N"]),
        words.encode(**plane, text="short:N"),
    ]
    return alt.LayerChart(layer=layers).properties(width="container", height=HEIGHT)


def _description(edges: pd.DataFrame, table: pd.DataFrame, labels: Mapping[str, str]) -> str:
    counted = int((~table["shares_series"]).sum())
    if not counted:
        return "Every input shares a series with the index: no direction counts as a finding."
    level = f"at {100 * LEVEL:g} % after adjustment over {counted} directions"
    found = edges[~edges["shares_series"]]
    if found.empty:
        return f"No transfer of information is significant {level}."
    pairs = listed(
        [
            f"{labels[row['source']]} to {labels[row['target']]} "
            f"({fixed(row['effective_transfer_entropy'])} bits)"
            for row in found.to_dict("records")
        ]
    )
    return f"Significant {level}: {pairs}. Width is the effective transfer entropy."
