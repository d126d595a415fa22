"""A process for each step, forked by one that has imported this: it ends when its run does.

Belongs here: what a forked step does first. Does not belong here: who forks (`executors`, which
names what else is imported before).

Dagster's own processes go on when the run is killed that they belong to, and would write beside the
run that repeats it. The process that forks ends with the run; a step then has another parent.
"""

import os
import time
from threading import Thread

SECONDS_BETWEEN_LOOKS = 1.0


def _end_with_run() -> None:
    Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(forker: int) -> None:
    while os.getppid() == forker:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(1)


os.register_at_fork(after_in_child=_end_with_run)
