"""Where posts are cut, and that little is cut anew when they change."""

from itertools import pairwise
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfr_pipeline.opinion import shards as module
from sfr_pipeline.opinion.retention import DROPPED
from sfr_pipeline.opinion.shards import SMALLEST, WINDOW, cut, digest_of, shard_of, shards
from sfr_pipeline_tests.opinion.stored_posts import MARKET, MONTH, posts, store_of

SMALL = {"WINDOW": 8, "SMALLEST": 2, "ENDS_ONE_IN": 4}


def in_frames(frame, sizes):
    ends = np.cumsum([0, *sizes])
    return [frame.iloc[start:end] for start, end in pairwise(ends)]


def named(ids):
    return pd.DataFrame({"post_id": pd.Series(ids, dtype="str"), "text": list(ids)})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=8), st.integers(0, 1000))
def test_every_post_comes_once_and_frames_make_no_difference(sizes, start):
    frame = named([f"{start + place:09d}" for place in range(sum(sizes))])
    with mock.patch.multiple(module, **SMALL):
        found = list(cut(in_frames(frame, sizes)))
        at_once = list(cut([frame] if len(frame) else []))
    assert [list(part["post_id"]) for part in found] == [list(part["post_id"]) for part in at_once]
    assert all(list(part.index) == list(range(len(part))) for part in found)
    assert [id_ for part in found for id_ in part["post_id"]] == list(frame["post_id"])
    assert all(2 <= len(part) <= 8 for part in found[:-1])


# Numbers that a forum counts up, with the gaps of other boards.
IDS = np.cumsum(np.random.default_rng(0).integers(1, 40, 80_000)) + 900_000_000


def cut_ids(ids):
    return list(cut([named([str(number) for number in ids])]))


def test_shards_are_about_as_large_as_a_window_and_few_are_cut_because_they_are_full():
    sizes = np.array([len(part) for part in cut_ids(IDS)])
    assert sizes.max() <= WINDOW
    assert sizes[:-1].min() >= SMALLEST
    assert WINDOW / 2 < sizes.mean() < WINDOW
    assert (sizes == WINDOW).mean() < 0.5


def test_a_post_that_comes_or_goes_leaves_most_shards_as_they_were():
    before = {tuple(part["post_id"]) for part in cut_ids(IDS)}
    lost = [
        sum(tuple(part["post_id"]) not in before for part in cut_ids(changed))
        for place in np.linspace(0, len(IDS) - 1, 3).astype(int)
        for changed in (np.delete(IDS, place), np.insert(IDS, place, IDS[place] - 1))
    ]
    assert max(lost) <= 6 < len(before) / 2
    assert np.mean(lost) < 3


def test_texts_decide_the_digest_and_counts_do_not(tmp_path):
    texts = [f"第{place}帖" for place in range(50)]
    store = store_of(tmp_path, texts)
    [before] = shards(store, MARKET, MONTH)
    assert (before.first, before.stop, before.texts) == (0, 50, 50)
    counted = posts(texts).assign(reads=pd.array([7] * 50, dtype="Int64"))
    assert shard_of(MONTH, 0, counted) == before
    assert shard_of(MONTH, 0, posts([*texts[:-1], "别的"])).digest != before.digest
    dropped = shard_of(MONTH, 0, posts([*texts[:-1], DROPPED]))
    assert (dropped.texts, dropped.stop) == (49, 50)


@pytest.mark.parametrize(
    "others", [["涨", "跌"], ["跌涨"], ["涨跌", ""], ["", "涨跌"], ["涨跌\x00"], ["涨跌 "], []]
)
def test_no_two_rows_of_texts_share_a_digest(others):
    assert digest_of(["涨跌"]) != digest_of(others)
    assert len(digest_of(others)) == 32


def test_a_month_without_posts_has_no_shard(tmp_path):
    assert shards(store_of(tmp_path, []), MARKET, MONTH) == []
