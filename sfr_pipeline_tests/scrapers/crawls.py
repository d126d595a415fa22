"""Runs crawls in processes of their own that start within a fraction of a second.

They are forked from a process that has imported Scrapy once, which this module is when it is run.
The fork server of `multiprocessing` would be one for the whole test process, with what whoever
starts it first has it import.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from functools import cache
from importlib import import_module

from sfr_pipeline.scrapers.journal import read_journal
from sfr_pipeline_tests.checkout import CHECKOUT

IMPORTED = (
    "sfr_pipeline.scrapers.spiders.guba",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.crawler",
    # Loaded even by a crawl that turns them off.
    "scrapy.extensions.remote_control",
    "scrapy.extensions.telnet",
)


def start(forum, journal, months=("2020-01", "2020-04"), **arguments):
    """Begin a crawl; returns the process."""
    given = {
        "site": forum.site,
        "bars": "600519",
        "first_month": months[0],
        "last_month": months[1],
        "journal": str(journal),
        "delay": "0",
        **arguments,
    }
    return Crawl(_told({"start": given}))


def crawl(forum, journal, months=("2020-01", "2020-04"), **arguments):
    """Crawl to the end; returns the journal's posts and its last line."""
    assert start(forum, journal, months, **arguments).exit_code(60) == 0
    return result(journal)


def result(journal):
    lines = list(read_journal(journal))
    return [line for line in lines if line["kind"] == "post"], lines[-1]


def ids(posts):
    return [int(post["post_id"]) for post in posts]


class Crawl:
    """A crawl that has begun."""

    def __init__(self, pid):
        self.pid = pid

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def exit_code(self, seconds):
        """As subprocess has it; None where the crawl does not end in time."""
        return _told({"wait": self.pid, "seconds": seconds})


def _told(request):
    server = _server()
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


@cache
def _server():
    """Ends with the test process, which closes its pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, "SCRAPY_SETTINGS_MODULE": "sfr_pipeline.scrapers.settings"},
    )


def _serve():
    for module in IMPORTED:
        import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a crawl prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        answer = _begun(request["start"]) if "start" in request else _waited_for(request)
        print(json.dumps(answer), file=answers, flush=True)


def _begun(arguments):
    if pid := os.fork():
        return pid
    try:
        _run(arguments)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _run(arguments):
    from scrapy.crawler import CrawlerProcess
    from scrapy.utils.project import get_project_settings

    process = CrawlerProcess(get_project_settings())
    process.crawl("guba", **arguments)
    process.start()


def _waited_for(request):
    deadline = time.monotonic() + request["seconds"]
    while time.monotonic() < deadline:
        pid, status = os.waitpid(request["wait"], os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None


if __name__ == "__main__":
    _serve()
