"""The workspace itself: its folders, and the two files of Dagster's."""

import os
import pwd
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from sfr_pipeline.errors import WorkspaceError
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.operation.doctor.kernels import writable
from sfr_pipeline.workspace import ENVIRONMENT, FILE, MODULE, find_workspace

INSTANCE = "dagster.yaml"


def look_for_workspace() -> Iterator[Finding]:
    """Whether there is a workspace here."""
    try:
        found = find_workspace()
    except WorkspaceError as error:
        named = shlex.quote(os.environ[ENVIRONMENT])
        remedy = f"unset {ENVIRONMENT}, or: sfr init {named}"
        yield Finding("broken", str(error), remedy)
        return
    if found is None:
        yield Finding(
            "broken",
            f"neither {Path.cwd()} nor a folder above it is a workspace: nothing of yours was "
            "looked at",
            "sfr init .",
        )
    else:
        yield Finding("ok", str(found))


def look_at_folders(
    workspace: Path,
    folders: Mapping[str, Path],
    may_write: Callable[[Path], bool] = writable,
) -> Iterator[Finding]:
    """Whether the folders of a workspace are there, and this user may write to them.

    Args:
        workspace: the workspace's folder.
        folders: each by its name; an environment variable may put it elsewhere.
        may_write: whether this user may write into a folder.
    """
    found = False
    for name, folder in folders.items():
        if not folder.is_dir():
            inside = folder == workspace / name
            what = f"sfr init {_path(workspace)}" if inside else f"mkdir -p {_path(folder)}"
            yield Finding("broken", f"there is no folder {folder} ({name})", what)
        elif not may_write(folder):
            yield Finding(
                "broken",
                f"{folder} belongs to {_owner(folder)}, and {_user(os.geteuid())} may not write "
                "there",
                f"sudo chown -R {_user(os.geteuid())} {_path(folder)}",
            )
        elif folder.stat().st_uid != os.geteuid():
            yield Finding(
                "note",
                f"{folder} belongs to {_owner(folder)}, who may be unable to change what "
                f"{_user(os.geteuid())} writes there",
                f"work as {_owner(folder)}",
            )
        else:
            continue
        found = True
    if not found:
        yield Finding("ok", f"{', '.join(folders)} are there and can be written to")


def look_at_instance(workspace: Path, home: Path, expected: str) -> Iterator[Finding]:
    """Whether Dagster's home holds the settings of this release.

    Args:
        workspace: the workspace's folder.
        home: Dagster's, of this workspace.
        expected: the settings, as text.
    """
    file = home / INSTANCE
    own = home == workspace / home.name
    other = f"cp {_path(workspace / 'dagster_home' / INSTANCE)} {_path(file)}"
    init = f"sfr init {_path(workspace)}"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        yield Finding(
            "broken",
            f"there is no {file}: runs are neither queued nor watched",
            init if own else other,
        )
        return
    anew = f"mv {_path(file)} {_path(file)}.old && {init if own else other}"
    try:
        settings = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield Finding("broken", f"{file} is no YAML: {error}", anew)
        return
    wanted = yaml.safe_load(expected)
    keys = {key for key in {*wanted, *(settings or {})} if wanted.get(key) != _get(settings, key)}
    if keys:
        yield Finding(
            "note", f"{file} differs from this release's in {', '.join(sorted(keys))}", anew
        )
    else:
        yield Finding("ok", f"{file} is that of this release")


def look_at_locations(
    workspace: Path, markets: Collection[str], location: Callable[[str], str]
) -> Iterator[Finding]:
    """Whether the workspace's file loads every market, and none that is gone.

    Args:
        workspace: the workspace's folder.
        markets: names of all that there are.
        location: the lines that load a market.
    """
    file = workspace / FILE
    anew = f"mv {_path(file)} {_path(file)}.old && sfr init {_path(workspace)}"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        yield Finding("broken", f"{file} is no YAML: {error}", anew)
        return
    entries = _get(content, "load_from")
    if not isinstance(entries, list):
        yield Finding("broken", f"{file} has no list 'load_from'", anew)
        return
    loaded = {name for entry in entries if (name := _market_of(entry))}
    gone = sorted(loaded - {*markets})
    if gone:
        yield Finding("broken", f"{file} loads {', '.join(gone)}: there is no such market", anew)
    lacking = sorted({*markets} - loaded)
    if lacking:
        lines = "".join(map(location, lacking))
        yield Finding(
            "note",
            f"{file} does not load {', '.join(lacking)}, which 'sfr ui' does and plain 'dagster "
            "dev' does not",
            f"printf {_in_one_line(lines)} >> {_path(file)}",
        )
    if not gone and not lacking:
        yield Finding("ok", f"{file} loads {', '.join(sorted(loaded))}")


def _market_of(entry: Any) -> str | None:
    module = _get(entry, "python_module")
    return _get(module, "attribute") if _get(module, "module_name") == MODULE else None


def _get(mapping: Any, key: str) -> Any:
    return mapping.get(key) if isinstance(mapping, dict) else None


def _path(path: Path) -> str:
    return shlex.quote(str(path))


def _in_one_line(text: str) -> str:
    """Lines as the shell's printf takes them; there is neither quote nor per cent in them."""
    return "'" + text.replace("\n", "\\n") + "'"


def _owner(folder: Path) -> str:
    return _user(folder.stat().st_uid)


def _user(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)
