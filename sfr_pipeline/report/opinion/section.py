"""Public opinion for readers: the latest month in words, the index and its volume as a picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.report.index.charts import CALM, INK, MUTED, RISK, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {
    "real_time": ("real time", RISK),
    "robust": ("robust to viral posts", INK),
    "paper": ("full sample, looks ahead", CALM),
}


@dataclass(frozen=True)
class Opinion:
    """The latest month of the network public opinion index.

    Attributes:
        percentile: share of the months so far in which the index was not higher, in per cent.
        n_posts: posts of the month.
        n_posts_total: posts of all months.
        share_missing: share of the month's interaction counts that are missing.
        top_weight_share: share of the month's weight that its top 1 % of posts hold.
    """

    month: pd.Timestamp
    npoi: float
    percentile: float
    mean_score: float
    n_posts: int
    n_posts_total: int
    share_missing: float
    top_weight_share: float


def opinion_summary(npoi: pd.DataFrame) -> Opinion:
    """Summarise the latest real-time month of table ``npoi``."""
    index = npoi[npoi["variant"] == "real_time"].sort_values("ref_date")
    latest = index.iloc[-1]
    return Opinion(
        month=latest["ref_date"],
        npoi=latest["npoi"],
        percentile=100 * float((index["npoi"] <= latest["npoi"]).mean()),
        mean_score=latest["mean_score"],
        n_posts=latest["n_posts"],
        n_posts_total=int(index["n_posts"].sum()),
        share_missing=latest["share_missing"],
        top_weight_share=latest["top_weight_share"],
    )


def npoi_chart(npoi: pd.DataFrame) -> "Figure":
    """The index in its variants, each on its own scale, over the number of posts.

    Args:
        npoi: table ``npoi``. Months without posts stay empty.
    """
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
