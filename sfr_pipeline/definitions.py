"""The one place that knows the whole graph: every market's assets, checks, jobs and resources."""

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

import dagster as dg

from sfr_pipeline.assets import (
    alerts,
    forecasting,
    index,
    index_panel,
    inputs,
    opinion,
    report,
    stress,
    volatility,
)
from sfr_pipeline.assets.links import with_links
from sfr_pipeline.assets.table_asset import contract_check
from sfr_pipeline.markets import Market, load_market, market_names
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline.resources.executors import executor_definition
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.progress import PROGRESS, progress_logger
from sfr_pipeline.resources.step_frames import STEP_FRAMES, StepFrames
from sfr_pipeline.resources.warehouse import TABLE_BY_NAME, Warehouse
from sfr_pipeline.schedules import refresh_schedule, with_freshness
from sfr_pipeline.sensors import watch_sensor


def build_definitions(
    market: Market | str, resources: Mapping[str, Any] | None = None
) -> dg.Definitions:
    """Build the Dagster definitions of one market.

    Args:
        market: a catalogue, or the name of one that this package ships.
        resources: replacements by key, for tests: 'warehouse', 'crawler', 'device', 'engine',
            'profile'.

    Raises:
        CatalogueError: no such market, or its YAML is wrong.
        SettingError: there is no such executor, or its settings are wrong.
    """
    market = load_market(market) if isinstance(market, str) else market
    with warnings.catch_warnings():
        # Single-run backfills are how a range of months runs from the command line; they are
        # marked beta.
        warnings.filterwarnings("ignore", ".*backfill_policy.*", dg.BetaWarning)
        assets = [
            *inputs.build_assets(market),
            *index_panel.build_assets(market),
            *index.build_assets(market),
            *opinion.build_assets(market),
            *forecasting.build_assets(market),
            *stress.build_assets(market),
            *volatility.build_assets(market),
            *report.build_assets(market),
            *alerts.build_assets(market),
        ]
    names = [key.path[-1] for asset in assets for key in asset.keys]
    checks = [
        *(contract_check(market, TABLE_BY_NAME[name]) for name in names if name in TABLE_BY_NAME),
        *inputs.build_checks(market),
        *index.build_checks(market),
        *opinion.build_checks(market),
        *forecasting.build_checks(market),
        *stress.build_checks(market),
        *volatility.build_checks(market),
    ]
    own = {
        "warehouse": Warehouse(synthetic=market.synthetic),
        "crawler": Crawler(),
        "device": Device(),
        "engine": ComputeEngine(),
        "profile": TrainingProfile(),
        **(resources or {}),
    }
    frames = StepFrames(root=own["warehouse"].root)
    return dg.Definitions(
        assets=with_freshness(market, with_links(market, assets, Warehouse())),
        asset_checks=checks,
        schedules=[refresh_schedule(market)],
        sensors=[watch_sensor(market)],
        # The warehouse is where Dagster stores whatever an asset returns.
        resources={"io_manager": own["warehouse"], STEP_FRAMES: frames, **own},
        executor=executor_definition(frames.remove),
        loggers={PROGRESS: progress_logger, "console": dg.colored_console_logger},
    )


@cache
def __getattr__(name: str) -> dg.Definitions:
    """The definitions of a market, built when Dagster asks this module for the market's name.

    A code location thus builds the graph of its own market and no other.
    """
    if name not in market_names():
        raise AttributeError(f"module {__name__!r} has no attribute and no market {name!r}")
    return build_definitions(name)
