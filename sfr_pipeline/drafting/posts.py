"""Drafts the public opinion of a market from a file of posts.

Belongs here: the language, and which model reads it. Does not belong here: how the file is read
(`post_file`), and finding a model on this machine (`opinion.checkpoint`), which a run does.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from sfr_pipeline.drafting.dates import DayFirst
from sfr_pipeline.drafting.post_file import read_posts
from sfr_pipeline.drafting.sections import Section, Span
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.opinion import (
    ENOUGH_CHINESE,
    SentimentModel,
    chinese_share,
    letters_of,
)
from sfr_pipeline.yaml_text import quoted

FOLDER = "posts"
SANDBOX = "sandbox"
# The market whose model reads Chinese posts.
CHINESE = "china"
# Share of letters in neither script from which the language is neither.
FOREIGN = 0.5
HUB = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40})")


class _Language(NamedTuple):
    """What the posts are written in, and why that is thought."""

    code: Literal["zh", "en"]
    why: str
    is_told: bool


def draft_posts(
    path: Path,
    name: str,
    workspace: Path,
    *,
    checkpoint: str | None = None,
    day_first: DayFirst = None,
) -> Section:
    """Draft forum and sentiment of a market from a file of posts.

    Args:
        path: CSV, Excel or Parquet file.
        name: of the market.
        workspace: to which a folder of a model is relative.
        checkpoint: that reads them: a folder, a name on the model hub with its commit, or
            ``sandbox`` for the synthetic one; None for that of market china, if they are Chinese.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates tell.

    Raises:
        SourceError: the file can't be read, or no model is named that reads its language.
    """
    posts = read_posts(path, day_first)
    language = _language(posts.texts)
    model = _model(path, language, checkpoint, workspace)
    notes = [f"{posts.name}: {note}" for note in posts.notes]
    if not posts.counted:
        notes.append(
            f"{posts.name}: without counts of reads, likes, comments or shares all posts weigh the "
            "same, and the index is their mean sentiment."
        )
    notes.append(_of_model(model))
    undecided = []
    if not language.is_told:
        undecided.append(
            f"language of the posts: {language.why}; 'en' stands in, and chooses the sentences on "
            "which the model is tried"
        )

    def text(months: Span) -> str:
        if posts.first > months.end:
            raise SourceError(
                f"{path}: its posts begin in {posts.first}, and the panel ends in {months.end}: "
                "make a market of their own of them, without --from"
            )
        late = posts.last if posts.last > months.end else None
        return _text(name, posts.first, late, language, model)

    return Section(
        file=posts.name,
        months=Span(posts.first, posts.last),
        text=text,
        files={f"{FOLDER}/{FOLDER}.csv": posts.csv.encode()},
        undecided=tuple(undecided),
        notes=tuple(notes),
    )


def _language(texts: Sequence[str]) -> _Language:
    """Chinese or English, by the script of their letters."""
    letters = letters_of(texts)
    chinese = chinese_share(letters)
    if chinese >= ENOUGH_CHINESE:
        return _Language("zh", f"{chinese:.0%} of their letters are Chinese", True)
    latin = sum(sign < "\u0250" for sign in letters) / max(1, len(letters))
    if 1 - latin - chinese > FOREIGN:
        return _Language("en", "their letters are neither Chinese nor Latin", False)
    return _Language("en", f"{latin:.0%} of their letters are Latin", True)


def _model(
    path: Path, language: _Language, checkpoint: str | None, workspace: Path
) -> SentimentModel:
    """The catalogue's entry of the model.

    Raises:
        SourceError: none is named, and none is known for the language.
    """
    if checkpoint is None:
        if language.code == "zh":
            model = load_market(CHINESE).sentiment
            assert model is not None
            return model
        raise SourceError(
            f"{path}: no model is known that reads its posts ({language.why}): name one with "
            "--checkpoint, a folder with config.json, model.safetensors and the tokenizer's files, "
            "or a name on the model hub and its full commit, org/name@commit; the model that this "
            f"package ships, --checkpoint {SANDBOX}, reads its synthetic forum and nothing else"
        )
    if checkpoint == SANDBOX:
        shipped = load_market(SANDBOX).sentiment
        assert shipped is not None
        return shipped.model_copy(update={"language": language.code})
    folder = Path(checkpoint).expanduser()
    for known in (folder, workspace / folder):
        if known.is_dir():
            whole = known.resolve()
            inside = whole.is_relative_to(workspace.resolve())
            written = whole.relative_to(workspace.resolve()) if inside else whole
            return SentimentModel(
                checkpoint=whole.name, folder=written.as_posix(), language=language.code
            )
    match = HUB.fullmatch(checkpoint)
    if match is None:
        raise SourceError(
            f"--checkpoint {checkpoint} is no folder, and no name on the model hub with its full "
            "commit of 40 digits, org/name@commit: write it so, or name the folder of its files"
        )
    return SentimentModel(
        checkpoint=match["name"], revision=match["revision"], language=language.code
    )


def _of_model(model: SentimentModel) -> str:
    if model.folder == SANDBOX:
        return (
            "The model is the SYNTHETIC one that this package ships: what it says of real posts "
            "means nothing."
        )
    where = (
        f"in {model.folder}."
        if model.folder
        else "which a run downloads if it is not on this machine; without a network see "
        "docs/opinion.md."
    )
    return f"Posts are read by {model.checkpoint}, {where}"


def _text(
    name: str, first_month: str, late: str | None, language: _Language, model: SentimentModel
) -> str:
    """Forum and sentiment; ``late`` is the last month of posts that outlast the market."""
    lines = [
        "# Posts come from the files in this folder, and what is added there joins them: no site.",
        *([f"# They go on to {late}; those after the sample stay out."] if late else []),
        "forum:",
        f"  first_month: {first_month}",
        f"  exports: {{folder: imports/{name}/{FOLDER}}}",
        "",
        "sentiment:",
        *(
            ["  # SYNTHETIC: it reads the sandbox's forum, and of real posts it says nothing."]
            if model.folder == SANDBOX
            else []
        ),
        f"  checkpoint: {quoted(model.checkpoint)}",
    ]
    if model.revision:
        lines.append(f"  revision: {quoted(model.revision)}")
    if model.folder:
        lines.append(f"  folder: {quoted(model.folder)}")
    mark = "guessed" if language.is_told else "TO BE DECIDED"
    lines.append(f"  language: {language.code}  # {mark}: {language.why}")
    if model.labels:
        lines.append(
            f"  labels: {{{', '.join(f'{key}: {label}' for key, label in model.labels.items())}}}"
        )
    if model.precision != "auto":
        lines.append(f"  precision: {model.precision}")
    return "\n".join(lines) + "\n"
