"""Tables of the opinion leg: posts, what was refused, sentiment, the index."""

import pandas as pd

from sfr_pipeline.storage.contract import Column, Rule, Table, ordered
from sfr_pipeline.storage.tables.columns import MONTH, number, share

INTERACTIONS = ("reads", "likes", "comments", "shares")
VARIANTS = ("paper", "real_time", "robust")

# Larger than mankind, and so no count of readers: one such would set the scale of all others in
# every later month.
LARGEST_COUNT = 10**10

# Probabilities are stored as the model gives them, in single precision.
ROUNDING = 1e-5

PUBLISHED = Column(
    "published_at", "timestamp", "When the post was published, wall clock of the forum's site"
)
POST_ID = Column("post_id", "string", "Identifier of the post, as the site gives it")
VARIANT = Column(
    "variant",
    "string",
    "How interactions are scaled: paper (extremes of the full sample, looks ahead), real_time "
    "(extremes of the posts published by the end of the month), robust (logarithms, scaled by "
    "what was usual until then, so that no single viral post moves other months)",
    allowed=VARIANTS,
)


def _count(name: str, description: str) -> Column:
    return Column(name, "int", description, nullable=True, minimum=0, maximum=LARGEST_COUNT)


def _adds_up() -> Rule:
    def violations(frame: pd.DataFrame) -> "pd.Series[bool]":
        total = frame["p_positive"] + frame["p_negative"] + frame["p_neutral"]
        difference = frame["p_positive"] - frame["p_negative"]
        return ((total - 1).abs() > ROUNDING) | ((frame["score"] - difference).abs() > ROUNDING)

    return Rule(
        "the probabilities sum to 1, and score is p_positive minus p_negative "
        f"(tolerance {ROUNDING:g})",
        violations,
    )


def _mixed() -> Rule:
    def violations(frame: pd.DataFrame) -> "pd.Series[bool]":
        total = frame["share_negative"] + frame["share_neutral"] + frame["share_positive"]
        return (total - 1).abs() > ROUNDING

    return Rule(
        f"the shares of negative, neutral and positive posts sum to 1 (tolerance {ROUNDING:g})",
        violations,
    )


POSTS = Table(
    name="posts",
    description="Forum posts that passed validation. Interaction counts are as of retrieval, and "
    "missing where the source did not give them: never filled with zero. Nothing says who wrote "
    "them.",
    columns=(
        POST_ID,
        PUBLISHED,
        Column("bar", "string", "Board of the forum, by the site's code"),
        Column("kind", "int", "The site's type of post; 0 is a user's own", nullable=True),
        Column(
            "text",
            "string",
            "Title, and the body where the post's page was fetched; empty once it was dropped "
            "(forum.texts_kept_days)",
        ),
        Column("text_is_full", "bool", "Whether the text is complete, not a list's cut title"),
        _count("reads", "Times read"),
        _count("likes", "Likes"),
        _count("comments", "Comments"),
        _count("shares", "Times shared"),
        Column("automatic", "bool", "Whether the site marks the author as a robot", nullable=True),
        Column("retrieved_at", "timestamp", "When the row was fetched or exported", nullable=True),
        Column("origin", "string", "Site or file that the row comes from"),
    ),
    key=("post_id",),
    partition_column="published_at",
)

POSTS_REJECTED = Table(
    name="posts_rejected",
    description="Rows that failed validation, as they were found, each with its reason.",
    columns=(
        Column("found_month", "date", "Last day of the month among whose rows it was found"),
        Column("origin", "string", "Site or file that the row comes from"),
        Column("position", "int", "Number of the row there, from 1", minimum=1),
        Column("post_id", "string", "Identifier of the post, where it has one", nullable=True),
        Column("reason", "string", "Why it was refused"),
        Column(
            "raw",
            "string",
            "The row as JSON, control characters escaped, cut to 2,000; of a row that could not be "
            "read its line, and no texts where the market drops them (forum.texts_kept_days)",
        ),
    ),
    key=("origin", "position"),
    partition_column="found_month",
)

SENTIMENT = Table(
    name="sentiment",
    description="Sentiment of each post by a transformer classifier (equation (13) of the paper "
    "and those around it).",
    columns=(
        POST_ID,
        PUBLISHED,
        share("p_positive", "Probability of positive sentiment"),
        share("p_negative", "Probability of negative sentiment"),
        share("p_neutral", "Probability of neutral sentiment"),
        Column(
            "score", "double", "p_positive minus p_negative, from -1 to 1", minimum=-1, maximum=1
        ),
        Column("scorer", "string", "Model, revision and precision behind the row"),
    ),
    key=("post_id",),
    rules=(_adds_up(),),
    partition_column="published_at",
)

NPOI = Table(
    name="npoi",
    description="Network public opinion index: the monthly mean of sentiment times interaction "
    "weight. Counts are as of retrieval, so even real_time knows interactions that came later.",
    columns=(
        VARIANT,
        MONTH,
        number("npoi", "Network public opinion index; higher means more optimism"),
        Column("n_posts", "int", "Posts of the month", minimum=1),
        number("mean_score", "Mean sentiment of the month, every post weighing the same"),
        share(
            "share_negative",
            "Share of the month's posts to which negative sentiment is the most probable, every "
            "post weighing the same",
        ),
        share(
            "share_neutral",
            "Share to which neutral sentiment is the most probable, or none is alone",
        ),
        share("share_positive", "Share to which positive sentiment is the most probable"),
        share("mean_weight", "Mean interaction weight of the month's posts"),
        share(
            "top_weight_share",
            "Share of the month's interaction weight that its top 1 % of posts hold (at least "
            "one post); missing where all weights are zero",
            nullable=True,
        ),
        share("share_missing", "Share of the four interaction counts that are missing"),
        Column(
            "scorer",
            "string",
            "Model, revision and precision that read the month's posts; several precisions stand "
            "side by side, with commas",
        ),
    ),
    key=("variant", "ref_date"),
    rules=(_mixed(),),
)

NPOI_SCALING = Table(
    name="npoi_scaling",
    description="How each interaction count was scaled to lie between 0 and 1 in each month, so "
    "that the index can be computed again.",
    columns=(
        VARIANT,
        MONTH,
        Column("interaction", "string", "Which count", allowed=INTERACTIONS),
        number("low", "Count that scales to 0; missing where no post had one", nullable=True),
        number("high", "Count that scales to 1; missing where no post had one", nullable=True),
        share("share_missing", "Share of the month's posts without this count"),
    ),
    key=("variant", "ref_date", "interaction"),
    rules=(ordered("low", "high"),),
)

OPINION_TABLES = (POSTS, POSTS_REJECTED, SENTIMENT, NPOI, NPOI_SCALING)
