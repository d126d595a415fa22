"""Sources that this package does not ship: what they must be, and how they are asked.

Belongs here: the wrapper that stands between the code of others and all who ask a source. Does not
belong here: where such sources are found (`extensions`), and what their answers must look like
(``own_answers``).

Whatever that code does costs the one code that it was asked for: what it raises becomes a sentence
with file, function and line, and it is not waited for longer than for our own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import pandas as pd

from sfr_pipeline.errors import ExtensionError, SourceError
from sfr_pipeline.extensions import Extension, line_of
from sfr_pipeline.sources.interface import Kind, SeriesKey
from sfr_pipeline.sources.live import archive, client, limits
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline.sources.own_answers import Asked, BrokenSourceError, checked

AVAILABLE, SECRETS = "AVAILABLE_SERIES", "SECRETS"
KINDS = get_args(Kind)


class OwnSource:
    """A source of the workspace or of another package.

    Args:
        extension: what was found, refused by ``own_source`` unless it is a source.

    Attributes:
        name: in catalogues.
        where: file or package, for messages.
        AVAILABLE_SERIES: what it offers.
    """

    def __init__(self, extension: Extension) -> None:
        self.name, self.where, self._module = extension
        self.AVAILABLE_SERIES: Mapping[SeriesKey, str] = getattr(self._module, AVAILABLE)
        self._secrets: tuple[str, ...] = tuple(getattr(self._module, SECRETS, ()))

    def fetch_prices(self, codes: Sequence[str]) -> pd.DataFrame:
        """Daily prices in long form, each code asked for alone.

        Raises:
            SourceError: as ``fetch_series``.
        """
        return self._fetched("prices", codes)

    def fetch_series(self, codes: Sequence[str]) -> pd.DataFrame:
        """Series in long form, each code asked for alone.

        Raises:
            NoAnswerError: it was not over in time, or met no network.
            BrokenSourceError: its code fails, or returns what is no answer.
            SourceError: the answer can't be used, or it says so itself.
        """
        return self._fetched("series", codes)

    def allowance(self, code: str) -> float | None:
        """Seconds that it allows itself for a code; None where it has no wish.

        Raises:
            BrokenSourceError: its code fails, or says no number.
        """
        if not hasattr(self._module, "allowance"):
            return None
        told = self._guarded("allowance", code, lambda: self._module.allowance(code))
        if told is None or (isinstance(told, int | float) and told > 0):
            return told
        raise BrokenSourceError(
            f"{self.where}: allowance('{code}') returned {told!r:.60}: return seconds, or None"
        )

    def _fetched(self, kind: Kind, codes: Sequence[str]) -> pd.DataFrame:
        frames = [self._of_code(kind, code) for code in codes]
        return pd.concat(frames, ignore_index=True)

    def _of_code(self, kind: Kind, code: str) -> pd.DataFrame:
        function = f"fetch_{kind}"
        seconds = max(limits.seconds_a_call(), self.allowance(code) or 0.0)
        seconds = min(seconds, limits.seconds_left(limits.DEADLINE.get()))
        fetch: Callable[[list[str]], Any] = getattr(self._module, function)

        def work() -> Any:
            return client.within(seconds, f"{self.name} {code}", lambda: fetch([code]))

        answer = self._guarded(function, code, work)
        return checked(answer, Asked(self.where, function, self.name, kind, code))

    def _guarded(self, function: str, code: str, work: Callable[[], Any]) -> Any:
        """What code of others returns, whatever it raises in a class of ours.

        What it raises is told without its causes: their texts could show a key.
        """
        with archive.hiding(self._secrets):
            try:
                return work()
            except SourceError:
                raise
            except (Exception, SystemExit) as error:
                told = archive.without_secrets(f"{type(error).__name__}: {error}")[:300]
                # Of a file it has the name; every library derives those of a network from it.
                if isinstance(error, OSError) and error.filename is None:
                    raise NoAnswerError(
                        f"{self.name} {code} did not answer ({told}): {client.REMEDY}"
                    ) from None
                raise BrokenSourceError(
                    f"{self.where}: {function}('{code}') fails{line_of(error, self._module)} "
                    f"({told}): mend it"
                ) from None


def own_source(extension: Extension) -> OwnSource:
    """What was found, as a source.

    Raises:
        ExtensionError: it is none; the message says what it lacks.
    """
    module, told = extension.value, f"{extension.where}: the source '{extension.name}'"
    available = getattr(module, AVAILABLE, None)
    if not isinstance(available, Mapping) or not all(
        isinstance(key, SeriesKey) and key.kind in KINDS for key in available
    ):
        raise ExtensionError(
            f"{told} needs {AVAILABLE}, a description for each SeriesKey(kind, code), where kind "
            f"is one of {', '.join(KINDS)}"
        )
    functions = {kind for kind in KINDS if callable(getattr(module, f"fetch_{kind}", None))}
    # Of a mapping that holds more codes than it lists, the functions say which kinds there are.
    for kind in sorted({key.kind for key in available}):
        if kind not in functions:
            raise ExtensionError(f"{told} offers {kind} and has no function fetch_{kind}")
    if not functions:
        raise ExtensionError(f"{told} delivers nothing: give it fetch_series or fetch_prices")
    secrets = getattr(module, SECRETS, ())
    if isinstance(secrets, str) or not all(isinstance(name, str) for name in secrets):
        raise ExtensionError(
            f"{told} has {SECRETS} = {secrets!r:.60}: write a tuple of names of parameters"
        )
    return OwnSource(extension)
