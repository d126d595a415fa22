"""Puts sections of one market together: those of a panel, of prices and of posts.

Belongs here: the months that they share, and the head of a market without a panel. Does not belong
here: what a section says (`prices`, `posts`), which is told the months first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sfr_pipeline.drafting.draft import Draft
from sfr_pipeline.yaml_text import load_texts, quoted


class Span(NamedTuple):
    """Months, written YYYY-MM, both included."""

    start: str
    end: str


@dataclass(frozen=True)
class Section:
    """A part of a market that is not written yet.

    Attributes:
        file: the user's own, without its folder.
        months: of which it speaks.
        text: its part of the catalogue, given the months of the market.
        files: as `Draft.files`.
        undecided: as `Draft.undecided`.
        notes: as `Draft.notes`.
    """

    file: str
    months: Span
    text: Callable[[Span], str]
    files: Mapping[str, bytes]
    undecided: tuple[str, ...]
    notes: tuple[str, ...]


def joined(panel: Draft, sections: Sequence[Section]) -> Draft:
    """A market of a panel with further sections, over the months of the panel.

    Args:
        panel: the draft of a panel.
        sections: what joins it.
    """
    sample = load_texts(panel.yaml).content["sample"]
    return _with(panel, Span(sample["start"], sample["end"]), sections)


def without_panel(name: str, title: str, sections: Sequence[Section]) -> Draft:
    """A market of sections alone, over all of their months.

    Args:
        name: of the market.
        title: for readers.
        sections: one or more.
    """
    months = Span(
        min(one.months.start for one in sections), max(one.months.end for one in sections)
    )
    files = " and ".join(one.file for one in sections)
    head = f"""\
# Drafted by 'sfr init-market' from {files}. It is yours to edit; a mistake is refused with its
# line. What is marked 'guessed' rests on the rule beside it and on nobody's knowledge.
name: {name}
title: {quoted(title)}
# All months of the files; 'end: latest' goes on every month. Nothing begins with first_vintage
# until the market has an index.
sample: {{start: {months.start}, end: {months.end}, first_vintage: {months.start}}}
files: imports/{name}

notes:
  # Shown in the report; take it out once you have gone through the guesses.
  - {quoted(f"Drafted from {files}: what the catalogue marks so is guessed.")}
"""
    return _with(Draft(name, title, head, {}), months, sections)


def _with(draft: Draft, months: Span, sections: Sequence[Section]) -> Draft:
    for one in sections:
        draft = replace(
            draft,
            yaml=f"{draft.yaml}\n{one.text(months)}",
            files={**draft.files, **one.files},
            undecided=(*draft.undecided, *one.undecided),
            notes=(*draft.notes, *one.notes),
        )
    return draft
