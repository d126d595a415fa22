"""What to type here: the programs that were installed with this one, by name or by path.

A checkout's programs lie in ``.venv/bin``, which is on the PATH of those alone who activated it.
"""

import re
import shlex
import shutil
import sys
from pathlib import Path

# Programs, and the modules that do the same.
MODULES = {"sfr": "sfr_pipeline", "dagster": "dagster"}
# How a message names a command.
NAMED = re.compile(r"(?<=')sfr (?=[^']+')")
# Where a command begins in text that is a command: at its start, and behind another.
BARE = re.compile(r"(?:^|(?<=&& )|(?<=; )|(?<=or: ))sfr (?=\S)")


def program(name: str, folder: Path | None = None) -> str:
    """What a shell in a folder takes for a program beside this Python.

    Args:
        name: 'sfr' or 'dagster'.
        folder: by default the current one.

    Returns:
        The name where the shell finds the very one, else its path, quoted, from the folder where it
        lies below; where the script lies elsewhere, Python with the module.
    """
    beside, found = Path(sys.executable).with_name(name), shutil.which(name)
    if not beside.is_file():
        return name if found else shlex.join([sys.executable, "-m", MODULES[name]])
    if found and Path(found).samefile(beside):
        return name
    here = folder or Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))


def with_programs(message: str) -> str:
    """A message whose commands, 'sfr run' and others, can be typed here as they stand."""
    typed = program("sfr")
    return message if "'" in typed else NAMED.sub(lambda _: f"{typed} ", message)


def command_typed_here(text: str) -> str:
    """A command, several, or a message that names some, as they can be typed here."""
    typed = program("sfr")
    return BARE.sub(lambda _: f"{typed} ", with_programs(text))
