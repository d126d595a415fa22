"""A process that materializes the opinion leg of the sandbox, and says who did which piece.

``python -m sfr_pipeline_tests.opinion.on_cluster WAREHOUSE TABLE ...``: one line a piece, then one
with the number of texts that were read, if sentiment is among the tables.
"""

import logging
import sys
import time

import dagster as dg

import sfr_pipeline.opinion.npoi  # noqa: F401
from sfr_pipeline.assets import opinion
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.engine import on_ray
from sfr_pipeline.markets import load_market
from sfr_pipeline.opinion import npoi_parts, reading
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.warehouse import Warehouse

# Long enough that a node can be killed in the middle.
SECONDS_A_SHARD, SECONDS_A_PART = 0.05, 0.4


class SlowReader(reading.ShardReader):
    """Takes its time over each shard."""

    def __call__(self, shard, done=None):
        time.sleep(SECONDS_A_SHARD)
        return super().__call__(shard, done)


def slow_reader(*arguments):
    found = reading.shard_reader(*arguments)
    return SlowReader(**(found.__dict__ | {"scorer": None}))


def slowly_indexed(piece):
    time.sleep(SECONDS_A_PART)
    return npoi_parts.indexed(piece)


def main(root, *names):
    """Materialize tables, all months of them."""
    opinion.shard_reader = slow_reader
    # By its name alone one would get the function that the room offers under it.
    sys.modules["sfr_pipeline.opinion.npoi"].indexed = slowly_indexed
    on_ray.log.addHandler(logging.StreamHandler(sys.stdout))
    on_ray.log.setLevel(logging.DEBUG)
    market = load_market("sandbox")
    definitions = build_definitions(
        market,
        resources={
            "warehouse": Warehouse(root=root, synthetic=True),
            "crawler": Crawler(root=f"{root}/crawl"),
        },
    )
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[dg.AssetKey([market.name, name]) for name in names],
        tags={
            "dagster/asset_partition_range_start": str(market.sample.start),
            "dagster/asset_partition_range_end": str(market.sample.end),
        },
        run_config={"loggers": {"progress": {}}},
    )
    if "sentiment" in names:
        [event, *_] = result.asset_materializations_for_node("sandbox__sentiment")
        print(f"texts read: {event.metadata['texts_new'].value}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
