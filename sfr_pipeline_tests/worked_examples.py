"""The worked examples of the pages on extensions: what readers copy is what tests run."""

import re

from sfr_pipeline.cli.workspace_files import write_workspace
from sfr_pipeline_tests.checkout import CHECKOUT

PAGES = ("own_forecaster", "own_network")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (extensions/\w+\.py)\n")


def blocks(page):
    """Python blocks of a page of the docs, in order."""
    return BLOCK.findall((CHECKOUT / "docs" / f"{page}.md").read_text(encoding="utf-8"))


def files(page):
    """Whole files among them, by their name below a workspace."""
    return {found[1]: block for block in blocks(page) if (found := FILE.match(block))}


def every_file(*pages):
    """The files of the pages, by default of all."""
    return {name: text for page in pages or PAGES for name, text in files(page).items()}


def workspace(folder, *pages):
    """A new workspace with the files of the pages, by default of all."""
    write_workspace(folder, ["sandbox"])
    for name, text in every_file(*pages).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
