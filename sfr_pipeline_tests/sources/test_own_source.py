"""A source of the workspace is asked like ours, and what its code does wrong costs one code."""

import threading
import time

import pandas as pd
import pytest

from sfr_pipeline.errors import ExtensionError, SourceError
from sfr_pipeline.inputs.probe import probe
from sfr_pipeline.sources import NoAnswerError, check_available, own_sources, source
from sfr_pipeline.sources.live import client, limits
from sfr_pipeline.sources.own_answers import BrokenSourceError
from sfr_pipeline_tests.extensions.own_workspace import workspace
from sfr_pipeline_tests.inputs.received import refresh
from sfr_pipeline_tests.inputs.test_series import market_of, series

__all__ = ["workspace"]

HEAD = """
import pandas as pd
from sfr_pipeline.sources import SeriesKey, SourceError, download, tidy
AVAILABLE_SERIES = {SeriesKey("series", "x"): "made up", SeriesKey("series", "y"): "made up"}
MONTHS = pd.date_range("2000-01-31", "2010-12-31", freq="ME")
ROWS = pd.DataFrame({"date": MONTHS, "code": "x", "value": 1.0})
def fetch_series(codes):
"""
URL = "http://bank.example/data"


@pytest.fixture
def own(workspace):
    """Gives a function that writes the source and returns it."""

    def write(body, head=HEAD, after=""):
        workspace("mybank.py", f"{head}    {body}\n{after}")
        return source("mybank")

    return write


def test_what_it_delivers_is_dated_by_day_ascending_without_what_is_missing(own):
    frame = own("return ROWS[::-1].assign(value=ROWS['value'].mask(ROWS.index == 3))").fetch_series(
        ["x"]
    )
    assert list(frame) == ["date", "code", "value"]
    assert len(frame) == 131
    assert frame["date"].is_monotonic_increasing


@pytest.mark.parametrize(
    "dates",
    [
        "MONTHS.to_period('M')",
        "MONTHS.strftime('%Y-%m')",
        "MONTHS.date",
        "MONTHS + pd.Timedelta(hours=16)",
    ],
)
def test_dates_may_be_periods_text_or_times_of_day(own, dates):
    frame = own(f"return ROWS.assign(date={dates})").fetch_series(["x"])
    assert (frame["date"] == pd.date_range("2000-01-31", "2010-12-31", freq="ME")).all()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return {}['x']", r"fetch_series\('x'\) fails in line 8 of mybank\.py \(KeyError: 'x'\)"),
        ("raise SystemExit(2)", r"fails in line 8 of mybank\.py \(SystemExit: 2\): mend it"),
        ("open('nowhere.csv')", r"fails in line 8.*FileNotFoundError.*nowhere\.csv"),
        ("return None", r"returned NoneType: return a pandas DataFrame with date, code, value"),
        ("return ROWS.rename(columns={'value': 'v'})", "date, code, v, without value: name"),
        ("return ROWS.set_index('date')", r"without date: reset_index\(\) it"),
        ("return ROWS.assign(code='y')", r"fetch_series\(\['x'\]\) returned rows of y"),
        ("return pd.concat([ROWS, ROWS[['value']]], axis=1)",
         "the column value twice"),
        ("return ROWS.assign(date=MONTHS.tz_localize('UTC'))", "date with a time zone.*tz_convert"),
        ("return ROWS.assign(date=MONTHS.tz_localize('UTC').astype(object))", "with a time zone"),
    ],
)  # fmt: skip
def test_a_fault_of_its_code_names_file_function_and_remedy(own, body, told):
    with pytest.raises(BrokenSourceError, match=rf"(?s)^extensions/mybank\.py: .*{told}"):
        own(body).fetch_series(["x"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return ROWS[:0]", "no values came"),
        ("return ROWS.assign(value=float('nan'))", "no values came"),
        ("return pd.concat([ROWS, ROWS.assign(value=2.0)])", "2000-01-31 has the values 1, 2"),
        ("return ROWS.assign(value='much')", "value of 2000-01-31: 'much' is no number"),
        ("return ROWS.assign(value=True)", "'True' is no number"),
        ("return ROWS.assign(value=float('inf'))", "the value of 2000-01-31 is inf"),
        ("return ROWS.assign(date='in May')", "'inMay|'in May' is no date"),
        ("return ROWS.assign(date=range(132))", "'0' is no date"),
        ("return ROWS.assign(date=MONTHS + pd.DateOffset(years=90))", "is in the future"),
        ("return ROWS.assign(date=MONTHS - pd.DateOffset(years=95))", "or before 1910"),
        ("return ROWS.assign(available_at=MONTHS - pd.Timedelta(days=9))", "is 2000-01-22, before"),
        ("return ROWS.assign(available_at='2099-01-01')", "or in the future"),
    ],
)
def test_what_nobody_can_have_published_is_refused_with_its_date(own, body, told):
    with pytest.raises(SourceError, match=rf"(?s)^mybank x: .*{told}") as refused:
        own(body).fetch_series(["x"])
    assert not isinstance(refused.value, BrokenSourceError | NoAnswerError)
    assert "extensions/mybank.py" in str(refused.value)


