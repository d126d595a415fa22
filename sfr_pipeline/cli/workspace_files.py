"""What a new workspace is given: folders, Dagster's two files, and a word on each.

A file that is there already stays as it is.
"""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from sfr_pipeline.workspace import FILE, MODULE

FOLDERS = ("markets", "imports", "extensions", "warehouse")
HOME = "dagster_home"
INSTANCE = "dagster.yaml"
GALLERY = "gallery"


def workspace_yaml(markets: Iterable[str], folder: str = ".") -> str:
    """Dagster's ``workspace.yaml``: a code location for each market.

    Args:
        markets: their names.
        folder: the workspace, relative to the file.
    """
    locations = "".join(location_yaml(market, folder) for market in markets)
    return f"# One code location a market.\nload_from:\n{locations}"


def location_yaml(market: str, folder: str = ".") -> str:
    """The lines of ``workspace.yaml`` that load a market."""
    return (
        "  - python_module:\n"
        f"      module_name: {MODULE}\n"
        f"      attribute: {market}\n"
        f"      location_name: {market}\n"
        f"      working_directory: {folder}\n"
    )


def instance_yaml() -> str:
    """The settings of Dagster's instance, ``dagster_home/dagster.yaml``."""
    return (files("sfr_pipeline.resources") / INSTANCE).read_text(encoding="utf-8")


def write_workspace(folder: Path, markets: Iterable[str]) -> list[str]:
    """Make a folder a workspace; returns what was made, relative to it.

    Args:
        folder: need not exist.
        markets: names of those that Dagster loads.

    Raises:
        OSError: it can't be written there.
    """
    made = []
    for name in (*FOLDERS, HOME):
        if not (folder / name).is_dir():
            (folder / name).mkdir(parents=True)
            made.append(f"{name}/")
    texts = {FILE: workspace_yaml(markets), f"{HOME}/{INSTANCE}": instance_yaml()}
    for name, text in texts.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
            made.append(name)
    return made + write_gallery(folder)


def write_gallery(folder: Path) -> list[str]:
    """Lay the gallery's scripts into a workspace; returns what was made, relative to it.

    Args:
        folder: the workspace.

    Raises:
        OSError: it can't be written there.
    """
    from sfr_pipeline.gallery import SCRIPTS, script

    missing = [name for name in SCRIPTS if not (folder / GALLERY / name).exists()]
    if not missing:
        return []
    (folder / GALLERY).mkdir(exist_ok=True)
    for name in missing:
        (folder / GALLERY / name).write_text(script(name), encoding="utf-8")
    return [f"{GALLERY}/"]
