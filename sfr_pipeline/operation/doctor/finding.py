"""What a check is, and what it says."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from sfr_pipeline.errors import SfrError

# Broken: something fails or is wrong until it is mended. Note: it works, and one should know.
State = Literal["ok", "note", "broken"]
S = TypeVar("S")
# Of a broken thing whose remedy stands in what was said of it.
AS_SAID = "do what is said there"
MEND = "mend what is named there"


@dataclass(frozen=True)
class Finding:
    """What was found about one thing.

    Attributes:
        state: of it.
        says: what is so, in a sentence without a full stop.
        remedy: a command to paste wherever one does, else what to do; empty where nothing is to be
            done.
        check: name of the check, once it has been run.
    """

    state: State
    says: str
    remedy: str = ""
    check: str = ""

    def __str__(self) -> str:
        said = " ".join(self.says.split())
        return f"{self.state:<7} {self.check:<16} {said}{f' -> {self.remedy}' * bool(self.remedy)}"


@dataclass(frozen=True)
class Check(Generic[S]):
    """Something to look at.

    Attributes:
        name: in a word or two.
        looks_at: what it looks at, for the docs.
        look: gives the findings; nothing where there is nothing to look at.
        waits: whether it waits for others (sites, a driver), so that it runs beside the rest.
        network: whether it asks the network.
    """

    name: str
    looks_at: str
    look: Callable[[S], Iterable[Finding]]
    waits: bool = False
    network: bool = False


def findings(check: Check[S], scene: S) -> Sequence[Finding]:
    """Run a check; one that fails itself keeps nobody from the others."""
    try:
        found = list(check.look(scene))
    except SfrError as error:
        found = [Finding("broken", str(error), AS_SAID)]
    except Exception as error:  # a machine that is broken breaks in ways that nobody foresaw
        kind = type(error).__name__
        found = [Finding("broken", f"this can't be looked at, {kind}: {error}", MEND)]
    return [replace(one, check=check.name) for one in found]
