"""Runs scripts of the gallery as they stand, in this process, and says what they printed."""

import io
import runpy
from contextlib import redirect_stdout

from sfr_pipeline_tests.checkout import CHECKOUT

GALLERY = CHECKOUT / "sfr_pipeline" / "gallery"
# Those that read the warehouse.
OF_A_MARKET = ("papers_again.py", "known_then.py", "own_forecaster.py", "ask_the_warehouse.py")
QUICK_POSTS = "150"


def run_script(name, folder, monkeypatch, warehouse=None, market="us"):
    """What the script prints, run in a folder; pictures then lie in its folder ``pictures``."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SFR_WORKSPACE", str(CHECKOUT))
    monkeypatch.setenv("SFR_WAREHOUSE", str(warehouse or folder / "warehouse"))
    monkeypatch.setenv("SFR_GALLERY_MARKET", market)
    monkeypatch.setenv("SFR_GALLERY_POSTS", QUICK_POSTS)
    printed = io.StringIO()
    with redirect_stdout(printed):
        runpy.run_path(str(GALLERY / name), run_name="__main__")
    return printed.getvalue()


def findings(printed):
    """The sentence that a script ends with."""
    return printed.strip().splitlines()[-1]
