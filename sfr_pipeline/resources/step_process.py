"""A process for each step, forked by one that has imported this: it ends when its run does.

Belongs here: what a forked step does first. Does not belong here: who forks (`executors`, which
names what else is imported before).

Dagster's own processes go on when the run is killed that they belong to, and would write beside the
run that repeats it.
"""

import os
import time
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread

# Between a fork and the moment at which it knows for whom it works.
SECONDS_TO_KNOW = 0.05


def _end_with_run() -> None:
    Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while (run := parent_process()) is None:
        time.sleep(SECONDS_TO_KNOW)
    wait([run.sentinel])
    os._exit(1)


os.register_at_fork(after_in_child=_end_with_run)
