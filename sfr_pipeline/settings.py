"""What the environment says: the one place where variables of this project are read.

Belongs here: their names, and what a value means by its kind: yes or no, a path, a text. Does not
belong here: which values make sense for what (an engine, a month, a market), which those know that
use them; nor the variables of other programs, such as HTTPS_PROXY.

A variable that holds nothing or blanks alone is not set: whoever clears one means that. What can't
be understood is refused by name, for a setting that means something else than it says has data
passed over, or live sites asked.
"""

import os
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

from sfr_pipeline.errors import SettingError

PREFIX = "SFR_"
# Every variable of this project; a test holds that the code reads no other.
VARIABLES = (
    "SFR_WORKSPACE", "SFR_WAREHOUSE", "SFR_IMPORTS", "SFR_PROFILE", "SFR_DEVICE", "SFR_END",
    "SFR_FILES_ONLY", "SFR_ACCEPT", "SFR_ENGINE", "SFR_EXECUTOR", "SFR_EXECUTOR_CONFIG",
    "SFR_CACHE", "SFR_ANSWERS", "SFR_RAW", "SFR_CONTACT", "SFR_ALERTS", "SFR_APPRISE_CONFIG",
)  # fmt: skip
FILES_ONLY = "SFR_FILES_ONLY"
# In small letters.
YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")


def text(name: str, environment: Mapping[str, str] | None = None) -> str | None:
    """What a variable holds, without blanks around it; None where it is not set.

    Args:
        name: of the variable.
        environment: the variables, by default those of this process.
    """
    return (os.environ if environment is None else environment).get(name, "").strip() or None


def flag(name: str, environment: Mapping[str, str] | None = None) -> bool:
    """Whether a variable says yes; one that is not set says no.

    Raises:
        SettingError: it says neither.
    """
    value = text(name, environment)
    if value is None or value.lower() in NO:
        return False
    if value.lower() in YES:
        return True
    raise SettingError(
        f"{name}={value} says neither yes nor no: write {', '.join(YES)} for yes, or "
        f"{', '.join(NO)} for no"
    )


def path(name: str, environment: Mapping[str, str] | None = None) -> Path | None:
    """The file or folder that a variable names, absolute; None where it is not set.

    ``~`` is the home of the user, as in a shell; what is relative begins in the current folder.

    Raises:
        SettingError: it begins with ``~`` and the name of nobody.
    """
    value = text(name, environment)
    return None if value is None else expanded(value, name)


def expanded(written: str, setting: str) -> Path:
    """A path that somebody wrote down, absolute, as `path` reads one.

    Args:
        written: the path.
        setting: which variable or argument it is of, for the error.

    Raises:
        SettingError: it begins with ``~`` and the name of nobody.
    """
    try:
        return Path(written).expanduser().absolute()
    except RuntimeError as error:
        raise SettingError(
            f"{setting}={written} begins in the home of a user whom this machine does not know: "
            "write the whole path, or './' before it where the name begins with '~'"
        ) from error


def present_folder(name: str, environment: Mapping[str, str] | None = None) -> Path | None:
    """The folder that a variable names and that is there, absolute; None where it is not set.

    A misspelt one must not count as an empty one.

    Raises:
        SettingError: there is no such folder; the message says which is called nearly so.
    """
    found = path(name, environment)
    try:
        if found is None or found.is_dir():
            return found
    except OSError as error:
        raise SettingError(
            f"{name} is no folder ({error.strerror}): correct it, or unset {name}"
        ) from error
    if os.path.lexists(found):
        raise SettingError(f"{name}={found} is no folder: name the one that it lies in, or another")
    near = _nearest_folder(found)
    hint = f"did you mean {name}={near}? Else create it" if near else "create it"
    raise SettingError(f"{name}={found} is no folder: {hint}, or unset {name}")


def unknown(
    known: Collection[str] = (), environment: Mapping[str, str] | None = None
) -> dict[str, str | None]:
    """Variables that begin as ours and that nothing reads, each with the nearest that is read.

    Args:
        known: further ones that are read, such as those that rules of alerts name.
        environment: the variables, by default those of this process.
    """
    ours = sorted({*VARIABLES, *known})
    return {
        name: next(iter(get_close_matches(name, ours, n=1)), None)
        for name in (os.environ if environment is None else environment)
        if name.startswith(PREFIX) and name not in ours
    }


def _nearest_folder(missing: Path) -> Path | None:
    """The folder that is called nearly like one that is not there; None where none is."""
    whole = (missing, *missing.parents)
    above = next(one for one in whole if one.is_dir())
    gone, *rest = missing.relative_to(above).parts
    try:
        names = {one.name.casefold(): one.name for one in sorted(above.iterdir()) if one.is_dir()}
    except OSError:  # which may be entered, and not listed
        return None
    found = get_close_matches(gone.casefold(), names, n=1)
    near = above.joinpath(names[found[0]], *rest) if found else None
    return near if near is not None and near.is_dir() else None
