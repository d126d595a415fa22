"""Runs crawls in processes of their own that start within a fraction of a second."""

import multiprocessing
import os

from scrapy.crawler import CrawlerProcess
from scrapy.utils.project import get_project_settings

from scrapers.journal import read_journal

# A server that has imported Scrapy once; each crawl starts from it.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        __name__,
        "scrapers.spiders.guba",
        "scrapy.core.downloader.handlers.http11",
        # Loaded even by a crawl that turns them off.
        "scrapy.extensions.remote_control",
        "scrapy.extensions.telnet",
    ]
)


def _run(arguments):
    os.environ["SCRAPY_SETTINGS_MODULE"] = "scrapers.settings"
    process = CrawlerProcess(get_project_settings())
    process.crawl("guba", **arguments)
    process.start()


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
    process = CONTEXT.Process(target=_run, args=(given,), daemon=True)
    process.start()
    return process


def crawl(forum, journal, months=("2020-01", "2020-04"), **arguments):
    """Crawl to the end; returns the journal's posts and its last line."""
    process = start(forum, journal, months, **arguments)
    process.join(60)
    assert process.exitcode == 0
    return result(journal)


def result(journal):
    lines = list(read_journal(journal))
    return [line for line in lines if line["kind"] == "post"], lines[-1]


def ids(posts):
    return [int(post["post_id"]) for post in posts]
