"""A market that is not written yet, and how it is put into a workspace: whole or not at all."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.inputs.files import check_new_files
from sfr_pipeline.markets import Market, market_names, read_market
from sfr_pipeline.workspace import imports_root
from sfr_pipeline.yaml_text import RESERVED

NAME = r"[a-z][a-z0-9_]*"


@dataclass(frozen=True)
class Draft:
    """A market as it will be written.

    Attributes:
        name: of the market.
        title: for readers.
        yaml: text of its catalogue.
        files: content of each file that it reads, by its path below ``imports/<name>/``.
        undecided: sentences on what stands in the catalogue without anybody having decided it.
        notes: sentences on what was found, guessed and left out.
    """

    name: str
    title: str
    yaml: str
    files: Mapping[str, bytes]
    undecided: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    def write(self, workspace: Path) -> list[Path]:
        """Write catalogue and files, and read them as a run would.

        Args:
            workspace: the folder that gets them; files go where the workspace keeps imports.

        Returns:
            What was written, the catalogue first.

        Raises:
            CatalogueError: the name is taken, or the catalogue would be refused.
            SourceError: a run would refuse one of the files.
            OSError: it can't be written there.
        """
        require_new(self.name, workspace)
        catalogue = workspace / "markets" / f"{self.name}.yaml"
        folder = imports_root() / self.name
        paths = {folder / path: content for path, content in self.files.items()}
        try:
            for path, content in {catalogue: self.yaml.encode(), **paths}.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            _try(catalogue)
        except BaseException:
            catalogue.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return [catalogue, *paths]


def require_new(name: str, workspace: Path) -> None:
    """Refuse a name that no market of the workspace can get.

    Raises:
        CatalogueError: it is no identifier, or a word of YAML, or there is such a market or a
            folder of its files.
    """
    if not re.fullmatch(NAME, name):
        raise CatalogueError(
            f"'{name}' can't be the name of a market, which is that of tables too: small letters, "
            "digits and _, a letter first, such as brazil"
        )
    if name in RESERVED:
        raise CatalogueError(
            f"'{name}' can't be the name of a market: YAML, in which its catalogue is written, "
            f"reads it as a truth value or as nothing: choose another name, such as market_{name}"
        )
    catalogue, folder = workspace / "markets" / f"{name}.yaml", imports_root() / name
    for path in (catalogue, folder):
        if path.exists():
            raise CatalogueError(
                f"{path} is there already: choose another name, or remove it to begin anew"
            )
    if name in market_names():
        raise CatalogueError(f"this package ships a market '{name}': choose another name")


def _try(catalogue: Path) -> Market:
    """Read the market and its files as its first run will."""
    market = read_market(catalogue)
    check_new_files(market, series=(), symbols=())
    return market
