"""Which series carry information about each other: a network of transfer entropies."""

import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.report.style import CALM, GRID, INK, MUTED, RISK, canvas, in_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVEL = 0.05
# Width in points of the strongest edge, and of one that is hardly there.
WIDEST, THINNEST = 5.0, 0.8
# Points. The index has its name inside, which is why it is larger.
NODE_RADIUS, INDEX_RADIUS = 8, 34
# Characters in a line.
LABEL_WIDTH, INDEX_LABEL_WIDTH = 20, 12

Places = dict[str, tuple[float, float]]


@in_style
def transfer_network(transfer_entropy: pd.DataFrame, names: Mapping[str, str]) -> "Figure":
    """Directed edges that are significant in the primary setting in real time.

    The index stands in the middle. Width is the effective transfer entropy; edges whose adjusted
    p-value is above 5 per cent are left out, and where none is left the picture says so. Edges to
    what shares a series with the index are dashed, and the title does not count them.

    Args:
        transfer_entropy: table ``transfer_entropy``.
        names: of the variables, for readers.
    """
    chosen = (transfer_entropy["mode"] == "real_time") & (transfer_entropy["setting"] == "primary")
    rows = transfer_entropy[chosen]
    figure = canvas(7, 5)
    axes = figure.subplots()
    axes.set_axis_off()
    if rows.empty:
        axes.text(0.5, 0.5, "no pairs to relate", ha="center", color=MUTED)
        return figure
    index = _index(rows)
    places = _places(rows, index)
    significant = rows[rows["p_adjusted"] <= LEVEL]
    _draw_edges(axes, significant, places, index)
    _draw_nodes(axes, places, names, index)
    axes.set_title(_title(significant, rows), loc="center")
    # Room for the labels beside the circle.
    axes.set_xlim(-1.9, 1.9)
    axes.set_ylim(-1.4, 1.35)
    axes.set_aspect("equal")
    return figure


def _index(rows: pd.DataFrame) -> str:
    """The variable that takes part in every pair."""
    involved = pd.concat([rows["source"], rows["target"]]).value_counts(sort=True)
    return str(involved.index[0])


def _places(rows: pd.DataFrame, index: str) -> Places:
    """The index in the middle, the others around it, clockwise from the top."""
    others = sorted({*rows["source"], *rows["target"]} - {index})
    places: Places = {index: (0.0, 0.0)}
    for position, variable in enumerate(others):
        angle = math.pi / 2 - 2 * math.pi * position / len(others)
        places[variable] = (math.cos(angle), math.sin(angle))
    return places


def _draw_edges(axes: "Axes", edges: pd.DataFrame, places: Places, index: str) -> None:
    from matplotlib.patches import FancyArrowPatch

    strongest = edges["effective_transfer_entropy"].max()
    columns = ["source", "target", "effective_transfer_entropy", "shares_series"]
    for source, target, strength, shares in edges[columns].itertuples(index=False):
        width = THINNEST + (WIDEST - THINNEST) * strength / strongest
        axes.add_patch(
            FancyArrowPatch(
                places[source], places[target],
                # Curved, so that both directions of a pair are seen.
                connectionstyle="arc3,rad=0.18", arrowstyle="-|>", mutation_scale=10 + 2 * width,
                shrinkA=(INDEX_RADIUS if source == index else NODE_RADIUS) + 1,
                shrinkB=(INDEX_RADIUS if target == index else NODE_RADIUS) + 1,
                lw=width, color=RISK if target == index else CALM, ls="--" if shares else "-",
            )
        )  # fmt: skip
        axes.annotate(
            f"{strength:.3f}",
            _beside(places[source], places[target]),
            fontsize=7, color=MUTED, ha="center", va="center",
        )  # fmt: skip


def _beside(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """A point next to the outside of the curve's middle."""
    (x, y), (to_x, to_y) = start, end
    return (x + to_x) / 2 + 0.2 * (to_y - y), (y + to_y) / 2 - 0.2 * (to_x - x)


def _draw_nodes(axes: "Axes", places: Places, names: Mapping[str, str], index: str) -> None:
    for variable, (x, y) in places.items():
        centre = variable == index
        axes.scatter(
            x, y, s=(2 * (INDEX_RADIUS if centre else NODE_RADIUS)) ** 2, zorder=3,
            color=RISK if centre else GRID, edgecolors=INK, linewidths=0.8,
        )  # fmt: skip
        width = INDEX_LABEL_WIDTH if centre else LABEL_WIDTH
        label = "\n".join(textwrap.wrap(names.get(variable, variable), width))
        if centre:
            axes.text(x, y, label, fontsize=7.5, color="white", ha="center", va="center", zorder=4)
            continue
        # Beside the node, above or below it where it stands at the top or at the bottom.
        side = 0 if abs(x) < 0.1 else int(math.copysign(1, x))
        axes.annotate(
            label,
            (x, y),
            xytext=(12 * side, 0 if side else math.copysign(12, y)),
            textcoords="offset points",
            ha=("center", "left", "right")[side],
            va="center" if side else ("bottom" if y > 0 else "top"),
            fontsize=8,
        )  # fmt: skip


def _title(significant: pd.DataFrame, rows: pd.DataFrame) -> str:
    counted = int((~rows["shares_series"]).sum())
    if not counted:
        return "Every input shares a series with the index:\nno direction counts as a finding"
    level = f"at {100 * LEVEL:g} % after adjustment over {counted} directions"
    if not (~significant["shares_series"]).any():
        return f"No transfer of information is significant\n{level}"
    return f"Effective transfer entropy (bits), significant\n{level}"
