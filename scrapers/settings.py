"""How the crawler behaves: one request at a time, at leisure, by the site's rules, under its name.

The delay and the contact come with each crawl (`spiders.guba`). There is nothing here that evades:
no changing identities, no proxies, no cookies. A site that asks us to stop is not asked again.
"""

from typing import Any

BOT_NAME = "sfr_pipeline"
SPIDER_MODULES = ["sfr_pipeline.scrapers.spiders"]

ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = BOT_NAME
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# After each answer the site rests at least as long as it worked on it.
AUTOTHROTTLE_TARGET_CONCURRENCY = 0.5
# The delay is a promise to the site: never less, as Scrapy's jitter would make it at times.
DOWNLOAD_DELAY_JITTER = 0

DOWNLOAD_TIMEOUT = 60
# A page of a popular post may be long; what is longer than this, unpacked, is none.
DOWNLOAD_WARNSIZE = 8 * 2**20
DOWNLOAD_MAXSIZE = 32 * 2**20
RETRY_TIMES = 2
# Not 403 or 429: these say that we came too often already, unless they say when to come again.
RETRY_HTTP_CODES = [408, 500, 502, 503, 504]
DOWNLOADER_MIDDLEWARES: dict[str, Any] = {
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "sfr_pipeline.scrapers.patience.PatientRetries": 550,
}
REDIRECT_MAX_TIMES = 3
METAREFRESH_ENABLED = False
COOKIES_ENABLED = False


LOG_LEVEL = "INFO"
LOG_FORMAT = "%(levelname)s: %(message)s"
LOG_COLOR = False
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
EXTENSIONS: dict[str, Any] = {
    # Nothing listens on a port while a crawl runs.
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
    # The spider reports by itself, and writes by itself.
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
}


def user_agent(contact: str) -> str:
    """Name of the crawler with somebody to write to."""
    return f"{BOT_NAME} (research on systemic financial risk; contact: {contact or 'local test'})"
