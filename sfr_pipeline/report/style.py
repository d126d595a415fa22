"""What all pictures share: colours, an empty canvas in the house's style, marks, and renderings.

Belongs here: what two legs draw alike. Does not belong here: a picture of any one table, which
stands in the `charts` of its leg.
"""

import io
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID = "#1f2933", "#7b8794", "#e4e7eb"
RISK, CALM, BAND, STRESS = "#b4232a", "#2a6f97", "#f0b7a4", "#f7ddd4"
# Okabe and Ito's palette: told apart by colour-blind readers too.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6d31", "#999999")

# Characters of an indicator's name that leave room for the picture.
LABEL_LENGTH = 48

STYLE: Any = {
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "svg.fonttype": "none",
    # Otherwise every picture carries random identifiers and no two runs give the same bytes.
    "svg.hashsalt": "sfr_pipeline",
}

Drawn = ParamSpec("Drawn")


def in_style(chart: Callable[Drawn, "Figure"]) -> Callable[Drawn, "Figure"]:
    """Draw a chart in the house's style, and leave matplotlib's settings as they were.

    A part of a figure takes its style when it is made: the settings hold as long as `chart` runs.
    """

    @wraps(chart)
    def drawn(*args: Drawn.args, **kwargs: Drawn.kwargs) -> "Figure":
        import matplotlib

        with matplotlib.rc_context(STYLE):
            return chart(*args, **kwargs)

    return drawn


def canvas(width: float, height: float) -> "Figure":
    """An empty figure, sizes in inches."""
    # Figures without pyplot: nothing to close, no display.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def nothing(why: str) -> "Figure":
    """A picture of what is not there yet, and why.

    Drawn inside `in_style`, as all pictures.
    """
    figure = canvas(10, 1)
    figure.text(0.5, 0.5, why, ha="center", color=MUTED)
    return figure


def mark_events(
    axes: "Axes", events: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp
) -> None:
    """Mark onsets with a line and the event's name, on alternating heights."""
    shown = events[events["onset"].between(first, last)].sort_values("onset")
    for position, (name, onset) in enumerate(zip(shown["name"], shown["onset"], strict=True)):
        axes.axvline(onset, color=MUTED, lw=0.6, ls="--")
        # Names near the right edge run to the left of their line.
        late = onset > first + 0.8 * (last - first)
        axes.annotate(
            name,
            (onset, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-2 if late else 2, -4 - 11 * (position % 4)),
            textcoords="offset points",
            fontsize=6.5,
            color=MUTED,
            ha="right" if late else "left",
            va="top",
        )


def loss_lines(axes: "Axes", rows: pd.DataFrame) -> None:
    """Losses over the epochs of one fit, mean and range over the seeds.

    Args:
        axes: to draw on.
        rows: ``epoch``, ``seed``, ``training_loss``, ``validation_loss``.
    """
    for column, colour, name in (
        ("training_loss", CALM, "training"),
        ("validation_loss", RISK, "validation"),
    ):
        # The line ends where the first seed has stopped: beyond, the mean would be of others.
        by_seed = rows.pivot(index="epoch", columns="seed", values=column).dropna()
        if by_seed.empty:
            continue
        low, high = by_seed.min(axis=1), by_seed.max(axis=1)
        axes.fill_between(by_seed.index, low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(by_seed.index, by_seed.mean(axis=1), color=colour, lw=1.1, label=name)


def mark_synthetic(figure: "Figure") -> None:
    """Write across a figure that nothing in it happened."""
    figure.text(
        0.5, 0.5, "SYNTHETIC DATA", color=RISK, alpha=0.16, fontsize=30, fontweight="bold",
        ha="center", va="center", rotation=12, zorder=10,
    )  # fmt: skip


def to_png(figure: "Figure", dpi: int = 70) -> bytes:
    """Render for the Dagster UI."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def to_svg(figure: "Figure") -> str:
    """Render for the report: an ``<svg>`` element, the same bytes for the same data."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
