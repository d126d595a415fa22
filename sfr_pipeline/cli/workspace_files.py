"""What a new workspace is given: folders and Dagster's two files; and what a new market adds.

A file that is there already keeps its text.
"""

import textwrap
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from sfr_pipeline.errors import WorkspaceError
from sfr_pipeline.files import in_place_of
from sfr_pipeline.gallery import write_gallery
from sfr_pipeline.operation.doctor.folders import HOME, INSTANCE
from sfr_pipeline.resources.database import lies_elsewhere
from sfr_pipeline.workspace import FILE, MODULE
from sfr_pipeline.yaml_text import NotYamlError, load_values

FOLDERS = ("markets", "imports", "extensions", "warehouse")
README = "README.md"
# Of `sfr_pipeline.resources`: what follows the settings of an instance that several hosts share.
SHARED_HISTORY = "dagster_postgres.yaml"
ABOUT = """# A workspace of sfr_pipeline

| | what it holds |
|---|---|
| `markets/` | your markets, a YAML each; their rules of alerts in `markets/alerts/` |
| `imports/` | your files of series, prices and posts, a folder a market |
| `extensions/` | your models and sources, a Python module each |
| `gallery/` | six scripts to learn from and to change, and the queries of `sfr ask` |
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


def instance_yaml(shared: bool = False) -> str:
    """The settings of Dagster's instance, ``dagster_home/dagster.yaml``.

    Args:
        shared: whether its history lies in a database, for several hosts.
    """
    parts = (INSTANCE, SHARED_HISTORY) if shared else (INSTANCE,)
    folder = files("sfr_pipeline.resources")
    return "".join((folder / part).read_text(encoding="utf-8") for part in parts)


def write_workspace(folder: Path, markets: Iterable[str], shared: bool = False) -> list[str]:
    """Make a folder a workspace; returns what was made, relative to it.

    Args:
        folder: need not exist.
        markets: names of those that Dagster loads.
        shared: whether Dagster's history lies in a database, for several hosts.

    Raises:
        OSError: it can't be written there.
        WorkspaceError: its settings keep the history in the folder, and stay as they are.
    """
    instance = folder / HOME / INSTANCE
    if shared and instance.exists() and not lies_elsewhere(instance.parent):
        raise WorkspaceError(
            f"{instance} keeps Dagster's history in its folder, and what is there stays as it is: "
            "remove that file first, and what stands in the history stays behind"
        )
    made = []
    for name in (*FOLDERS, HOME):
        if not (folder / name).is_dir():
            (folder / name).mkdir(parents=True)
            made.append(f"{name}/")
    texts = {
        FILE: workspace_yaml(markets),
        f"{HOME}/{INSTANCE}": instance_yaml(shared),
        README: ABOUT,
    }
    for name, text in texts.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
            made.append(name)
    return made + write_gallery(folder)


def add_location(workspace: Path, market: str) -> Path | None:
    """Have Dagster load a market too; what else ``workspace.yaml`` says stays as it is.

    Args:
        workspace: the folder.
        market: name of the market.

    Returns:
        The file, None where it loads the market already.

    Raises:
        WorkspaceError: the file has another form than ``load_from`` with a list.
        StorageError: it can't be written.
    """
    path = workspace / FILE
    text = path.read_text(encoding="utf-8")
    try:
        content = load_values(text)
    except NotYamlError as error:
        raise WorkspaceError(f"{path} is no valid YAML: {error}") from error
    locations = content.get("load_from") if isinstance(content, dict) else None
    if not isinstance(locations, list):
        raise WorkspaceError(
            f"{path} has no list 'load_from': add these lines to it\n{location_yaml(market)}"
        )
    modules = [entry.get("python_module") for entry in locations if isinstance(entry, dict)]
    if any(isinstance(one, dict) and one.get("attribute") == market for one in modules):
        return None
    longer = _with_location(text, location_yaml(market))
    with in_place_of(path) as aside:
        aside.write_text(longer, encoding="utf-8")
    return path


def _with_location(text: str, lines: str) -> str:
    """The text with one more entry at the end of its list, indented like the others.

    Raises:
        WorkspaceError: the list is written in another way than a line an entry.
    """
    import yaml

    root = yaml.compose(text)
    assert root is not None
    node = next(value for key, value in root.value if key.value == "load_from")
    if node.flow_style:
        raise WorkspaceError(f"{FILE}: write 'load_from' a line an entry, or add yourself\n{lines}")
    indent = " " * node.start_mark.column
    entry = textwrap.indent(textwrap.dedent(lines), indent)
    before = text[: node.value[-1].end_mark.index].rstrip()
    after = text[len(before) :].removeprefix("\n")
    return f"{before}\n{entry}{after}"
