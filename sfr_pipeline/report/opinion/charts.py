"""The pictures of public opinion: one function each, from frames of the tables to a figure."""

from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.report.style import CALM, INK, MUTED, RISK, canvas, in_style, nothing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {
    "real_time": ("real time", RISK),
    "robust": ("robust to viral posts", INK),
    "paper": ("full sample, looks ahead", CALM),
}


@in_style
def npoi_chart(npoi: pd.DataFrame) -> "Figure":
    """The index in its variants, each on its own scale, over the number of posts.

    Args:
        npoi: table ``npoi``. Months without posts stay empty.
    """
    if npoi.empty:
        return nothing("no month has a post yet")
    months = pd.date_range(npoi["ref_date"].min(), npoi["ref_date"].max(), freq="ME")
    figure = canvas(10, 6.2)
    panels = figure.subplots(len(PANELS) + 1, 1, sharex=True)
    for axes, (variant, (title, colour)) in zip(panels, PANELS.items(), strict=False):
        rows = npoi[npoi["variant"] == variant].set_index("ref_date").reindex(months)
        axes.plot(rows.index, rows["npoi"], color=colour, lw=1.1)
        axes.axhline(0, color=MUTED, lw=0.6)
        axes.set_title(f"NPOI, {title}")
    volume = npoi[npoi["variant"] == "paper"]
    panels[-1].bar(volume["ref_date"], volume["n_posts"], width=25, color=MUTED)
    panels[-1].set_title("posts a month")
    panels[-1].margins(x=0.01)
    return figure
