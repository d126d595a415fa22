"""Commands as README and the pages of docs/ have them, for the tests that parse and run them."""

import re
import shlex
from typing import NamedTuple

from sfr_pipeline_tests.checkout import CHECKOUT

PAGES = ("README.md", "warehouse/README.md", *sorted(
    f"docs/{path.name}" for path in (CHECKOUT / "docs").glob("*.md")
))  # fmt: skip
# Languages of blocks that hold what is typed into a shell; "" is a block without one.
SHELLS = ("", "sh", "console")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
PROGRAMS = ("sfr", "make", "dagster", "python", "duckdb", "pip", "ray")
# In front of a program: a prompt, the lines of a service, settings of the environment, its folder.
BEFORE = re.compile(r"^(?:\$ |ExecStart=|[\d *]+ (?=/))?(?:\w+=\S+ )*(?:\S+/bin/)?")


class Command(NamedTuple):
    """A command of a page.

    Attributes:
        page: where it stands.
        program: without its folder.
        arguments: what follows, as a shell takes them apart.
        inline: whether it stands in a sentence, where arguments may be left out.
    """

    page: str
    program: str
    arguments: tuple[str, ...]
    inline: bool

    def __str__(self):
        return f"{self.page}: {self.program} {shlex.join(self.arguments)}"


def commands():
    """All of them, each once a page."""
    found = {}
    for page in PAGES:
        text = (CHECKOUT / page).read_text(encoding="utf-8")
        for language, block in BLOCK.findall(text):
            if language not in SHELLS:
                continue
            for line in block.replace("\\\n", " ").splitlines():
                if language == "console" and not line.startswith("$ "):
                    continue
                found |= dict.fromkeys(_of_line(page, line, inline=False))
        for line in INLINE.findall(BLOCK.sub("", text)):
            found |= dict.fromkeys(_of_line(page, " ".join(line.split()), inline=True))
    return list(found)


def _of_line(page, line, *, inline):
    for part in line.split(" && "):
        program, _, rest = BEFORE.sub("", part).partition(" ")
        # A name alone, in a sentence, is the program itself.
        if program not in PROGRAMS or (inline and not rest):
            continue
        rest = re.sub(r" <<'END' &$", "", rest)
        yield Command(page, program, tuple(shlex.split(rest, comments=True)), inline)
