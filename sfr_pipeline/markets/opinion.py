"""What a market's YAML may say of its forum and of the model that reads it."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sfr_pipeline.markets.model import Model, Month
from sfr_pipeline.markets.sentiments import Label

# Board of exported posts where neither their file nor the catalogue names one.
UNNAMED = "posts"
# The environment variable that names whom the site's operator can write to.
CONTACT = "SFR_CONTACT"
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
# Share of letters that are Chinese characters from which posts are Chinese; news mix scripts.
ENOUGH_CHINESE = 0.3
# Texts whose letters are counted, spread over all.
LOOKED_AT = 2_000


def letters_of(texts: Sequence[str]) -> list[str]:
    """Letters of some texts, spread over all, which tell what they are written in."""
    some = texts[:: max(1, len(texts) // LOOKED_AT)]
    return [sign for text in some for sign in text if sign.isalpha()]


def chinese_share(letters: Sequence[str]) -> float:
    """Share of letters that are Chinese characters; 0 where there is no letter."""
    return sum(bool(HAN.match(sign)) for sign in letters) / max(1, len(letters))


class Exports(Model):
    """A folder of exported posts that stands in for the crawl wherever it exists.

    Attributes:
        folder: of CSV or Parquet files, relative to the workspace.
        columns: the files' names of columns that are called otherwise here.
    """

    folder: str
    columns: dict[str, str] = Field(default_factory=dict)


# What is of no use where nothing is crawled.
OF_CRAWLS = ("post_pages", "delay", "contact")


class Forum(Model):
    """Where posts come from, and how politely they are fetched.

    Attributes:
        site: address of the forum; ``sandbox`` serves the synthetic one on loopback meanwhile.
            Without one, posts come from the exports alone.
        bars: boards, by the site's code; of exports alone it may name that of rows without one.
        first_month: of the posts.
        post_pages: of which posts the own page is fetched, for likes and full text: a request a
            post.
        delay: between requests, in seconds.
        contact: in the user agent, so that the site's operator can write to somebody; where it is
            missing, the environment variable SFR_CONTACT must name one.
        exports: a folder that stands in for the crawl, or for the site.
        texts_kept_days: days after which the text of a scored post is dropped everywhere below the
            warehouse, 0 as soon as it is scored; kept for good where it is missing.
    """

    site: Annotated[str, Field(pattern=r"^(sandbox|https?://[^/]+)$")] | None = None
    bars: list[Annotated[str, Field(pattern=r"^[a-z0-9]+$")]] = Field(default_factory=list)
    first_month: Month
    post_pages: Literal["never", "commented", "all"] = "commented"
    delay: float = Field(default=3.0, ge=0)
    contact: str | None = None
    exports: Exports | None = None
    texts_kept_days: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _polite(self) -> "Forum":
        if self.site not in (None, "sandbox") and self.delay < 1:
            raise ValueError("a real site is asked at most once a second: set delay to 1 or more")
        return self

    @model_validator(mode="after")
    def _has_an_origin(self) -> "Forum":
        if self.site is not None:
            if not self.bars:
                raise ValueError("'bars' must name the boards of the site that are read")
            return self
        if self.exports is None:
            raise ValueError(
                "posts need an origin: name a 'site', or in 'exports' the folder of their files"
            )
        if idle := [name for name in OF_CRAWLS if name in self.model_fields_set]:
            raise ValueError(f"without a 'site' nothing is crawled: leave out {', '.join(idle)}")
        return self

    @property
    def board(self) -> str:
        """Board of exported rows that name none."""
        return self.bars[0] if self.bars else UNNAMED


class SentimentModel(Model):
    """The classifier that reads the posts.

    Attributes:
        checkpoint: name on the model hub, and folder below ``models/`` of the workspace.
        revision: commit on the hub, so that the weights never change in silence.
        folder: a local folder instead, relative to the workspace; ``sandbox`` is the checkpoint
            that this package ships for its synthetic forum.
        language: of the posts, which chooses the probe sentences.
        labels: meaning of each output, where the model's own names say nothing.
        precision: ``auto`` measures at the start which is fastest on this machine.
    """

    checkpoint: str
    revision: str | None = None
    folder: str | None = None
    language: Literal["zh", "en"]
    labels: dict[int, Label] | None = None
    precision: Literal["auto", "fp32", "bf16", "int8"] = "auto"
