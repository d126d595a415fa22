"""What engines are asked to do, and a process of a cluster's that asks.

Functions lie in a module, so that whoever works finds them by name.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.checkout import CHECKOUT

BEGIN = """
import json, os, sys
import numpy as np
from sfr_pipeline.engine import Local, engine_named
from sfr_pipeline_tests.engine import pieces
ray = engine_named("ray", os.environ["RAY_ADDRESS"])
tell = lambda what: print("told", json.dumps(what), flush=True)
"""


def ask(cluster, script, **environment):
    """Run a script in a process of its own; what it told.

    The script has the engine ``ray`` and a function ``tell``.
    """
    process = asking(cluster, script, **environment)
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return list(told(said.splitlines()))


def told(lines):
    """What a script told; Ray tells of deaths in lines between."""
    for line in lines:
        if line.startswith("told "):
            yield json.loads(line.removeprefix("told "))


def asking(cluster, script, **environment):
    """As `ask`, and return at once."""
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + script],
        cwd=CHECKOUT,
        env={**cluster.environment, "PYTHONPATH": str(CHECKOUT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(cluster, script, **environment):
    """The last line of what a script says that fails."""
    process = asking(cluster, script, **environment)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors
    return errors.strip().splitlines()[-1]


def arrays():
    return [np.random.default_rng(seed).standard_normal((40, 3)) for seed in range(7)]


def in_place(values):
    """Changes what it is given, as `local` lets it."""
    values[0] = 1.0
    return np.linalg.inv(values.T @ values)


def short(piece):
    """Refuses pieces above 2, as an estimate of too short a sample does."""
    if piece > 2:
        raise EstimationError("series {series} is too short: lengthen it", series=(piece,))
    return piece


def bare(piece):
    return {}[piece]


def pid_of(seconds):
    time.sleep(seconds)
    return os.getpid()


def killed_once(marker):
    """The first worker that begins it dies."""
    if Path(marker).exists():
        return "done"
    Path(marker).touch()
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(piece):
    os.kill(os.getpid(), signal.SIGKILL)


def seen(names):
    return {name: os.environ.get(name) for name in names}


def gpu(seconds):
    """The GPUs that a piece sees, and from when to when it has them."""
    began = time.time()
    time.sleep(seconds)
    return os.environ.get("CUDA_VISIBLE_DEVICES"), began, time.time()
