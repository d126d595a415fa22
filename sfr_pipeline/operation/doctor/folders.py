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
from sfr_pipeline.settings import path
from sfr_pipeline.workspace import ENVIRONMENT, FILE, MODULE, find_workspace, is_checkout
from sfr_pipeline.yaml_text import NotYamlError, load_values

HOME = "dagster_home"
INSTANCE = "dagster.yaml"
# Its key that says where the history lies.
STORAGE = "storage"
RESOURCES = Path(__file__).parents[2] / "resources"
# Folders that everything works without.
OPTIONAL = frozenset({"markets", "extensions", "imports"})


def look_for_workspace() -> Iterator[Finding]:
    """Whether there is a workspace here."""
    try:
        found = find_workspace()
    except WorkspaceError as error:
        named = path(ENVIRONMENT)
        assert named is not None
        remedy = f"unset {ENVIRONMENT}, or: {_written(named, FILE)}"
        yield Finding("broken", str(error), remedy)
        return
    if found is None:
        here = Path.cwd()
        checkout = next((one for one in (here, *here.parents) if is_checkout(one)), None)
        yield Finding(
            "broken",
            f"neither {here} nor a folder above it is a workspace: nothing of yours was looked at",
            _written(checkout, FILE) if checkout else "sfr init .",
        )
    else:
        yield Finding("ok", str(found))


def look_at_folders(
    workspace: Path,
    folders: Mapping[str, Path],
    may_write: Callable[[Path], bool] = writable,
) -> Iterator[Finding]:
    """Whether the folders of a workspace are there, and this user may write to them.

    A checkout comes without the folders that are optional.

    Args:
        workspace: the workspace's folder.
        folders: each by its name; an environment variable may put it elsewhere.
        may_write: whether this user may write into a folder.
    """
    found = False
    there = []
    checkout = is_checkout(workspace)
    for name, folder in folders.items():
        if not folder.is_dir():
            if name in OPTIONAL and checkout and folder == workspace / name:
                continue
            yield Finding(
                "note" if name in OPTIONAL else "broken",
                f"there is no folder {folder} ({name})",
                f"mkdir -p {_path(folder)}",
            )
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
            there.append(name)
            continue
        found = True
    if not found:
        yield Finding("ok", f"there and can be written to: {', '.join(there)}")


def look_at_instance(workspace: Path, home: Path, expected: str, shared: str) -> Iterator[Finding]:
    """Whether Dagster's home holds the settings of this release; where its history lies is free.

    Args:
        workspace: the workspace's folder.
        home: Dagster's, of this workspace.
        expected: the settings, as text.
        shared: file of this package that follows them where several hosts share the history.
    """
    file = home / INSTANCE
    own = workspace / HOME / INSTANCE
    copied = f"cp {_path(own)} {_path(file)}"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        yield Finding(
            "broken",
            f"there is no {file}: runs are neither queued nor watched",
            _written(workspace, f"{HOME}/{INSTANCE}") if file == own else copied,
        )
        return
    if file == own:
        anew = _written_anew(workspace, f"{HOME}/{INSTANCE}")
    else:
        anew = f"cp {_path(file)} {_path(file)}.old && {copied}"
    try:
        settings = load_values(text)
    except NotYamlError as error:
        yield Finding("broken", f"{file} is no YAML: {error}", anew)
        return
    wanted = load_values(expected)
    if _get(settings, STORAGE) is not None:
        parts = " ".join(_path(RESOURCES / name) for name in (INSTANCE, shared))
        anew = f"cp {_path(file)} {_path(file)}.old && cat {parts} > {_path(file)}"
        settings = {key: value for key, value in settings.items() if key != STORAGE}
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
    anew = _written_anew(workspace, FILE)
    try:
        content = load_values(file.read_text(encoding="utf-8"))
    except NotYamlError as error:
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
    for market in lacking:
        yield Finding(
            "note",
            f"{file} does not load {market}, which 'sfr ui' does and plain 'dagster dev' does not",
            f"add to the list 'load_from' of {file}: {_in_one_line(location(market))}",
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


def _written(workspace: Path, name: str) -> str:
    """What writes a file of a workspace that is missing.

    Args:
        workspace: the workspace's folder.
        name: of the file, relative to it.
    """
    if is_checkout(workspace):  # which 'sfr init' refuses
        return f"git -C {_path(workspace)} checkout -- {name}"
    return f"sfr init {_path(workspace)}"


def _written_anew(workspace: Path, name: str) -> str:
    """What replaces a file of a workspace, and keeps the old one beside it; as ``_written``."""
    file = _path(workspace / name)
    # 'sfr init' keeps a file that is there.
    keep = "cp" if is_checkout(workspace) else "mv"
    return f"{keep} {file} {file}.old && {_written(workspace, name)}"


def _in_one_line(lines: str) -> str:
    """An entry of a list of YAML in the form that takes one line."""
    (entry,) = load_values(lines)
    flow = yaml.safe_dump(
        entry, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    )
    return f"- {flow.strip()}"


def _owner(folder: Path) -> str:
    return _user(folder.stat().st_uid)


def _user(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)
