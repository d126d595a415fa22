"""From forum or files to the index: posts, posts_rejected, sentiment, npoi, npoi_scaling."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

import dagster as dg
import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.assets.kubernetes import gpu_tags
from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.retries import tried_again
from sfr_pipeline.assets.table_asset import (
    month_partitions,
    months_written,
    not_begun,
    selected_outputs,
    table_asset,
    tables_asset,
)
from sfr_pipeline.errors import TooShortError, shown
from sfr_pipeline.inputs.files import folder_of
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.opinion import Forum
from sfr_pipeline.opinion.crawled import crawled_rows
from sfr_pipeline.opinion.exports import read_exports
from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.opinion.origin import posts_folder
from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline.opinion.reading import readers_of, shard_reader
from sfr_pipeline.opinion.retention import months_due, refused_without_texts, without_texts
from sfr_pipeline.opinion.scoring import Scoring
from sfr_pipeline.opinion.shard_store import SENTIMENT, ShardStore
from sfr_pipeline.report.opinion.charts import npoi_chart, sentiment_chart
from sfr_pipeline.resources.crawl_pools import pool_of
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.sources.files.survey import PassedOver
from sfr_pipeline.storage import tables
from sfr_pipeline.workspace import workspace

LEG = "opinion"
# Above this share of a month the site or the export has probably changed its form.
REJECTED_AT_MOST = 0.1


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market; none where it has no forum."""
    if market.forum is None or market.sentiment is None:
        return []
    forum, model = market.forum, market.sentiment
    partitions = month_partitions(market)
    posts_key, sentiment_key = (dg.AssetKey([market.name, name]) for name in ("posts", "sentiment"))

    def months_of(context: dg.AssetExecutionContext) -> list[str]:
        # The index may begin before the forum does: such months hold no posts.
        return sorted(month for month in context.partition_keys if month >= forum.first_month)

    @tables_asset(
        market,
        (tables.POSTS, tables.POSTS_REJECTED),
        leg=LEG,
        kinds={"scrapy"},
        partitions_def=partitions,
        pool=pool_of(forum.site),
    )
    def fetch_posts(
        context: dg.AssetExecutionContext, crawler: dg.ResourceParam[Crawler]
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """One crawl, or one reading of an export, yields what is kept and what is refused."""
        months, journals = months_of(context), list[Path]()
        deliveries = _deliveries(context, crawler, market, forum, months, journals)
        keep_texts = forum.texts_kept_days is None
        with tried_again(context):
            delivered = validate_all(deliveries, months, keep_texts=keep_texts)
        if delivered.outside and months:
            context.log.info(
                f"{delivered.outside:,} rows are of other months than those of this run, "
                f"{months[0]} to {months[-1]}, and stay out"
            )
        for remark in delivered.remarks:
            context.log.warning(shown(remark))
        reasons = delivered.rejected["reason"].value_counts().to_dict()
        yield from selected_outputs(
            context,
            {"posts": delivered.posts, "posts_rejected": delivered.rejected},
            {
                "posts_rejected": {
                    "reasons": dg.MetadataValue.json(reasons),
                    "rows_of_other_months": delivered.outside,
                }
            },
        )
        # Dagster stores each output before it asks for the next: here the posts are safe.
        for journal in journals:
            crawler.stored(journal, keep_texts)
        if forum.texts_kept_days is not None:
            crawler.forget(market.name, forum.texts_kept_days)

    @table_asset(
        market,
        tables.SENTIMENT,
        leg=LEG,
        kinds={"pytorch"},
        partitions_def=partitions,
        deps=[posts_key],
        pool="gpu",
        op_tags=gpu_tags(),
    )
    def sentiment(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        device: dg.ResourceParam[Device],
        engine: dg.ResourceParam[ComputeEngine],
    ) -> dg.MaterializeResult:
        store, months = warehouse.store, sorted(context.partition_keys)
        say = context.log.info
        with engine.held(device, say) as held:
            readers = readers_of(engine.resolve(), held)
            reader = shard_reader(store, market.name, model, workspace(), held, readers)
            say(reader.description)
            kept = ShardStore(warehouse.cache / SENTIMENT, reader.scorer_id)
            with closing(
                Scoring(store, market.name, months, reader, kept, readers, say)
            ) as scoring:
                metadata = warehouse.write_months(
                    market.name,
                    "sentiment",
                    {month: scoring.frames(month) for month in months},
                )
        for month in months:
            context.add_asset_metadata(
                warehouse.month_metadata(market.name, "sentiment", month), partition_key=month
            )
        say(f"{scoring.n_new:,} texts were read, the others had been read before")
        if scoring.what_was_kept:
            context.log.warning(scoring.what_was_kept)
        if forum.texts_kept_days is not None:
            dropped = _drop_texts(warehouse, market.name, forum.texts_kept_days)
            context.log.info(f"texts were dropped from {dropped} months of posts")
        return dg.MaterializeResult(
            metadata=metadata | {"scorer": reader.scorer_id, "texts_new": scoring.n_new}
        )

    @tables_asset(
        market,
        (tables.NPOI, tables.NPOI_SCALING),
        leg=LEG,
        kinds={"sql"},
        deps=[posts_key, sentiment_key],
    )
    def measure_opinion(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        engine: dg.ResourceParam[ComputeEngine],
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Two passes over the stored posts yield the index and its scaling."""
        import duckdb

        store, name = warehouse.store, market.name
        posts, scored = (store.files(name, read) for read in (tables.POSTS, tables.SENTIMENT))
        try:
            frames = npoi_tables(posts, scored, readers_of(engine.resolve(), "cpu"))
        except TooShortError as error:
            frames = not_begun(context, error, (tables.NPOI, tables.NPOI_SCALING))
        except duckdb.Error:
            # Which file it was, DuckDB does not always say.
            for table in (tables.POSTS, tables.SENTIMENT):
                store.require_readable(name, table)
            raise
        drawn = {"chart": npoi_chart(frames["npoi"]), "sentiment": sentiment_chart(frames["npoi"])}
        pictures = {name: picture(market, chart) for name, chart in drawn.items()}
        yield from selected_outputs(context, frames, {"npoi": pictures})

    return [fetch_posts, sentiment, measure_opinion]


def _drop_texts(warehouse: Warehouse, market: str, days: int) -> int:
    """Drop the texts that are due, of all months; returns of how many."""
    store, now = warehouse.store, pd.Timestamp(clock.now())
    due = months_due(store, market, days, now)
    if due:
        parts = {month: without_texts(store, market, month, days, now) for month in due}
        warehouse.write_months(market, "posts", parts)
    if refused := refused_without_texts(store, market):
        frames = {month: [rows] for month, rows in refused.items()}
        warehouse.write_months(market, "posts_rejected", frames)
    return len(due)


def _deliveries(
    context: dg.AssetExecutionContext,
    crawler: Crawler,
    market: Market,
    forum: Forum,
    months: Sequence[str],
    journals: list[Path],
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Raw rows with their origin: of the exports where there are any, else of a crawl.

    A crawl adds its journal to ``journals``, to be marked once its posts are stored.
    """
    folder = posts_folder(forum)
    if forum.exports and folder and (folder.exists() or forum.site is None):
        context.log.info(f"posts come from the exports in {folder}: no site is asked")
        passed_over: list[PassedOver] = []
        yield from read_exports(folder, forum.exports.columns, forum.board, passed_over=passed_over)
        for name, why in passed_over:
            context.log.warning(shown(f"{name} in {folder} is passed over: {why}"))
    elif forum.site is not None and months:
        if folder:
            folder_of(market)  # a misspelt one must not have the site asked
            context.log.info(f"there are no exports in {folder}: {forum.site} is crawled")
        with _site(forum.site) as url:
            journals.append(
                crawler.crawl(market.name, forum, months[0], months[-1], url, context.log)
            )
        yield from crawled_rows(journals[-1], forum.site)


def _site(site: str) -> AbstractContextManager[str]:
    """Address of the forum; a synthetic one is served while it is needed."""
    if site != "sandbox":
        return nullcontext(site)
    from sfr_pipeline.sandbox.server import serve

    return serve()


def build_checks(market: Market) -> list[dg.AssetChecksDefinition]:
    """What no single contract can hold; none where the market has no forum."""
    forum = market.forum
    if forum is None:
        return []

    @dg.asset_check(
        asset=dg.AssetKey([market.name, "posts_rejected"]),
        additional_deps=[dg.AssetKey([market.name, "posts"])],
        description=f"Every month has posts, and at most {REJECTED_AT_MOST:.0%} of its rows were "
        "refused; otherwise the site or the export has changed its form, or something is missing.",
    )
    def months_are_sound(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.AssetCheckResult:
        store = warehouse.store
        months = months_written(context.op_execution_context) or store.months(
            market.name, tables.POSTS
        )
        counts = pd.DataFrame(
            {
                table.name: [store.count(market.name, table, month) for month in months]
                for table in (tables.POSTS, tables.POSTS_REJECTED)
            },
            index=months,
        )[lambda rows: rows.index >= forum.first_month]
        refused = counts["posts_rejected"] / counts.sum(axis=1)
        empty = counts["posts"] == 0
        suspicious = refused[refused > REJECTED_AT_MOST]
        # A month without any row may be true; one whose rows were all refused is an error.
        lost = bool((empty & (refused > 0)).any())
        return dg.AssetCheckResult(
            passed=not empty.any() and suspicious.empty,
            severity=dg.AssetCheckSeverity.ERROR if lost else dg.AssetCheckSeverity.WARN,
            metadata={
                "months_without_posts": dg.MetadataValue.json(list(counts.index[empty])),
                "share_refused": dg.MetadataValue.json(suspicious.round(3).to_dict()),
            },
        )

    return [months_are_sound]
