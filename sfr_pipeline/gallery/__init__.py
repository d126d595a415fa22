"""Six scripts that show what one can do here: `docs/gallery.md` has a line on each.

Each is a file of cells (``# %%``), which Jupyter, VS Code and Spyder open as a notebook and Python
runs as it is. ``sfr init`` lays copies into the workspace's folder ``gallery/``, and the cookbook's
queries (`queries`) below it. Belongs here: the scripts, and the few functions that they share. Does
not belong here: anything that the pipeline needs; nothing imports the scripts.
"""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.gallery.queries import OTHERS, file_text, questions
from sfr_pipeline.storage import places
from sfr_pipeline.workspace import find_workspace, warehouse_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from matplotlib.figure import Figure

SCRIPTS = (
    "own_index.py",
    "papers_again.py",
    "known_then.py",
    "own_forecaster.py",
    "score_posts.py",
    "ask_the_warehouse.py",
)
FOLDER = "gallery"
QUERIES = "queries"
PICTURES = "pictures"


def script(name: str) -> str:
    """The text of a script."""
    return (files(__name__) / name).read_text(encoding="utf-8")


def gallery_files() -> dict[str, str]:
    """Texts of all scripts and queries, by their paths below the folder."""
    asked = (*(question.file for question in questions().values()), *OTHERS)
    return {name: script(name) for name in SCRIPTS} | {
        f"{QUERIES}/{name}": file_text(name) for name in asked
    }


def write_gallery(workspace: Path) -> list[str]:
    """Lay scripts and queries into a workspace's folder ``gallery/``; what is there stays as it is.

    Args:
        workspace: its folder.

    Returns:
        What was made, relative to it.

    Raises:
        OSError: it can't be written there.
    """
    folder = workspace / FOLDER
    missing = {name: text for name, text in gallery_files().items() if not (folder / name).exists()}
    if not missing:
        return []
    (folder / QUERIES).mkdir(parents=True, exist_ok=True)
    for name, text in missing.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [f"{FOLDER}/"]


def open_warehouse(market: str, *tables: str) -> "DuckDBPyConnection":
    """The warehouse, for reading; its macros and views are those of the cookbook.

    Args:
        market: whose tables are needed.
        tables: their names.

    Raises:
        SystemExit: there is no workspace, or a table is not there yet; the sentence says what to
            run first.
    """
    if find_workspace() is None:
        raise SystemExit("There is no workspace here: run 'sfr init FOLDER' and go there first.")
    try:
        connection = places.open_warehouse()
    except NotMaterializedError:
        file = warehouse_folder() / places.WAREHOUSE
        raise SystemExit(f"There is no {file} yet: run 'sfr run {market}' first.") from None
    found = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = ?", [market]
    ).fetchall()
    missing = sorted(set(tables) - {name for (name,) in found})
    if missing:
        connection.close()
        raise SystemExit(
            f"The warehouse has no {market}.{missing[0]}: run 'sfr run {market}' first, or name a "
            "market that has it in the line MARKET = ..."
        )
    return connection


def picture(figure: "Figure", name: str) -> "Figure":
    """Save a figure in the folder ``pictures`` beside where one is, and say so.

    Returns:
        The figure: as the last line of a cell a notebook shows it.
    """
    folder = Path(PICTURES)
    folder.mkdir(exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=100)
    print(f"picture: {folder / name}.png")
    return figure
