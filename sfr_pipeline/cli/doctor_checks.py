"""All checks of ``doctor`` by their names, and what each is given to look at."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sfr_pipeline import __version__, clock
from sfr_pipeline.cli.workspace_files import SHARED_HISTORY, instance_yaml, location_yaml
from sfr_pipeline.errors import SfrError, WorkspaceError
from sfr_pipeline.markets import Market, load_market, market_names
from sfr_pipeline.operation.doctor import (
    disk,
    engine,
    folders,
    kernels,
    machine,
    processes,
    settings,
    sites,
    stored,
    torch_build,
    yours,
)
from sfr_pipeline.operation.doctor.finding import Check, Finding, findings
from sfr_pipeline.resources import executor_health, instance_health
from sfr_pipeline.workspace import (
    Url,
    cache_folder,
    dagster_home,
    find_workspace,
    imports_root,
    markets_folder,
    warehouse_folder,
)

PACKAGE = Path(machine.__file__).parents[2]


@dataclass(frozen=True)
class Scene:
    """What is looked at.

    Attributes:
        workspace: its folder; None where there is none.
        market: the only one that is looked at, where one was named.
    """

    workspace: Path | None
    market: str | None

    @property
    def here(self) -> Path:
        """The workspace; asked for by checks that need one."""
        assert self.workspace is not None
        return self.workspace

    @cached_property
    def own(self) -> list[str]:
        """Names of the markets of the workspace."""
        folder = markets_folder() if self.workspace else None
        return sorted(path.stem for path in folder.glob("*.yaml")) if folder else []

    @cached_property
    def measured(self) -> list[str]:
        """Names of the markets whose tables are looked at."""
        there = stored.measured_markets(warehouse_folder()) if self.workspace else []
        return [name for name in there if self.market in (None, name)]

    @cached_property
    def names(self) -> list[str]:
        """Names of the markets that are looked at."""
        if self.market is not None:
            return [self.market]
        there = {*market_names()} if self.workspace else set[str]()
        return sorted({*self.own, *self.measured} & there)

    @cached_property
    def markets(self) -> list[Market]:
        """Those of them that can be read."""
        read = []
        for name in self.names:
            try:
                read.append(load_market(name))
            except SfrError:  # which the check of markets tells
                continue
        return read

    @cached_property
    def servers(self) -> tuple[list[processes.Server], list[processes.Server]]:
        """Code servers and web servers of the workspace."""
        return processes.servers_of(self.here, dagster_home())


def _kernels(scene: Scene) -> Iterator[Finding]:
    from sfr_pipeline.econometrics.kernels.compiler import folders as kept_in

    return kernels.look_at_kernels(kept_in())


def _torch(scene: Scene) -> Iterator[Finding]:
    return torch_build.look_at_torch(
        torch_build.installed_torch(),
        torch_build.gpus_here(),
        torch_build.usable_by_torch,
        settings.device_wanted(),
    )


def _folders(scene: Scene) -> Iterator[Finding]:
    others = {name: scene.here / name for name in ("markets", "extensions")}
    root = warehouse_folder()
    # The order is that in which they are told.
    placed = {"imports": imports_root()}
    if isinstance(root, Path):
        placed["warehouse"] = root
    placed["dagster_home"] = dagster_home()
    yield from folders.look_at_folders(scene.here, {**others, **placed})
    if isinstance(root, Url):
        yield from stored.look_at_store(root)


def _servers(scene: Scene) -> Iterator[Finding]:
    package = processes.newest_change([PACKAGE])

    def changed(market: str) -> float:
        own = [scene.here / "markets" / f"{market}.yaml", scene.here / "extensions"]
        return max(package, processes.newest_change(own))

    return processes.look_at_servers(scene.servers[0], changed)


def _written_to() -> Path:
    """Where runs write on this machine: the warehouse, or the caches of one that lies elsewhere."""
    root = warehouse_folder()
    return root if isinstance(root, Path) else cache_folder(root)


def _locks(scene: Scene) -> Iterator[Finding]:
    folder = _written_to()
    # Where nothing may be written no lock can be tried, which the check of folders tells.
    if os.access(kernels.nearest(folder), os.W_OK):
        yield from disk.look_at_locks(folder, disk.system_of(folder))


MACHINE: tuple[Check[Scene], ...] = (
    Check(
        "python", "the version of Python, against what this release needs",
        lambda scene: machine.look_at_python(),
    ),
    Check(
        "platform", "system, processor and Python, against those of the tests",
        lambda scene: machine.look_at_platform(),
    ),
    Check(
        "packages", "every requirement, ours and those of what we need; packages that are there "
        "twice", lambda scene: machine.look_at_packages(),
    ),
    Check(
        "tested versions", "versions of what we need, against those of the tests",
        lambda scene: machine.look_at_tested(),
    ),
    Check(
        "torch", "the build of torch against GPU, driver, free memory and SFR_DEVICE", _torch,
        waits=True,
    ),
    Check("kernels", "whether compiled kernels are there, and can be kept", _kernels),
    Check(
        "settings", "environment variables that begin with SFR_: misspelt ones, values that mean "
        "nothing",
        lambda scene: settings.look_at_settings(
            os.environ, yours.target_variables(scene.markets)
        ),
    ),
    Check(
        "engine", "whether the engine of SFR_ENGINE is installed, and its cluster answers",
        lambda scene: engine.look_at_engine(os.environ), waits=True,
    ),
    Check(
        "workspace", "whether there is one here, or where SFR_WORKSPACE says",
        lambda scene: folders.look_for_workspace(),
    ),
)  # fmt: skip
WORKSPACE: tuple[Check[Scene], ...] = (
    Check("folders", "whether its folders are there, and this user may write to them", _folders),
    Check(
        "dagster.yaml", "the settings of Dagster's instance, against this release's",
        lambda scene: folders.look_at_instance(
            scene.here, dagster_home(), instance_yaml(), SHARED_HISTORY
        ),
    ),
    Check(
        "workspace.yaml", "which markets it loads, against those that there are",
        lambda scene: folders.look_at_locations(scene.here, market_names(), location_yaml),
    ),
    Check(
        "extensions", "your models and sources, and those of other packages: found, or refused",
        lambda scene: yours.look_at_extensions(),
    ),
    Check(
        "markets", "whether their YAML is refused",
        lambda scene: yours.look_at_markets(scene.names, scene.own),
    ),
    Check(
        "files", "whether a file of theirs in imports/ would be refused",
        lambda scene: yours.look_at_files(scene.markets),
    ),
    Check(
        "alerts", "their rules, and whether the variables with addresses are set",
        lambda scene: yours.look_at_alerts(scene.markets),
    ),
    Check(
        "sentiment model", "whether the models that read posts are on this machine",
        lambda scene: yours.look_at_sentiment(scene.markets, scene.here),
    ),
    Check(
        "keys", "keys and contacts that live sources and crawls need",
        lambda scene: sites.look_at_keys(scene.markets),
    ),
    Check(
        "sites", "whether each site that they ask answers within 4 s, proxies included",
        lambda scene: sites.look_at_sites(sites.sites_of(scene.markets)), waits=True, network=True,
    ),
    Check(
        "tables", "whether every file of every table can be read",
        lambda scene: stored.look_at_tables(
            warehouse_folder(), scene.measured, scene.market, scene.own
        ),
    ),
    Check(
        "views", "warehouse.duckdb: missing, moved, older than the tables, written into",
        lambda scene: stored.look_at_views(warehouse_folder()),
    ),
    Check(
        "release", "whether a newer release wrote tables",
        lambda scene: stored.look_at_release(warehouse_folder(), scene.measured, __version__),
    ),
    Check(
        "archive", "hashes and chains of the tables that are only added to",
        lambda scene: stored.look_at_archive(warehouse_folder()),
    ),
    Check(
        "leftovers", "what killed writers left",
        lambda scene: stored.look_at_leftovers(warehouse_folder()),
    ),
    Check(
        "clock", "this machine's clock, against the newest addition to the archive",
        lambda scene: stored.look_at_clock(warehouse_folder(), clock.now()),
    ),
    Check(
        "disk", "room and files that are free for the warehouse, against what a run needs",
        lambda scene: disk.look_at_room(
            _written_to(), disk.free_mb(_written_to()), disk.free_files(_written_to())
        ),
    ),
    Check("locks", "whether the warehouse lies where locks are kept", _locks),
    Check(
        "database", "whether Dagster's history, where several hosts share it, can be reached",
        lambda scene: instance_health.look_at_database(dagster_home()), waits=True,
    ),
    Check(
        "executor", "whether the executor of SFR_EXECUTOR is installed, its settings suit it, and "
        "workers answer",
        lambda scene: executor_health.look_at_executor(os.environ), waits=True,
    ),
    Check(
        "runs", "runs that count as under way and have no process",
        lambda scene: instance_health.look_at_runs(dagster_home()),
    ),
    Check(
        "daemon", "whether it runs where queued runs or schedules wait for it",
        lambda scene: instance_health.look_at_daemon(dagster_home()),
    ),
    Check("code servers", "whether one began before its files were changed", _servers),
    Check(
        "port", "whether the port of the UI is free, or the UI's own",
        lambda scene: processes.look_at_port(scene.servers[1], processes.ports_taken()),
    ),
)  # fmt: skip
CHECKS = (*MACHINE, *WORKSPACE)


def scene_here(market: str | None) -> Scene:
    """What is there to look at from the current folder.

    Args:
        market: the only one to look at; None for those of the workspace and of the warehouse.
    """
    try:
        return Scene(find_workspace(), market)
    except WorkspaceError:  # which the check of the workspace tells
        return Scene(None, market)


def diagnose(market: str | None, offline: bool) -> list[Finding]:
    """Run all checks; those that wait for others run beside the rest.

    Args:
        market: as of ``scene_here``.
        offline: whether no site is asked.
    """
    scene = scene_here(market)
    checks = CHECKS if scene.workspace is not None else MACHINE
    asked = [check for check in checks if not (offline and check.network)]
    with ThreadPoolExecutor() as pool:
        waiting = {
            check.name: pool.submit(findings, check, scene) for check in asked if check.waits
        }
        found: dict[str, Sequence[Finding]] = {
            check.name: findings(check, scene) for check in asked if not check.waits
        }
        found |= {name: future.result() for name, future in waiting.items()}
    for check in checks:
        if check.name not in found:
            skipped = Finding("note", "not looked at, because of --offline", "sfr doctor")
            found[check.name] = [replace(skipped, check=check.name)]
    return [one for check in checks for one in found[check.name]]
