"""The variants are of every kind, and have the traps that they say."""

import pandas as pd
import pytest
import yaml

from sfr_pipeline_tests.vendors.variants import FORUM, PANELS, RANGES, SETTINGS, VARIANTS

KINDS = (3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18)


def of(case):
    return [one for one in VARIANTS if one.case == case]


def test_every_kind_has_two_at_least():
    counts = {case: len(of(case)) for case in KINDS}
    counts |= {8: len(SETTINGS), 13: len(RANGES), 16: len(FORUM), 17: len(PANELS)}
    assert min(counts.values()) >= 2, counts
    names = [one.name for one in VARIANTS]
    assert len(set(names)) == len(names)
    for one in VARIANTS:
        assert one.read or one.refused or one.told, one.name


def test_files_are_laid_out_below_the_folder(tmp_path):
    for i, one in enumerate(VARIANTS):
        folder = one.lay_out(tmp_path / str(i))
        there = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        assert there == dict(one.files)


def test_yaml_would_read_these_names_as_something_else():
    first, second, third = (yaml.safe_load(one.files["mapping.yaml"]) for one in of(4))
    assert first == {"sse_composite": 1}
    assert second == {"shibor_1w": True, "shibor_1y": 90}
    assert set(third["symbols"]) == {False, 1000}


def test_yaml_keeps_the_last_of_what_is_said_twice():
    first, second, _ = (yaml.safe_load(one.files["mapping.yaml"]) for one in of(5))
    assert first["shibor_1w"] == "b"
    assert second == {"columns": {"close": "Adj Close", "date": "date"}}


def test_the_encodings_are_no_utf_8():
    for one in of(11)[:2]:
        with pytest.raises(UnicodeDecodeError):
            one.files["2021-06.csv"].decode("utf-8")


def test_the_flat_series_are_flat_and_then_move():
    weekly, index, _ = of(10)
    values = read(weekly.files["shibor_1w.csv"])
    assert values[:"2012-06-29"].nunique() == 1
    assert values["2012-07-01":].diff().ne(0).mean() > 0.9
    assert values.between(0.3, 20).all()
    assert read(index.files["reer.csv"]).nunique() == 1


def read(content):
    lines = [line.split(",") for line in content.decode().splitlines()[1:]]
    return pd.Series({day: float(value) for day, value in lines})


def test_panels_differ_from_the_plain_one_only_as_they_say():
    arrow, integers, swapped, zeroed = PANELS
    for one in (arrow, integers):
        made, plain = one.make(), one.plain()
        assert made.isna().sum().sum() == 1
        pd.testing.assert_frame_equal(
            made.astype(float), plain, check_freq=False, check_index_type=False
        )
        assert set(map(str, made.dtypes)) != {"float64"}
    assert not swapped.make().index.is_monotonic_increasing
    pd.testing.assert_frame_equal(swapped.make().sort_index(), arrow.plain(), check_freq=False)
    assert zeroed.make()["f"].eq(0).sum() == 24


def test_pages_have_as_many_times_as_posts():
    topics, edited = FORUM
    assert topics.html.count('"post_id"') == len(topics.times)
    assert edited.html.index(edited.times[0]) < edited.html.index("2024-09-12")
