"""Runs scripts of the gallery as they stand, in this process, and says what they printed."""

import io
import re
from contextlib import redirect_stdout

from sfr_pipeline_tests.checkout import CHECKOUT

GALLERY = CHECKOUT / "sfr_pipeline" / "gallery"
# Those that read the warehouse.
OF_A_MARKET = ("papers_again.py", "known_then.py", "own_forecaster.py", "ask_the_warehouse.py")


def run_script(name, folder, monkeypatch, warehouse=None, **choices):
    """What a script prints, run in a folder; its pictures then lie in the folder ``pictures``.

    Args:
        choices: lines in capitals that a user may change, such as MARKET, and their values.
    """
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SFR_WORKSPACE", str(CHECKOUT))
    monkeypatch.setenv("SFR_WAREHOUSE", str(warehouse or folder / "warehouse"))
    source = (GALLERY / name).read_text(encoding="utf-8")
    for choice, value in choices.items():
        source, n = re.subn(rf"^{choice} = .*$", f"{choice} = {value!r}", source, flags=re.M)
        assert n == 1, choice
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(source, name, "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def findings(printed):
    """The sentence that a script ends with."""
    return printed.strip().splitlines()[-1]
