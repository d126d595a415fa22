"""The crawler of forum posts, as assets see it: a call that ends with a finished journal or fails.

The crawl runs in a process of its own, because Scrapy wants a process to itself. What it logs
appears in the log of the step while it runs.
"""

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from scrapers.journal import FINISHED, read_journal, stored_journal
from scrapers.shown import shown
from scrapers.site import is_loopback
from sfr_pipeline.errors import CrawlBrokenOffError, SourceError
from sfr_pipeline.markets.opinion import Forum
from sfr_pipeline.paths import PROJECT_ROOT

# The environment variable that names whom the site's operator can write to.
CONTACT = "SFR_CONTACT"
SECONDS_TO_END = 15.0
# Of what the crawl says, whatever a site put into it.
LONGEST_LINE = 1_000

_LEVELS = {"INFO": logging.INFO, "DEBUG": logging.DEBUG}
_LEVEL = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL): ")


class Crawler(dg.ConfigurableResource):
    """Crawls forums into journals.

    Attributes:
        root: folder of the journals; by default ``crawl/`` in the warehouse.
    """

    root: str = str(Path(os.environ.get("SFR_WAREHOUSE", PROJECT_ROOT / "warehouse")) / "crawl")

    def crawl(
        self,
        market: str,
        forum: Forum,
        first_month: str,
        last_month: str,
        site_url: str,
        log: logging.Logger,
    ) -> Path:
        """Crawl the posts of some months.

        An earlier crawl of the same months is continued, one that was finished too, until `stored`
        says that its posts are safe: what fails afterwards must not cost the site a second crawl.

        Args:
            market: name of the market.
            forum: what to fetch, and how politely.
            first_month, last_month: "YYYY-MM", both included.
            site_url: where the forum is served.
            log: is told of the progress.

        Returns:
            The journal, whose last line says that the crawl finished (`scrapers.journal`).

        Raises:
            SourceError: the crawl did not finish, or nobody is named whom the site could write to.
        """
        contact = forum.contact or os.environ.get(CONTACT, "")
        if not contact and not is_loopback(site_url):
            raise SourceError(
                f"nobody is named whom the operator of {site_url} could write to: set contact in "
                f"the forum of market {market}, or the environment variable {CONTACT}, to an "
                "e-mail address"
            )
        months = f"{first_month}_{last_month}"
        journal = Path(self.root).absolute() / market / f"{months}_{_mark(forum)}.jsonl"
        arguments = {
            "site": site_url,
            "bars": ",".join(forum.bars),
            "first_month": first_month,
            "last_month": last_month,
            "journal": journal,
            "post_pages": forum.post_pages,
            "delay": forum.delay,
            "contact": contact,
        }
        journal.parent.mkdir(parents=True, exist_ok=True)
        with _alone(journal.with_name("crawl.lock"), log):
            status, tail = _run([f"{name}={value}" for name, value in arguments.items()], log)
        what = f"the crawl of {market} from {first_month} to {last_month}"
        if status != 0:
            raise CrawlBrokenOffError(f"{what} broke off (status {status}): {tail}")
        closed = _last_line(journal)
        if closed.get("reason") != FINISHED:
            reason, message = (
                shown(str(closed.get(name, instead)), LONGEST_LINE)
                for name, instead in (("reason", "killed"), ("message", "Its journal breaks off."))
            )
            raise (SourceError if "reason" in closed else CrawlBrokenOffError)(
                f"{what} stopped ({reason}): {message} What was fetched is kept; running it again "
                "resumes where it stopped."
            )
        return journal

    def stored(self, journal: Path) -> None:
        """Put a journal aside, because its posts are stored: the next crawl begins anew.

        As long as nobody says so, the same months are taken from this journal, and the site is
        asked only for what has come since. The last one put aside is kept beside it as
        ``*.stored.jsonl``: renamed back, its posts are taken once more.
        """
        journal.replace(stored_journal(journal))


@contextmanager
def _alone(path: Path, log: logging.Logger) -> Iterator[None]:
    """One crawl of a market at a time: two would ask the site twice as often as was agreed."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.info("waiting for another crawl of this market to end")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _run(arguments: list[str], log: logging.Logger) -> tuple[int, str]:
    """Run the spider; returns its exit status and the end of what it said."""
    command = [sys.executable, "-m", "scrapy", "crawl", "guba"]
    for argument in arguments:
        command += ["-a", argument]
    tail: deque[str] = deque(maxlen=3)
    with subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env={**os.environ, "SCRAPY_SETTINGS_MODULE": "scrapers.settings"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
    ) as child:
        try:
            assert child.stderr is not None
            for line in child.stderr:
                text = shown(line.rstrip(), LONGEST_LINE)
                level = _LEVEL.match(text)
                log.log(
                    _LEVELS.get(level[1], logging.WARNING) if level else logging.INFO,
                    text[level.end() :] if level else text,
                )
                tail.append(text)
            return child.wait(), " / ".join(tail)
        finally:
            # An interrupted step must not leave a crawl behind; the journal keeps what it got.
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    child.kill()


def _mark(forum: Forum) -> str:
    """A few letters that differ between crawls whose journals must not be mixed."""
    what = json.dumps([forum.site, forum.bars, forum.post_pages])
    return hashlib.sha256(what.encode()).hexdigest()[:8]


def _last_line(journal: Path) -> dict[str, object]:
    last = deque(read_journal(journal), maxlen=1)
    return last[0] if last and last[0]["kind"] == "closed" else {}
