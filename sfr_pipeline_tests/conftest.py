"""What several rooms' tests share: a small market, the real one in memory, reference data."""

import os
import signal
from pathlib import Path

import pytest

from sfr_pipeline.index import indicators as indicator_room
from sfr_pipeline.index import panel as panel_room
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.markets import load_market, read_market
from sfr_pipeline.settings import PREFIX
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series
from sfr_pipeline_tests.installed import build_checkout, install
from sfr_pipeline_tests.process_state import changes, random_states, settings

SETTINGS = pytest.StashKey()
CATALOGUES = Path(__file__).parent / "catalogues"
SHARED = Path(__file__).parents[2] / "shared"


# Files that take longest, whole runs of markets above all: begun first, in random order among
# themselves, so that no process is left alone with one at the end.
LONG = (
    "test_sandbox_market", "test_command_line", "test_runs", "test_compiler", "test_processes",
    "test_asked_once", "test_bad_files_stop_runs", "test_reading", "test_short_history",
)  # fmt: skip


def pytest_configure():
    # A suite that is started in the background is deaf to SIGINT, and so were all that it starts.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # What make was told when it began the suite is not meant for those that tests begin.
    for name in ("MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "SEED"):
        os.environ.pop(name, None)
    # Nor is the workspace of who runs it: tests name their own.
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.pop("DAGSTER_HOME", None)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_terminal_summary(terminalreporter, config):
    seed = config.getoption("randomly_seed", None)
    if isinstance(seed, int):
        terminalreporter.write_line(f"in the order of seed {seed}: make test SEED={seed}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    item.stash[SETTINGS] = settings()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """Fail where fixtures and test together have left a setting of the process changed."""
    result = yield
    if changed := changes(item.stash[SETTINGS], settings()):
        pytest.fail(f"left changed for the tests to come: {', '.join(changed)}", pytrace=False)
    return result


def without_drawing():
    """Fail where a test or fixture has drawn from random numbers that the whole process shares."""
    before = random_states()
    result = yield
    if drawn := changes(before, random_states()):
        pytest.fail(f"drew from, or seeded, shared generators: {', '.join(drawn)}", pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call():
    return (yield from without_drawing())


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup():
    return (yield from without_drawing())


@pytest.fixture(scope="session")
def mini():
    return read_market(CATALOGUES / "mini.yaml")


@pytest.fixture(scope="session")
def shared_data():
    """Reference data that lie beside the checkout of its developers."""
    folder = SHARED / "data"
    if not folder.exists():
        pytest.skip("the reference data beside the checkout (../shared/data) are absent")
    return folder


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """The folder with the wheel and the source distribution of this checkout."""
    return build_checkout(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(dist, tmp_path_factory):
    """That wheel, installed where nobody may write."""
    return install(dist, tmp_path_factory.mktemp("site") / "site-packages")


@pytest.fixture(scope="session")
def us_indicators():
    """Market ``us`` and its table ``indicators``, from the bundled data."""
    market = load_market("us")
    prices = fetch_prices(market)
    return market, indicator_room.deliver_indicators(market, prices, *fetch_series(market))


@pytest.fixture(scope="session")
def us_panel(us_indicators):
    """Market ``us`` and its table ``indicator_panel``."""
    market, indicators = us_indicators
    return market, panel_room.build_panel(market, indicators).panel


@pytest.fixture(scope="session")
def us_index(us_panel):
    """Market ``us`` and its tables ``sfri``, ``sfri_weights``, ``sfri_contributions``."""
    market, panel = us_panel
    # The bands are not what these tests look at.
    few = market.index.model_copy(update={"draws": 100, "replications": 100})
    return market, index_room.index_tables(market.model_copy(update={"index": few}), panel)
