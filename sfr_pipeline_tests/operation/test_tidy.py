"""What is swept, and what is left alone."""

import os
import time

import pytest

from sfr_pipeline.operation.tidy import DAY, JOURNAL_DAYS, tidy
from sfr_pipeline.opinion.shard_store import DAYS_KEPT as DAYS_SHARDS_KEPT
from sfr_pipeline.opinion.shard_store import SENTIMENT
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.training.fit_store import DAYS_KEPT, FITS

HOUR = 3600.0
# Where something lies, and from what age on it is swept; None is never.
PLACES = {
    "parquet/us/sfri/.staged/.data.parquet.a.tmp": HOUR,
    "parquet/us/sfri_vintages/month=2020-01/.part-0.parquet.a.tmp": HOUR,
    "reports/.us.html.a.tmp": HOUR,
    "checkpoints/us/.tcn.safetensors.a.tmp": HOUR,
    ".warehouse.duckdb.a.tmp": HOUR,
    ".warehouse.duckdb.a.tmp.wal": HOUR,
    "crawl/us/2020-01_2020-02_abc.stored.jsonl": JOURNAL_DAYS * DAY,
    f"cache/{FITS}/one.safetensors": DAYS_KEPT * DAY,
    f"cache/{SENTIMENT}/model/shard.parquet": DAYS_SHARDS_KEPT * DAY,
    f"cache/{SENTIMENT}/model/.shard.parquet.a.tmp": HOUR,
    "cache/sentiment.sqlite": HOUR,
    "cache/sentiment.sqlite-wal": HOUR,
    "cache/sentiment.sqlite.damaged-20200101T000000": HOUR,
    "crawl/us/2020-01_2020-02_abc.jsonl": None,
    "parquet/us/sfri/data.parquet": None,
    "parquet/us/sfri/.staged/pending.json": None,
    "parquet/us/sfri/.staged/lock": None,
    "reports/us.html": None,
    "warehouse.duckdb": None,
}


def lay(root, name, age):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"twelve bytes")
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


@pytest.mark.parametrize("name", PLACES)
def test_a_file_goes_when_it_is_old_enough_and_of_a_kind_that_nobody_needs(tmp_path, name):
    after = PLACES[name]
    young = lay(tmp_path, name, (after or 1e9) - 60)
    assert tidy(tmp_path) == []
    assert young.exists()
    old = lay(tmp_path, name, (after or 1e9) + 60)
    assert [each.path for each in tidy(tmp_path, dry_run=True)] == ([old] if after else [])
    assert old.exists()
    assert [(each.path, each.size) for each in tidy(tmp_path)] == ([(old, 12)] if after else [])
    assert old.exists() == (after is None)


def test_what_a_living_writer_has_staged_is_left_alone_however_old(tmp_path):
    with Folder(tmp_path).change("parquet/us/sfri"):
        staged = lay(tmp_path, "parquet/us/sfri/.staged/.data.parquet.a.tmp", 10 * HOUR)
        assert tidy(tmp_path) == []
        assert staged.exists()


def test_a_further_kind_is_one_more_sweeper(tmp_path):
    from sfr_pipeline.operation.tidy import Leftover

    mine = lay(tmp_path, "mine", 0)
    found = tidy(tmp_path, sweepers=[lambda root: iter([Leftover(root / "mine", 12, "mine")])])
    assert [each.path for each in found] == [mine]
    assert not mine.exists()
