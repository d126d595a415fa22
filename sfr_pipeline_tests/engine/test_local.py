"""A worker that dies says why, as far as that can be known."""

import subprocess
import sys

import pytest

from sfr_pipeline_tests.checkout import CHECKOUT

SCRIPT = """
import os
from sfr_pipeline.engine import Local

def piece(number):
    {piece}
    return number

{guard}
    print(sorted(result for _, result in Local(2).completed(piece, [1, 2, 3])))
"""
GUARD = 'if __name__ == "__main__":'


@pytest.mark.parametrize(
    ("guard", "piece", "told"),
    [
        ("if True:", "pass", "under \"if __name__ == '__main__':\""),
        pytest.param(
            GUARD, "os.kill(os.getpid(), 9)", "(exit status -9)", marks=pytest.mark.faults
        ),
    ],
)
def test_a_script_is_told_what_became_of_its_workers(tmp_path, guard, piece, told):
    (tmp_path / "script.py").write_text(SCRIPT.format(guard=guard, piece=piece))
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        cwd=CHECKOUT,
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told in done.stderr.splitlines()[-1]
    assert (done.returncode, done.stdout) == (1, "")
