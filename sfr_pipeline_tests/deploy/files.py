"""What lies in deploy/, taken apart as its readers do."""

import re
import shlex
from typing import NamedTuple

import yaml

from sfr_pipeline_tests.checkout import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
# `${NAME}`, with what stands for it where it is not set, or why it must be.
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Instruction(NamedTuple):
    """A line of a Dockerfile, whole.

    Attributes:
        name: FROM, COPY and others.
        text: what follows, continuation lines joined.
    """

    name: str
    text: str


def dockerfile():
    """Instructions of each stage of the Dockerfile, and those before the first."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    before, stages = [], []
    for line in filter(None, joined.splitlines()):
        found = Instruction(*line.split(maxsplit=1))
        if found.name == "FROM":
            stages.append([])
        (stages[-1] if stages else before).append(found)
    return before, stages


def arguments(instructions):
    """The ARGs among instructions, with their defaults."""
    pairs = (one.text.partition("=") for one in instructions if one.name == "ARG")
    return {name: default for name, _, default in pairs}


def commands_of(line):
    """The commands of a line of a shell, each as its words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&;|")
    lexer.whitespace_split = True
    commands = [[]]
    for word in lexer:
        if set(word) <= set("&;|"):
            commands.append([])
        elif word not in ("exec", "if", "then", "fi"):
            commands[-1].append(word)
    return [words for words in commands if words]


def compose():
    """The compose file, as it is read before any variable is filled in."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def filled(text, given="given"):
    """A value of the compose file with its variables filled in, those without default as given."""
    return VARIABLE.sub(lambda found: found[3] if found[2] == "-" else given, text)


def lines_of(command):
    """The commands of a service, one or those that a shell is given."""
    words = [filled(word, "us") for word in command]
    return commands_of(words[2]) if words[:2] == ["sh", "-c"] else [words]


def texts_in(value):
    """All texts in a value of YAML."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
    elif isinstance(value, str):
        yield value
