"""The crawler of forum posts, as assets see it: a call that ends with a finished journal or fails.

The crawl runs in a process of its own, because Scrapy wants a process to itself; it ends with the
step, however the step ends. What it logs appears in the log of the step while it runs.
"""

import datetime as dt
import hashlib
import json
import logging
import os
import re
import subprocess
import sys
from collections import deque
from pathlib import Path

import dagster as dg

from sfr_pipeline import clock, settings
from sfr_pipeline.child import popen
from sfr_pipeline.errors import CrawlBrokenOffError, SourceError
from sfr_pipeline.markets.opinion import CONTACT, Forum
from sfr_pipeline.resources.one_crawl import alone_at, locks_folder
from sfr_pipeline.scrapers.journal import FINISHED, read_journal, stored_journal
from sfr_pipeline.scrapers.shown import shown
from sfr_pipeline.scrapers.site import is_loopback
from sfr_pipeline.sources.files.folder import files_only
from sfr_pipeline.workspace import crawl_folder, warehouse_folder

# The journal keeps what a crawl got, however it ends; a page on its way is no reason to wait.
SECONDS_TO_END = 5.0
# Of what the crawl says, whatever a site put into it.
LONGEST_LINE = 1_000

_LEVELS = {"INFO": logging.INFO, "DEBUG": logging.DEBUG}
_LEVEL = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL): ")


class Crawler(dg.ConfigurableResource):
    """Crawls forums into journals.

    Attributes:
        root: folder of the journals; by default ``crawl/`` of the warehouse, or of the caches where
            that is no folder.
        locks: folder of the locks by site; by default one for each user of this machine, and
            ``root`` for sites on this machine, which nobody else is asked by.
    """

    root: str | None = None
    locks: str | None = None

    @property
    def folder(self) -> Path:
        """``root``, or its default."""
        return Path(self.root).absolute() if self.root else crawl_folder(warehouse_folder())

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
            SourceError: the crawl did not finish, nobody is named whom the site could write to, or
                the environment forbids to ask any.
        """
        if files_only() and not is_loopback(site_url):
            raise SourceError(
                f"{settings.FILES_ONLY} forbids to crawl {site_url}: name a folder of posts in "
                f"'exports' of the forum of market {market} and put files into it, or unset "
                f"{settings.FILES_ONLY}"
            )
        contact = forum.contact or settings.text(CONTACT)
        if not contact and not is_loopback(site_url):
            raise SourceError(
                f"nobody is named whom the operator of {site_url} could write to: set contact in "
                f"the forum of market {market}, or the environment variable {CONTACT}, to an "
                "e-mail address"
            )
        months = f"{first_month}_{last_month}"
        journal = self.folder / market / f"{months}_{_mark(forum)}.jsonl"
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
        what = f"the crawl of {market} from {first_month} to {last_month}"
        with alone_at(site_url, self._locks(site_url), what, forum.delay, log) as lock:
            status, tail = _run([f"{name}={value}" for name, value in arguments.items()], lock, log)
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

    def _locks(self, site_url: str) -> Path:
        if self.locks is not None:
            return Path(self.locks)
        return self.folder if is_loopback(site_url) else locks_folder()

    def stored(self, journal: Path, keep_texts: bool = True) -> None:
        """Put a journal aside, because its posts are stored: the next crawl begins anew.

        As long as nobody says so, the same months are taken from this journal, and the site is
        asked only for what has come since. The last one put aside is kept beside it as
        ``*.stored.jsonl``: renamed back, its posts are taken once more.

        Args:
            journal: of a crawl.
            keep_texts: whether texts may be kept; if not, the journal is deleted instead.
        """
        if keep_texts:
            journal.replace(stored_journal(journal))
        else:
            journal.unlink()

    def forget(self, market: str, days: int) -> None:
        """Delete journals that hold texts longer than a market wants them kept.

        All that were put aside, and those of crawls that nobody has gone on with for as many days,
        a day at least: what a crawl broken off today got must not cost the site a second one.

        Args:
            market: its name.
            days: for which texts are kept.
        """
        oldest = clock.now() - dt.timedelta(days=max(days, 1))
        for journal in (self.folder / market).glob("*.jsonl"):
            aside = journal.stem.endswith(".stored")
            touched = dt.datetime.fromtimestamp(journal.stat().st_mtime, dt.UTC)
            if aside or touched.replace(tzinfo=None) < oldest:
                journal.unlink()


def _run(arguments: list[str], lock: int, log: logging.Logger) -> tuple[int, str]:
    """Run the spider, which holds the lock too; returns its status and the end of what it said."""
    command = [sys.executable, "-m", "scrapy", "crawl", "guba"]
    for argument in arguments:
        command += ["-a", argument]
    tail: deque[str] = deque(maxlen=3)
    with popen(
        command,
        seconds_to_end=SECONDS_TO_END,
        pass_fds=(lock,),
        env={**os.environ, "SCRAPY_SETTINGS_MODULE": "sfr_pipeline.scrapers.settings"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
    ) as child:
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


def _mark(forum: Forum) -> str:
    """A few letters that differ between crawls whose journals must not be mixed."""
    what = json.dumps([forum.site, forum.bars, forum.post_pages])
    return hashlib.sha256(what.encode()).hexdigest()[:8]


def _last_line(journal: Path) -> dict[str, object]:
    last = deque(read_journal(journal), maxlen=1)
    return last[0] if last and last[0]["kind"] == "closed" else {}
