"""The few errors of this project. Each message names the cause and what to do about it.

What messages quote was written by others, who may have put into it what a terminal obeys, what
turns the direction of reading, or what nobody sees: it is told escaped (`shown`).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Self

# Letters and marks that show nothing, which Unicode calls no format characters all the same.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_NON_JOINER, _JOINER, _AS_PICTURE = "\u200c", "\u200d", "\ufe0f"
# What emoji are made of, and the combining class of the sign that ties letters of India.
_EMOJI = re.compile("[\u2194\u2195\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_VIRAMA = 9


def shown(text: str) -> str:
    """A text on one line with all that nobody would see in it escaped, such as ``\\u202e``.

    Control and format characters (marks of direction, of no width), breaks of lines of any kind,
    halves of characters and code points without one are told; spaces of any width stay, and
    joiners where writing has them.
    """
    if text.isprintable() and _BLANK.isdisjoint(text):
        return text
    return "".join(
        sign if _is_seen(sign) or _is_joined(text, at) else _escaped(sign)
        for at, sign in enumerate(text)
    )


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) == "Zs" or (sign.isprintable() and sign not in _BLANK)


def _is_joined(text: str, at: int) -> bool:
    """Whether a joiner stands where writing has one.

    Between the parts of an emoji, between letters that are written like Arabic, beside a virama.
    """
    before = text[max(at - 2, 0) : at].removesuffix(_AS_PICTURE)[-1:] or " "
    after = text[at + 1 : at + 2] or " "
    if text[at] == _JOINER and _EMOJI.match(before) and _EMOJI.match(after):
        return True
    if text[at] == _NON_JOINER and {*map(unicodedata.bidirectional, (before, after))} == {"AL"}:
        return True
    is_joiner = text[at] in (_NON_JOINER, _JOINER)
    return is_joiner and _VIRAMA in map(unicodedata.combining, (before, after))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def shown_lines(text: str) -> str:
    """As `shown`, of a text that may have several lines."""
    return "\n".join(map(shown, text.split("\n")))


class SfrError(Exception):
    """Base of every error that this project raises on purpose; `shown_lines` has its texts."""

    def __init__(self, *told: object) -> None:
        super().__init__(*(shown_lines(one) if isinstance(one, str) else one for one in told))


class CatalogueError(SfrError):
    """A market's YAML is wrong; the message names file, line and remedy."""


class SourceError(SfrError):
    """A data source did not deliver what the catalogue asks of it."""


class CrawlBrokenOffError(SourceError):
    """A crawl ended before it was finished, and not because it was refused: it can be resumed."""


class ContractError(SfrError):
    """A frame does not fit the contract of its table; nothing was written."""


class NotMaterializedError(SfrError):
    """A table was asked for that no run has written yet."""


class StorageError(SfrError):
    """A file of the warehouse can't be read or written; the message names it and the remedy."""


class ExportError(SfrError):
    """An export would destroy something or has nowhere to go."""


class EstimationError(SfrError):
    """The data do not support the estimate that was asked for.

    An estimate of an array knows what is at fault by its position alone; whoever knows the names
    has ``named`` tell them.

    Args:
        message: the sentence, with ``{series}`` and ``{periods}`` for what is at fault.
        series: positions of columns, from 0.
        periods: positions of rows, ascending from 0.
    """

    def __init__(
        self, message: str, *, series: Sequence[int] = (), periods: Sequence[int] = ()
    ) -> None:
        self.message, self.series, self.periods = message, tuple(series), tuple(periods)
        numbers = [f"{', '.join(map(str, found))} (counted from 0)" for found in (series, periods)]
        super().__init__(_filled(message, *numbers))

    def named(self, series: Sequence[object], periods: Sequence[object], where: str = "") -> Self:
        """The same error with names in the place of positions.

        Args:
            series: names of all columns of the array.
            periods: labels of all its rows.
            where: what was estimated of what, to begin the sentence with.
        """
        names = ", ".join(str(series[position]) for position in self.series)
        text = _filled(self.message, names, _spans(self.periods, periods))
        told = f"{where}: {text}" if where else text
        return type(self)(told, series=self.series, periods=self.periods)


def _filled(message: str, series: str, periods: str) -> str:
    return message.replace("{series}", series).replace("{periods}", periods)


def _spans(positions: Sequence[int], labels: Sequence[object]) -> str:
    """Labels of rows, those one after another as a span: ``2015-01, 2016-03 to 2016-08``."""
    spans: list[list[int]] = []
    for position in positions:
        if spans and position == spans[-1][-1] + 1:
            spans[-1].append(position)
        else:
            spans.append([position])
    ends = [[str(labels[span[0]])[:10], str(labels[span[-1]])[:10]] for span in spans]
    return ", ".join(" to ".join(dict.fromkeys(end)) for end in ends)


class TooShortError(EstimationError):
    """There is too little history yet: what was asked for begins later.

    The one error that a leg may answer with empty tables; its message then stands in the log and in
    the report, and says what is needed, what is there and, where it is known, when it begins.
    """


class ConvergenceError(EstimationError):
    """An optimiser stopped where the likelihood still rises: there is no estimate."""


class SettingError(SfrError, ValueError):
    """A setting of the environment or of a command is wrong.

    A ValueError too: settings are also read while a catalogue is validated, which takes those.
    """


class DeviceError(SfrError):
    """The machine has no such device."""


class EngineError(SfrError):
    """There is no such engine, or it can't be reached."""


class AlertError(SfrError):
    """There is no such alert, or alerts can't be told."""


class WorkspaceError(SfrError):
    """There is no workspace here, or it can't be made."""


class ExtensionError(SfrError):
    """A model or source of the workspace, or of another package, is not what it must be."""


class AuditError(SfrError):
    """A published table is not written down in the layout that an audit reads."""
