"""Posts and labelled files by somebody who has not read the readers are read to what they say."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.evaluation import parse_classes
from sfr_pipeline.opinion.exports import read_exports
from sfr_pipeline.opinion.labelled import read_labelled
from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline_tests.vendors.manifest import FILES, RECORDS, record
from sfr_pipeline_tests.vendors.variants import VARIANTS

POSTS = [found for found in RECORDS if found.kind == "posts"]
LABELLED = [found for found in RECORDS if found.kind == "labelled"]
MONTHS = ["2021-05", "2021-06", "2021-07"]
MEANT = {"positive": "positive", "negative": "negative", "neutral": "neutral", "0": "negative",
         "1": "neutral", "2": "positive", "00": "negative", "01": "neutral", "02": "positive",
         "TRUE": "positive", "FALSE": "negative", "0.0": "negative", "2.0": "positive"}  # fmt: skip
CLASSES = parse_classes(",".join(f"{name}={meaning}" for name, meaning in MEANT.items()))


def name(one):
    return one.path if hasattr(one, "path") else f"{one.case} {one.name}"


def read(folder):
    passed_over = []
    rows = read_exports(folder, {}, "000001", passed_over=passed_over)
    found = validate_all(rows, MONTHS, pd.Timestamp("2022-01-01"))
    return found, [*found.remarks, *(" ".join(one) for one in passed_over)]


def refusal(folder):
    """Why the whole folder is refused, or None."""
    try:
        read(folder)
    except SourceError as error:
        return str(error)
    return None


def values(posts, columns):
    rows = posts[columns].astype(object).where(posts[columns].notna(), None)
    return [tuple(row) for row in rows.itertuples(index=False)]


def alone(path, folder):
    """The file in a folder of its own."""
    return shutil.copy(FILES / path, folder)


def says(text, words):
    return all(any(word in text for word in group) for group in words)


def expect(found, posts):
    counts = ["reads", "likes", "comments", "shares"]
    assert values(found.posts, ["post_id", "text", *counts]) == [
        (post.id, post.text, post.reads, post.likes, post.comments, post.shares) for post in posts
    ]
    times = [pd.Timestamp(post.published_at) for post in posts]
    assert found.posts["published_at"].tolist() == times
    assert (len(found.rejected), found.outside) == (0, 0)


@pytest.mark.parametrize("made", [one for one in POSTS if not one.refused], ids=name)
def test_posts_are_read_to_what_they_say(tmp_path, made):
    alone(made.path, tmp_path)
    found, told = read(tmp_path)
    expect(found, made.posts)
    assert told == []


@pytest.mark.parametrize("made", [one for one in POSTS if one.refused], ids=name)
def test_broken_posts_are_refused_and_the_remedy_works(tmp_path, made):
    (tmp_path / "broken").mkdir()
    (tmp_path / "mended").mkdir()
    alone(made.path, tmp_path / "broken")
    why = refusal(tmp_path / "broken")
    if why is None:
        rejected = read(tmp_path / "broken")[0].rejected
        refused = rejected["raw"].str.cat(rejected["reason"], sep=" ").tolist()
    else:
        refused = [why]
    assert refused
    assert all(says(one, made.refused.words) for one in refused)
    alone(made.refused.mended, tmp_path / "mended")
    expect(read(tmp_path / "mended")[0], record(made.refused.mended).posts)


def test_a_folder_a_month_is_one_folder_of_posts():
    found, told = read(FILES / "posts" / "months")
    both = [record(f"posts/months/2021/0{month}/posts.csv").posts for month in (5, 6)]
    expect(found, [post for posts in both for post in posts])
    assert told == []


@pytest.mark.parametrize("made", [one for one in LABELLED if not one.refused], ids=name)
def test_labelled_files_are_read_to_what_they_say(made):
    labelled(FILES / made.path, {one.text: one.label for one in made.labelled})


def labelled(path: Path, expected):
    found = read_labelled(path, CLASSES)
    judged = {text: label for text, label in expected.items() if label is not None}
    assert dict(zip(found.texts, found.labels, strict=True)) == {
        text: MEANT[label] for text, label in judged.items()
    }
    bare = len(expected) - len(judged)
    assert found.remarks == ((f"rows without a label, left out: {bare}",) if bare else ())


@pytest.mark.parametrize("made", [one for one in LABELLED if one.refused], ids=name)
def test_broken_labelled_files_are_refused_and_the_remedy_works(made):
    with pytest.raises(SourceError) as caught:
        read_labelled(FILES / made.path, CLASSES)
    assert says(str(caught.value), made.refused.words)
    mended = record(made.refused.mended)
    labelled(FILES / mended.path, {one.text: one.label for one in mended.labelled})


@pytest.mark.parametrize("variant", [one for one in VARIANTS if one.place == "posts"], ids=name)
def test_variants_of_posts(tmp_path, variant):
    folder = variant.lay_out(tmp_path)
    why = refusal(folder)
    assert (why is not None) == bool(variant.refused)
    if why is not None:
        assert says(why, variant.refused)
        return
    found, told = read(folder)
    texts = {
        text: tuple(counts) for text, *counts in values(found.posts, ["text", "reads", "likes"])
    }
    assert {text: texts[text] for text in variant.read} == variant.read
    origins = {*found.posts["origin"], *found.rejected["origin"]}
    assert says("; ".join([*told, *origins]), variant.told)


@pytest.mark.parametrize("variant", [one for one in VARIANTS if one.place == "labelled"], ids=name)
def test_variants_of_labelled_files(tmp_path, variant):
    labelled(variant.lay_out(tmp_path) / "labelled.csv", variant.read)
