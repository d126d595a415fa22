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
README = "README.md"
ABOUT = """# A workspace of sfr_pipeline

| | what it holds |
|---|---|
| `markets/` | your markets, a YAML each; their rules of alerts in `markets/alerts/` |
| `imports/` | your files of series, prices and posts, a folder a market |
| `extensions/` | your models and sources, a Python module each |
| `warehouse/` | what runs make: tables, `warehouse.duckdb`, `reports/<market>.html` |
| `dagster_home/` | Dagster's history of runs, and its settings in `dagster.yaml` |
| `workspace.yaml` | what makes this folder a workspace: the markets that Dagster loads |

The first three are yours: keep them, and `workspace.yaml`, under version control. The history of
deliveries in `warehouse/` can't be made again: `sfr archive backup FOLDER` copies it. Commands work
here and in every folder below; `sfr --help` lists them in the order of a first day.
"""


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
    import yaml

    # A path may hold what means something in YAML.
    where = yaml.safe_dump(folder, allow_unicode=True, width=10_000).removesuffix("\n...\n")
    return (
        "  - python_module:\n"
        f"      module_name: {MODULE}\n"
        f"      attribute: {market}\n"
        f"      location_name: {market}\n"
        f"      working_directory: {where}\n"
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
    texts = {
        FILE: workspace_yaml(markets),
        f"{HOME}/{INSTANCE}": instance_yaml(),
        README: ABOUT,
    }
    for name, text in texts.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
            made.append(name)
    return made
