"""Reads a market's YAML and names the line of whatever is wrong in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.markets.market import Market
from sfr_pipeline.markets.model import Model
from sfr_pipeline.markets.validation import Location, ValidationErrors, validation_errors
from sfr_pipeline.workspace import markets_folder
from sfr_pipeline.yaml_text import NotYamlError, load_texts

M = TypeVar("M", bound=Model)

FOLDER = Path(__file__).parent


def market_names(own: Path | None = None) -> list[str]:
    """Names of the markets that this package ships, and of those of a workspace.

    Args:
        own: folder of the markets of the workspace; by default of the one that we are in.
    """
    folders = _folders() if own is None else [FOLDER, own]
    return sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})


def load_market(name: str) -> Market:
    """Read a market that this package ships, or one of the workspace.

    Raises:
        CatalogueError: there is no such market, there are two, or its YAML is wrong.
    """
    paths = [path for folder in _folders() if (path := folder / f"{name}.yaml").exists()]
    if not paths:
        own = markets_folder()
        where = f"looked for in {own}" if own else f"{Path.cwd()} is in no workspace"
        raise CatalogueError(
            f"there is no market '{name}' ({where}): choose from {', '.join(market_names())}"
        )
    if len(paths) > 1:
        raise CatalogueError(
            f"{paths[1]}: this package ships a market '{name}': rename yours, in the file's name "
            "and in 'name'"
        )
    market = read_market(paths[0])
    if market.name != name:
        raise CatalogueError(
            f"{paths[0]}: its 'name' is {market.name}: call it {name}, as its file"
        )
    return market


def _folders() -> list[Path]:
    own = markets_folder()
    return [FOLDER, own] if own is not None else [FOLDER]


def read_market(path: Path) -> Market:
    """Read a market's YAML.

    Raises:
        CatalogueError: the file is not YAML, or breaks a rule of the catalogue; each broken rule
            is named with its line.
    """
    return read_model(path, Market, validation_errors, "'name', 'indicators' and so on")


def read_model(
    path: Path, model: type[M], between: Callable[[M], ValidationErrors], keys: str
) -> M:
    """Read a YAML file that a model describes.

    Its scalars are the texts that somebody wrote, so that a code ``000300`` stays one; the model
    makes numbers, truth values and days of those that it declares as such.

    Args:
        path: the file.
        model: what it must be.
        between: finds what is wrong between its parts, once each part is right.
        keys: of the file, in words.

    Raises:
        CatalogueError: the file is not YAML, or is refused; each mistake is named with its line.
    """
    text = path.read_text(encoding="utf-8")
    try:
        content, root = load_texts(text)
    except NotYamlError as error:
        raise CatalogueError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise CatalogueError(f"{path} must hold a mapping with {keys}")
    try:
        read = model.model_validate(content)
        errors = list(between(read))
    except ValidationError as error:
        errors = [
            (found["loc"], found["msg"].removeprefix("Value error, ")) for found in error.errors()
        ]
    if errors:
        lines = [
            f"  {path.name}:{_line(root, where)}: {_name(content, where)}: {message}"
            for where, message in errors
        ]
        raise CatalogueError(f"{path} is refused:\n" + "\n".join(lines))
    return read


def _name(content: Any, location: Location) -> str:
    """Name a place as a reader of the file would: the entry by its id, then the key."""
    names = []
    for part in location:
        if isinstance(content, list) and isinstance(part, int):
            content = content[part]
            entry = content if isinstance(content, dict) else {}
            names.append(str(entry.get("id", entry.get("symbol", f"entry {part + 1}"))))
        elif isinstance(content, dict):
            names.append(str(part))
            content = content.get(part)
    return " > ".join(names)


def _line(node: yaml.Node | None, location: Location) -> int:
    """Line of the deepest node on the way to ``location`` that the file holds."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                # Pydantic names union members and validators too; those are no keys of the file.
                continue
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
