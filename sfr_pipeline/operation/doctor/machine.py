"""Python, the platform, and the versions of what is installed."""

import platform
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from sfr_pipeline.operation.doctor.finding import Finding

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PACKAGE = "sfr_pipeline"
# The versions under which the tests of this release ran: constraints.txt of the checkout.
TESTED = Path(__file__).parent / "tested.txt"
# System, machine, and Python on which they ran.
TRIED = ("Linux", "x86_64", (3, 11))
# Of those that are listed by name.
MOST_NAMED = 5

# The requirements of a package, None where it is not installed.
Requires = Callable[[str], Sequence[str] | None]
# Its version, None likewise.
Version = Callable[[str], str | None]


def look_at_python(version: str = platform.python_version()) -> Iterator[Finding]:
    """Whether this Python is one that the package runs on.

    Args:
        version: of Python.
    """
    from packaging.specifiers import SpecifierSet

    try:
        bounds = distribution(PACKAGE).metadata["Requires-Python"] or ""
    except PackageNotFoundError:
        bounds = ""
    if version not in SpecifierSet(bounds):
        yield Finding(
            "broken",
            f"Python {version} is none that this release runs on: it needs {bounds}",
            f"make a new environment with Python {bounds}, and install {PACKAGE} there",
        )
        return
    yield Finding("ok", f"Python {version}, {sys.executable}")


def look_at_platform(
    system: str = platform.system(),
    machine: str = platform.machine(),
    version: tuple[int, int] = sys.version_info[:2],
) -> Iterator[Finding]:
    """Whether the tests of this release ran on such a machine.

    Args:
        system: its operating system.
        machine: its processor.
        version: of Python.
    """
    here = (system, machine, version)
    said = f"{system} on {machine}, Python {version[0]}.{version[1]}"
    if here == TRIED:
        yield Finding("ok", f"{said}: as in the tests of this release")
        return
    tried = f"{TRIED[0]} on {TRIED[1]}, Python {TRIED[2][0]}.{TRIED[2][1]}"
    yield Finding("note", f"{said}: not tried; the tests of this release ran on {tried}")


def look_at_packages(
    requires: Requires | None = None,
    version: Version | None = None,
    places: Iterable[tuple[str, str]] | None = None,
) -> Iterator[Finding]:
    """Whether everything that the package needs is there, in versions that fit each other.

    Args:
        requires: requirements of a package; by default those installed.
        version: of a package; likewise.
        places: folder and name of all that is installed; likewise.
    """
    installed = _Installed()
    requires, version = requires or installed.requires, version or installed.version
    if requires(PACKAGE) is None:
        yield Finding(
            "note",
            f"{PACKAGE} is not installed, but run from its folder: what it needs is not known",
            f"{shlex.quote(sys.executable)} -m pip install .",
        )
        return
    number, found = 0, False
    for asking, requirement in _requirements(requires):
        number += 1
        there = version(requirement.name)
        if there is not None and requirement.specifier.contains(there, prereleases=True):
            continue
        found = True
        what = f"{requirement.name} {there}" if there else f"no {requirement.name}"
        needed = f"{requirement.name}{requirement.specifier}"
        yield Finding(
            "broken",
            f"{what} is installed, and {asking} needs {needed}",
            f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(needed)}",
        )
    many = Counter(installed.places() if places is None else places)
    for folder, name in sorted(place for place, count in many.items() if count > 1):
        found = True
        yield Finding(
            "broken",
            f"{folder} holds {name} {many[folder, name]} times, of different versions",
            f"{shlex.quote(sys.executable)} -m pip install --force-reinstall --no-deps {name}",
        )
    if not found:
        yield Finding("ok", f"{number} requirements are met, ours and those of what we need")


def look_at_tested(
    tested: Mapping[str, str] | None = None,
    requires: Requires | None = None,
    version: Version | None = None,
) -> Iterator[Finding]:
    """Whether what is installed are the versions under which the tests of this release ran.

    Args:
        tested: version of each package; by default that of this release.
        requires: requirements of a package; by default those installed.
        version: of a package; likewise.
    """
    installed = _Installed()
    requires, version = requires or installed.requires, version or installed.version
    tested = tested_versions(TESTED.read_text(encoding="utf-8")) if tested is None else tested
    direct = {one.name for _, one in _requirements(requires, deep=False)}
    other = [
        f"{name} {there} ({tested[name]})"
        for name in sorted(direct)
        if name in tested
        and (there := version(name)) is not None
        and _public(there) != _public(tested[name])
    ]
    if not other:
        yield Finding("ok", "what we need has the versions of the tests of this release")
        return
    more = f" and {len(other) - MOST_NAMED} more" if len(other) > MOST_NAMED else ""
    yield Finding(
        "note",
        f"other versions than the tested (in brackets): {', '.join(other[:MOST_NAMED])}{more}; "
        "results may differ in the last digits",
        f"{shlex.quote(sys.executable)} -m pip install -r {shlex.quote(str(TESTED))}",
    )


def tested_versions(text: str) -> dict[str, str]:
    """The version of each package in a file of constraints."""
    from packaging.utils import canonicalize_name

    lines = (line.split("#")[0].strip().partition("==") for line in text.splitlines())
    return {canonicalize_name(name): version for name, is_one, version in lines if is_one}


def _public(version: str) -> str:
    """Without what a build adds: torch 2.13.0+cpu is torch 2.13.0."""
    return version.partition("+")[0]


def _requirements(requires: Requires, deep: bool = True) -> Iterator[tuple[str, "Requirement"]]:
    """Who asks for what on this machine, beginning with this package and without its extras."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    waiting: list[tuple[str, frozenset[str]]] = [(PACKAGE, frozenset())]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop(0)
        for text in requires(name) or ():
            one = Requirement(text)
            if not any(_holds(one, extra) for extra in ("", *extras)):
                continue
            one.name = canonicalize_name(one.name)
            yield name, one
            following = (one.name, frozenset(one.extras))
            if deep and following not in seen:
                seen.add(following)
                waiting.append(following)


def _holds(requirement: "Requirement", extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


class _Installed:
    """What lies on Python's path, each package read once."""

    def __init__(self) -> None:
        self._read: dict[str, Distribution | None] = {}

    def _find(self, name: str) -> Distribution | None:
        if name not in self._read:
            try:
                self._read[name] = distribution(name)
            except PackageNotFoundError:
                self._read[name] = None
        return self._read[name]

    def requires(self, name: str) -> Sequence[str] | None:
        """Requirements of a package; None where it is not installed."""
        found = self._find(name)
        return None if found is None else found.requires or ()

    def version(self, name: str) -> str | None:
        """Version of a package; None where it is not installed."""
        found = self._find(name)
        return None if found is None else found.version

    def places(self) -> Iterator[tuple[str, str]]:
        """Folder and name of each; an environment may well stand in front of another."""
        from packaging.utils import canonicalize_name

        for folder in dict.fromkeys(sys.path):
            for one in Path(folder).glob("*.dist-info"):
                yield folder, canonicalize_name(one.name.partition("-")[0])
