"""Commands as README and the pages of docs/ have them, for the tests that parse and run them."""

import re
import shlex
from typing import NamedTuple

from sfr_pipeline_tests.checkout import CHECKOUT

PAGES = ("README.md", "warehouse/README.md", *sorted(
    f"docs/{path.name}" for path in (CHECKOUT / "docs").glob("*.md")
))  # fmt: skip
# Languages of blocks that hold what is typed into a shell; "" is a block without one, and "ini" has
# the service that a system starts.
SHELLS = ("", "sh", "console", "ini")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
PROGRAMS = (
    "sfr", "make", "dagster", "dagster-webserver", "python", "pytest", "duckdb", "pip", "ray", "hf",
    "docker", "frictionless", "sha256sum", "celery", "kubectl", "nginx", "systemctl",
)  # fmt: skip
# What a shell does itself, or with a file.
OF_THE_SHELL = ("cd", "export", "for", "echo", "done", "kill", "rm")
# How blocks without a language begin that nobody types: pictures, files, formulas, messages.
NOT_TYPED = (
    "sources ", "THE FLOW", "broken ", "map $http_origin", "w ", "y = ", "Month,", "Date,", "when,",
    ".../parquet",
)  # fmt: skip
# In front of a program: a prompt, the lines of a service, settings of the environment, its folder.
BEFORE = re.compile(r"^(?:\$ |ExecStart=|[\d *]+ (?=/))?((?:\w+=\S+ )*)(?:\S+/bin/)?")
# What a program is given to read that stands below its line.
HERE = re.compile(r" <<'END'( &)?\n.*?^END$", flags=re.DOTALL | re.MULTILINE)


class Command(NamedTuple):
    """A command of a page.

    Attributes:
        page: where it stands.
        program: without its folder.
        arguments: what follows, as a shell takes them apart.
        inline: whether it stands in a sentence, where arguments may be left out.
        settings: of the environment, that stand in front.
    """

    page: str
    program: str
    arguments: tuple[str, ...]
    inline: bool
    settings: tuple[str, ...] = ()

    @property
    def text(self):
        """As it is typed, without its page."""
        return " ".join([*self.settings, self.program, shlex.join(self.arguments)])

    def __str__(self):
        return f"{self.page}: {self.text}"


def commands():
    """All of them, each once a page."""
    found = {}
    for page in PAGES:
        for line in typed(page):
            found |= dict.fromkeys(_of_line(page, line, inline=False))
        for line in INLINE.findall(BLOCK.sub("", _text(page))):
            found |= dict.fromkeys(_of_line(page, " ".join(line.split()), inline=True))
    return list(found)


def typed(page):
    """The lines of a page's blocks that are typed into a shell."""
    for language, block in BLOCK.findall(_text(page)):
        if language not in SHELLS or (language == "" and block.startswith(NOT_TYPED)):
            continue
        for line in HERE.sub(r"\1", block).replace("\\\n", " ").splitlines():
            only = {"console": "$ ", "ini": "ExecStart="}.get(language, "")
            if line.strip() and line.startswith(only):
                yield line


def not_understood():
    """Typed lines that begin with a program that nobody has told of here."""
    return [
        (page, line)
        for page in PAGES
        for line in typed(page)
        for part in line.split(" && ")
        if _program(part)[1] not in (*PROGRAMS, *OF_THE_SHELL)
    ]


def _text(page):
    return (CHECKOUT / page).read_text(encoding="utf-8")


def _program(part):
    """Settings of the environment, the program and what follows it."""
    settings = BEFORE.match(part)[1].split()
    program, _, rest = BEFORE.sub("", part.strip()).partition(" ")
    return tuple(settings), program, rest


def _of_line(page, line, *, inline):
    for part in line.split(" && "):
        settings, program, rest = _program(part)
        # A name alone, in a sentence, is the program itself.
        if program not in PROGRAMS or (inline and not rest):
            continue
        words = shlex.split(rest.removesuffix(" &"), comments=True)
        yield Command(page, program, tuple(words), inline, settings)
