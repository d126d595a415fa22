"""Two homes of Dagster's that share one history, as two hosts do; and an asset that crawls."""

import shutil
from pathlib import Path

import dagster as dg
import yaml

from sfr_pipeline.resources.crawl_pools import pool_of
from sfr_pipeline.resources.owning import owning
from sfr_pipeline_tests.checkout import CHECKOUT

SITE = "https://forum.example"


class Host:
    """A home whose history lies elsewhere.

    Attributes:
        home: its folder.
        name: of the host.
    """

    def __init__(self, root, name, storage):
        self.home, self.name = root / name, name
        self.home.mkdir()
        settings = (CHECKOUT / "dagster_home" / "dagster.yaml").read_text(encoding="utf-8")
        (self.home / "dagster.yaml").write_text(
            settings + yaml.safe_dump({"storage": storage}), encoding="utf-8"
        )

    def instance(self):
        return dg.DagsterInstance.from_config(str(self.home))

    def copied(self, name):
        """The same on another host, its folder brought there file by file."""
        other = Host.__new__(Host)
        other.home, other.name = self.home.parent / name, name
        shutil.copytree(self.home, other.home)
        return other


class CrawlConfig(dg.Config):
    """Where the asset notes its times, and how long it crawls."""

    times: str
    until: str


@dg.asset(key=["made_up", "crawled"], pool=pool_of(SITE))
def crawled(config: CrawlConfig):
    """Note the beginning, go on until a file is there, note the end."""
    import time

    times = Path(config.times)
    with times.open("a", encoding="utf-8") as file:
        file.write("began\n")
    while not Path(config.until).exists():
        time.sleep(0.05)
    with times.open("a", encoding="utf-8") as file:
        file.write("ended\n")


made_up = dg.Definitions([crawled], executor=owning(dg.in_process_executor))
