"""The pictures of public opinion: one function each, from frames of the tables to a `Chart`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report import grammar
from sfr_pipeline.report.chart import Chart, nothing
from sfr_pipeline.report.formats import listed, plain, share
from sfr_pipeline.report.grammar import called, over_time, pointer, rows, time_axis, within
from sfr_pipeline.report.style import CALM, INK, MUTED, RISK

if TYPE_CHECKING:
    import altair as alt

PANELS = {
    "real_time": ("real time", RISK),
    "robust": ("robust to viral posts", INK),
    "paper": ("full sample, looks ahead", CALM),
}
# Columns of the sentiment mix in table `npoi`, from the bottom of the picture: blue and orange are
# told apart by all readers, and in grey the neutral between them is pale.
MIX = {
    "share_negative": ("negative", "#c2571a"),
    "share_neutral": ("neutral", "#d9dee4"),
    "share_positive": ("positive", CALM),
}
HEIGHT = 85


def npoi_chart(npoi: pd.DataFrame) -> Chart:
    """The index in its variants, each on its own scale, over the number of posts.

    Args:
        npoi: table ``npoi``. Months without posts stay empty.
    """
    import altair as alt

    title = "Public opinion, month by month"
    if npoi.empty:
        return nothing(title, NO_POSTS)
    table = _monthly(npoi)
    variants = npoi.pivot(index="ref_date", columns="variant", values="npoi")
    for variant in PANELS:
        table[variant] = variants[variant].reindex(table["ref_date"]).to_numpy()
    known = table.dropna(subset="real_time").set_index("ref_date")["real_time"]
    lowest, highest, last = known.idxmin(), known.idxmax(), known.index[-1]
    description = (
        f"In real time the index was lowest in {lowest:%B %Y} ({plain(known[lowest])}), highest "
        f"in {highest:%B %Y} ({plain(known[highest])}), and stands at {plain(known[last])} in "
        f"{last:%B %Y}. A panel a variant, each on its own scale; below, the posts of each month."
    )
    told = {variant: name for variant, (name, _) in PANELS.items()} | {"n_posts": "posts"}
    # A month between two without posts has no line.
    with_points = table["real_time"].isna().any() or len(table) == 1
    # Room for the longest number, so that the panels stand under one another.
    aligned = alt.Axis(minExtent=44, tickCount=4)
    panels = []
    for variant, (name, colour) in PANELS.items():
        dots = {"size": 14, "color": colour} if with_points else False
        line = within(alt.Chart(rows())).mark_line(
            color=colour, strokeWidth=1.4, clip=True, point=dots
        )
        y = alt.Y(f"{variant}:Q", title=None, axis=aligned)
        panels.append((f"NPOI, {name}", [grammar.zero(), line.encode(x=time_axis(), y=y)]))
    tiles = _months().mark_rect(color=MUTED, clip=True).encode(
        x=time_axis("month_begin"),
        x2="month_end:T",
        y=alt.Y("n_posts:Q", title=None, axis=aligned),
        y2=alt.datum(0),
    )  # fmt: skip
    panels.append(("posts a month", [tiles]))
    views = [
        alt.layer(*layers, pointer(told, digits=3, name=f"at_{place}")).properties(
            height=HEIGHT, title=head
        )
        for place, (head, layers) in enumerate(panels)
    ]
    picture = alt.vconcat(*views, spacing=12).resolve_scale(x="shared")
    table = table[["ref_date", *PANELS, "n_posts"]]
    return Chart(title, description, table, grammar.looking_through(picture))


def sentiment_chart(npoi: pd.DataFrame) -> Chart:
    """Which share of each month's posts reads as negative, neutral and positive.

    Args:
        npoi: table ``npoi``. Months without posts stay empty.
    """
    import altair as alt

    title = "Sentiment of the posts"
    if npoi.empty:
        return nothing(title, NO_POSTS)
    table = _monthly(npoi)[["ref_date", *MIX, "n_posts"]]
    known = table.dropna(subset="share_negative").set_index("ref_date")
    worst, last = known["share_negative"].idxmax(), known.index[-1]
    description = (
        f"Of the posts of {last:%B %Y} {mix_text(known.loc[last])}. Negative ones were most common "
        f"in {worst:%B %Y} ({share(known.loc[worst, 'share_negative'])})."
    )
    chosen = alt.selection_point(name="chosen", fields=["sentiment"], bind="legend")
    names = {column: name for column, (name, _) in MIX.items()}
    tiles = (
        _months()
        .transform_fold(list(MIX), as_=["sentiment", "share"])
        .transform_calculate(place=f"indexof({list(MIX)}, datum.sentiment)")
        .transform_stack(
            stack="share",
            groupby=["ref_date"],
            sort=[alt.SortField("place")],
            as_=["from", "to"],
        )
        .mark_rect(clip=True)
        .encode(
            x=time_axis("month_begin"),
            x2="month_end:T",
            y=alt.Y(
                "from:Q",
                title="share of posts",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%"),
            ),
            y2="to:Q",
            color=alt.Color(
                "sentiment:N",
                sort=list(MIX),
                scale=alt.Scale(domain=list(MIX), range=[colour for _, colour in MIX.values()]),
                legend=alt.Legend(labelExpr=called(names), symbolType="square"),
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.15)),
        )
        .add_params(chosen)
    )
    picture = over_time(tiles, pointer(names, digits=3), height=160)
    return Chart(title, description, table, picture)


def mix_text(month: Mapping[str, float]) -> str:
    """Which share of a month's posts reads as what, in words."""
    return listed([f"{share(month[column])} read as {name}" for column, (name, _) in MIX.items()])


def _monthly(npoi: pd.DataFrame) -> pd.DataFrame:
    """What holds of a month under all variants, every month from the first to the last."""
    own = npoi[npoi["variant"] == "real_time"].set_index("ref_date").sort_index()
    months = pd.date_range(own.index[0], own.index[-1], freq="ME", name="ref_date")
    return own.reindex(months).reset_index()


def _months() -> "alt.Chart":
    """Rows with the first day of their month and of the next, as far as the window shows them."""
    import altair as alt

    return within(alt.Chart(rows())).transform_calculate(**grammar.month_of("ref_date"))
