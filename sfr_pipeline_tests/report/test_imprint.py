"""The foot of the page: when, by what and from which data it was made."""

import datetime as dt
import hashlib

import pandas as pd

from sfr_pipeline.report.imprint import Imprint, data_hash
from sfr_pipeline.report.page import render

DELIVERIES = pd.DataFrame(
    [
        ("series", "gdp", 1.0, "2020-01-01", "bb"),
        ("price", "index", 2.0, "2020-01-01", "aa"),
        ("price", "index", 3.0, "2020-01-01", "aa"),
    ],
    columns=["kind", "item", "value", "delivered_at", "sha256"],
)


def test_the_hash_is_that_of_the_answers_whenever_and_in_whatever_order_they_came():
    expected = hashlib.sha256(b"price index aa\nseries gdp bb").hexdigest()
    assert data_hash(DELIVERIES) == expected
    assert data_hash(DELIVERIES[::-1].assign(delivered_at="2021-01-01")) == expected
    assert data_hash(DELIVERIES.replace({"sha256": {"aa": "ab"}})) != expected
    assert data_hash(DELIVERIES.head(0)) is None


def test_the_foot_tells_version_run_moment_and_both_hashes(world):
    made = Imprint(dt.datetime(2026, 5, 4, 3, 2), "9.8.7", "0123456789", "d" * 64, "c" * 64)
    foot = render(world, {}, made).report.partition("<footer")[2]
    for told in ("2026-05-04 at 03:02 UTC", "9.8.7", "01234567", "d" * 64, "c" * 64):
        assert told in foot
    without = render(world, {}, Imprint(made.made_at, "9.8.7", "0123456789", None, "c" * 64))
    assert "data delivered" not in without.report