def test_the_last_day_of_the_running_month_is_no_future(own):
    body = "return ROWS.assign(date=pd.date_range(end=END, periods=132, freq='ME'))"
    after = "END = pd.Timestamp.now().normalize() + pd.offsets.MonthEnd(0)"
    assert len(own(body, after=after).fetch_series(["x"])) == 132


def test_what_meets_no_network_may_be_asked_again(own):
    body = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/?api_key=hush')"
    with pytest.raises(NoAnswerError, match=r"mybank x did not answer.*URLError") as refused:
        own(body).fetch_series(["x"])
    assert refused.value.passing


def test_one_that_takes_for_ever_is_left_behind_unless_it_said_how_long(own):
    left = own("import time; time.sleep(0.4); return ROWS", after="def allowance(code): ...")
    with limits.limited(0.1), pytest.raises(NoAnswerError, match=r"mybank x gave no answer within"):
        left.fetch_series(["x"])
    quick = limits.Limits(seconds=0.1)
    token = limits.LIMITS.set(quick)
    try:
        with pytest.raises(NoAnswerError, match=r"within 0\.1 s"):
            left.fetch_series(["x"])
        left._module.allowance = lambda code: 20
        assert len(left.fetch_series(["x"])) == 132
    finally:
        limits.LIMITS.reset(token)


@pytest.mark.parametrize("body", ["return 'long'", "return -1", "return {}[code]"])
def test_an_allowance_that_is_none_is_a_fault_of_its_code(own, body):
    broken = own("return ROWS", after=f"def allowance(code):\n    {body}")
    with pytest.raises(BrokenSourceError, match=r"^extensions/mybank\.py: allowance\('x'\)"):
        broken.fetch_series(["x"])


def test_bars_need_a_close_and_no_volume_below_zero(own):
    head = HEAD.replace('"series"', '"prices"').replace("fetch_series", "fetch_prices")
    bars = own("return ROWS.rename(columns={'value': 'close'}).assign(volume=VOLUME)", head)
    bars._module.VOLUME = 5
    assert list(bars.fetch_prices(["x"])) == ["date", "code", "close", "volume"]
    bars._module.VOLUME = -5
    with pytest.raises(SourceError, match="the volume of 2000-01-31 is -5"):
        bars.fetch_prices(["x"])


def test_its_key_is_neither_logged_nor_kept_nor_told(own, web, tmp_path, monkeypatch, caplog):
    for variable in ("SFR_RAW", "SFR_ANSWERS"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    web.pages[f"{URL}?appid=hush"] = b"2000-01,1"
    keyed = own(
        "rows = download('mybank', URL, {'appid': 'hush'}, headers={'X-Key': 'whisper'}).value\n"
        "    if FAIL: raise KeyError(f'{URL}?appid=hush')\n"
        "    return tidy('mybank', ['2000-01'], [1.0], unit='x').assign(code='x')",
        after=f"FAIL, URL, SECRETS = False, {URL!r}, ('AppId',)",
    )
    with caplog.at_level("INFO"), client.recorded() as hashes:
        assert len(keyed.fetch_series(["x"])) == 1
    assert len(hashes) == 1
    assert (tmp_path / "SFR_RAW" / hashes[0]).read_bytes() == b"2000-01,1"
    keyed._module.FAIL = True
    with pytest.raises(BrokenSourceError, match=r"appid=\*\*\*"):
        keyed.fetch_series(["x"])
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.parent.name.startswith("SFR")]
    assert len(kept) == 4
    for secret in ("hush", "whisper"):
        assert secret not in caplog.text
        assert not any(secret.encode() in content for content in kept)
    # What is a key of this source is none of another.
    client.download("other", URL, {"appid": "hush"})
    assert "appid=hush" in (tmp_path / "SFR_RAW" / "index.csv").read_text()


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("AVAILABLE_SERIES = ['x']", "needs AVAILABLE_SERIES, a description for each SeriesKey"),
        ("AVAILABLE_SERIES = {'x': 'made up'}", "needs AVAILABLE_SERIES"),
        (HEAD.replace('"series"', '"yields"'), "kind is one of prices, series"),
        (HEAD.replace("fetch_series", "fetch"), "offers series and has no function fetch_series"),
        ("AVAILABLE_SERIES = {}", "delivers nothing: give it fetch_series or fetch_prices"),
        ("SECRETS = 'appid'" + HEAD, "SECRETS = 'appid': write a tuple of names"),
    ],
)
def test_what_is_no_source_is_refused_when_it_is_found(workspace, head, told):
    workspace("mybank.py", f"{head}    ...\n" if "def " in head else head)
    with pytest.raises(ExtensionError, match=rf"(?s)^extensions/mybank\.py: the source.*{told}"):
        own_sources()


