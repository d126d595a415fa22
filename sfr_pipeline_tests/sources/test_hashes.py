"""What a number rests on can be told by its hash: raw answers of sites, and users' files."""

import datetime as dt
import hashlib
import subprocess
import threading

import pandas as pd
import pytest

from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline.sources.live import client
from sfr_pipeline.sources.live.client import download, recorded
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline_tests.sources.import_files import ALL, put
from sfr_pipeline_tests.sources.official_tables import LOANS, NEW, OLD, credit_funds
from sfr_pipeline_tests.sources.test_price_files import MARKET

TODAY = dt.date(2024, 6, 1)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_a_record_holds_each_answer_once_in_order(web):
    web.pages["http://a.example/"] = b"a"
    web.pages["http://b.example/"] = b"b"
    with recorded() as hashes:
        for name in ("b", "a", "b"):
            download("test", f"http://{name}.example/", {})
    assert hashes == [sha256(b"b"), sha256(b"a")]
    download("test", "http://a.example/", {"more": "1"})
    assert len(hashes) == 2


def test_remembered_and_cached_answers_are_recorded_where_they_are_used(web, tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_ANSWERS", str(tmp_path))
    web.pages["http://a.example/"] = b"a"
    download("test", "http://a.example/", {})
    with client.remembering():
        for _ in range(2):
            with recorded() as hashes:
                download("test", "http://a.example/", {})
            assert hashes == [sha256(b"a")]
    assert len(web.requests) == 1


def test_records_inside_one_another_are_both_written(web):
    web.pages["http://a.example/"] = b"a"
    web.pages["http://b.example/"] = b"b"
    with recorded() as outer:
        download("test", "http://a.example/", {})
        with recorded() as inner:
            download("test", "http://b.example/", {})
    assert inner == [sha256(b"b")]
    assert outer == [sha256(b"a"), sha256(b"b")]


def test_a_failed_call_leaves_no_hash_and_the_tries_before_an_answer_none_either(web):
    answers = [(503, b"busy"), b"here"]
    web.pages["http://a.example/"] = lambda request: answers.pop(0)
    with recorded() as hashes:
        download("test", "http://a.example/", {})
        with pytest.raises(NoAnswerError):
            download("test", "http://gone.example/", {})
    assert hashes == [sha256(b"here")]


def test_work_in_a_thread_with_a_deadline_belongs_to_the_record_and_other_threads_do_not(web):
    web.pages["http://a.example/"] = b"a"
    web.pages["http://b.example/"] = b"b"
    with recorded() as hashes:
        client.within(10, "test", lambda: download("test", "http://a.example/", {}))
        other = threading.Thread(target=download, args=("test", "http://b.example/", {}))
        other.start()
        other.join()
    assert hashes == [sha256(b"a")]


def test_the_hash_of_a_series_is_that_of_its_file(tmp_path):
    put(tmp_path, "capital.csv", "date,value\n2023Q4,12\n2024Q1,13\n")
    frame = pd.DataFrame({"date": ["2024-01-02", "2024-01-03"], "x": [1.5, 1.6], "y": [2.0, 3.0]})
    frame.to_parquet(tmp_path / "wide.parquet")
    put(tmp_path, "mapping.yaml", "rate: x\n")
    imports = Imports(tmp_path, ALL)
    assert imports.sha256("capital") == sha256((tmp_path / "capital.csv").read_bytes())
    assert imports.sha256("rate") == sha256((tmp_path / "wide.parquet").read_bytes())


def test_the_hash_is_of_the_bytes_that_were_read(tmp_path):
    path = tmp_path / "capital.csv"
    put(tmp_path, path.name, "date,value\n2023Q4,12\n2024Q1,13\n")
    read = sha256(path.read_bytes())
    imports = Imports(tmp_path, ALL)
    imports.read("capital", TODAY)
    put(tmp_path, path.name, "date,value\n2023Q4,99\n2024Q1,13\n")
    assert imports.sha256("capital") == read


def test_several_workbooks_have_the_hash_of_what_sha256sum_prints(tmp_path):
    credit_funds(tmp_path / "a.xlsx", 2023, OLD)
    imports = Imports(tmp_path, [LOANS])
    assert imports.sha256("loans") == sha256((tmp_path / "a.xlsx").read_bytes())
    credit_funds(tmp_path / "b.xlsx", 2024, NEW, months=4)
    printed = subprocess.run(
        ["sha256sum", "a.xlsx", "b.xlsx"], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    assert Imports(tmp_path, [LOANS]).sha256("loans") == sha256(printed)


def test_prices_say_the_hash_of_their_file(tmp_path):
    (tmp_path / "prices").mkdir()
    put(tmp_path / "prices", "SPX.csv", "date,close\n2024-01-02,1\n2024-01-03,2\n")
    put(tmp_path / "prices", "more.csv", "date,close,symbol\n2024-01-02,1,OIL\n2024-01-02,2,^VIX\n")
    frame = read_prices(tmp_path, MARKET, TODAY)
    held = frame.groupby("symbol")["sha256"].unique().map(list).to_dict()
    one, two = (
        sha256((tmp_path / "prices" / name).read_bytes()) for name in ("SPX.csv", "more.csv")
    )
    assert held == {"SPX": [one], "OIL": [two], "^VIX": [two]}
    assert "sha256" in read_prices(tmp_path / "nowhere", MARKET, TODAY)
