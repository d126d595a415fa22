"""The one way in which YAML that people write is read, and how a text is written into it.

Belongs here: reading a text of YAML so that nothing of it is lost or turned into something else.
Does not belong here: what a file may say (`markets`, `sources.files`, `resources.executors`), nor
its name, which whoever reads it puts before the sentence of an error.

YAML 1.1 reads ``000300`` as the number 192, ``1:30`` as 90 and ``ON`` as a truth value, and of two
equal keys it keeps the last one without a word. Here equal keys are refused. Scalars stay the texts
that they were written as (`load_texts`), and whoever wants a number makes it one; what is read on
by a program that goes by YAML's types has those (`load_values`).
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from sfr_pipeline.errors import SfrError, shown

# Plain scalars that YAML reads as a truth value or as nothing, in small letters.
RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
# What YAML 1.1 would make something else than a text of.
_TYPED = ("bool", "int", "float", "timestamp", "value")
_MERGE = "tag:yaml.org,2002:merge"

# The parser in C, where PyYAML was built with it: catalogues are read whenever Dagster loads us.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotYamlError(SfrError):
    """A text is no YAML, or says something twice; one sentence with the line and a remedy."""


class Document(NamedTuple):
    """A text of YAML that was read.

    Attributes:
        content: mappings, lists, texts, and None where nothing or ``null`` stands; None too for an
            empty text.
        root: the same as nodes, which know their lines; None for an empty text.
    """

    content: Any
    root: yaml.Node | None


class _Texts(_Safe):
    """Leaves every scalar the text that it is, but for what says that there is none."""


for _name in _TYPED:
    _Texts.add_constructor(f"tag:yaml.org,2002:{_name}", _Texts.construct_yaml_str)


def load_texts(text: str) -> Document:
    """Read YAML whose scalars stay texts as they were written, quoted or not.

    Raises:
        NotYamlError: it is no YAML, or a mapping has two equal keys.
    """
    return _load(text, _Texts)


def load_values(text: str) -> Any:
    """Read YAML with the types of YAML 1.1, for settings that another program defines.

    Raises:
        NotYamlError: it is no YAML, or a mapping has two equal keys.
    """
    return _load(text, _Safe).content


def quoted(text: str) -> str:
    """A text as a scalar of YAML, plain where it is made of letters and spaces alone."""
    letters = text.isascii() and text.replace(" ", "").isalpha() and text == text.strip()
    plain = letters and text.lower() not in RESERVED
    # YAML refuses some of what JSON leaves as it is, and breaks lines at more of it.
    return text if plain else shown(json.dumps(text, ensure_ascii=False))


def _load(text: str, kind: Any) -> Document:
    try:
        loader = kind(text)
        root = loader.get_single_node()
        if root is None:
            return Document(None, None)
        # Before anything is merged, for what is merged may stand in both.
        for mapping in _mappings(root):
            _refuse_twice(loader, mapping)
        return Document(loader.construct_document(root), root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise NotYamlError(
            f"{where}{error.problem or error.context}: correct it there or in the line before, and "
            "put texts with ':', '#' or a sign at their beginning into quotes"
        ) from error
    except yaml.YAMLError as error:
        told = " ".join(str(error).split())
        raise NotYamlError(f"{told}: remove such characters, or escape them in quotes") from error
    except RecursionError as error:
        raise NotYamlError("it is nested deeper than can be read: make it flatter") from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # Such as the day 2024-02-30, where it has the types of YAML, or a tag that does not fit.
        raise NotYamlError(f"{error}: correct it, or put it into quotes as a text") from error


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    """All mappings, each once: an alias is the node that it stands for."""
    left, seen = [root], set[int]()
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            left += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            left += node.value


def _refuse_twice(loader: Any, mapping: yaml.MappingNode) -> None:
    lines: dict[Any, int] = {}
    for key, _ in mapping.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
            continue  # the loader itself refuses what can be no key, and merges all there is
        found, line = loader.construct_object(key), key.start_mark.line + 1
        if found in lines:
            raise NotYamlError(
                f"line {line}: '{key.value}' stands in line {lines[found]} already, and one of "
                "them would count for nothing: keep one, or rename one"
            )
        lines[found] = line