def test_codes_may_be_more_than_can_be_listed(own):
    head = HEAD.replace("def fetch", "class Open(dict):\n"
        "    def __contains__(self, key):\n        return key.code.isdigit()\n"
        "AVAILABLE_SERIES = Open()\ndef fetch")  # fmt: skip
    own("return ROWS.assign(code=codes[0])", head)
    check_available("mybank", "40517", "series")
    assert len(source("mybank").fetch_series(["40517"])) == 132
    with pytest.raises(ValueError, match="source 'mybank' offers no series 'x': it has none"):
        check_available("mybank", "x", "series")


def test_a_code_that_is_not_there_is_told_with_those_like_it_or_the_first(own):
    names = ", ".join(f'SeriesKey("series", "rate.{n}"): "made up"' for n in range(300))
    own("...", HEAD + "    ...\nAVAILABLE_SERIES = {" + names + "}\ndef fetch_series(codes):\n")
    with pytest.raises(ValueError, match=r"no series 'rat\.7': did you mean rate\.7"):
        check_available("mybank", "rat.7", "series")
    with pytest.raises(ValueError, match=r"it has rate\.0, rate\.1, .* and 280 more$"):
        check_available("mybank", "zzz", "series")


def test_the_probe_says_of_each_how_it_fared(own):
    release = threading.Event()
    own(
        "return ANSWERS[codes[0]]()",
        HEAD.replace(
            "{SeriesKey", '{**{SeriesKey("series", c): "" for c in "abcde"}, SeriesKey', 1
        ),
    )
    rows = pd.DataFrame({"date": pd.date_range(end=pd.Timestamp.now().normalize(), periods=3)})

    def changed():
        from sfr_pipeline.sources import LayoutError

        raise LayoutError("columns expected: a; found: b")

    source("mybank")._module.ANSWERS = {
        "a": lambda: rows.assign(code="a", value=1.0),
        "b": lambda: rows.assign(code="b", value=1.0, date=rows["date"] - pd.DateOffset(years=1)),
        "c": changed,
        "d": lambda: rows.assign(code="d", value="much"),
        "e": lambda: release.wait(30),
    }
    names = [*"abcdex", "y"]
    own_series = [series(f"s_{name}", name, source="mybank") for name in names]
    market = market_of(series=own_series, indicators=[])
    began = time.monotonic()
    table = probe(market, seconds=0.5, say=lambda line: None).set_index("code")
    release.set()
    assert time.monotonic() - began < 5
    assert table["status"].to_dict() == {
        "a": "ok", "b": "stale", "c": "layout changed", "d": "unusable", "e": "no answer",
        "x": "broken", "y": "broken",
    }  # fmt: skip
    assert "extensions/mybank.py: fetch_series('x') fails in line 8" in table.loc["x", "problem"]


def test_a_refresh_asks_each_code_once_keeps_its_hash_and_loses_one_series_alone(own, web):
    web.pages[URL] = b"its raw answer"
    head = HEAD.replace("{SeriesKey", '{SeriesKey("series", "early"): "", SeriesKey', 1)
    body = (
        "ASKED.append(codes[0]); assert codes != ['y']; download('mybank', URL, {})\n"
        "    return ROWS.assign(code=codes[0], **EARLY if codes == ['early'] else {})"
    )
    after = f"ASKED, URL = [], {URL!r}\nEARLY = {{'available_at': MONTHS, 'date': MONTHS}}"
    own(body, head, after)
    entries = [
        series("jobs", "x", source="mybank"),
        series("homes", "x", source="mybank"),
        series("loans", "y", source="mybank"),
        series("sales", "early", source="mybank", frequency="quarterly"),
    ]
    market = market_of(series=entries)
    received = refresh(market)
    received.stop_if_fatal()
    assert source("mybank")._module.ASKED == ["x", "y", "early"]
    delivered = received.deliveries.groupby("item")[["source", "sha256"]].first()
    assert set(delivered["source"]) == {"mybank: x"}
    assert delivered["sha256"].nunique() == 1
    missing = received.missing.set_index("series")
    assert set(missing["cause"]) == {"failed"}
    assert "fetch_series('y') fails in line 8" in missing.loc["loans", "reason"]
    # Two months of a quarter were out before it was over.
    assert (
        "available_at 2000-01-31 lies before the end of the period, 2000-03-31"
        in (missing.loc["sales", "reason"])
    )
