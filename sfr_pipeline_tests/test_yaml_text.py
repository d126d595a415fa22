"""YAML that people write: nothing lost, nothing made into something else, lines in every error."""

import datetime as dt
from typing import Literal

import pytest
import yaml
from pydantic import Field

from sfr_pipeline.errors import CatalogueError, SettingError
from sfr_pipeline.markets.catalogue import read_model
from sfr_pipeline.markets.indicator import Direction, Transform
from sfr_pipeline.markets.model import Identifier, Model, Month
from sfr_pipeline.resources.executors import settings as executor_settings
from sfr_pipeline.yaml_text import NotYamlError, load_texts, load_values, quoted
from sfr_pipeline_tests.checkout import CHECKOUT

# What YAML 1.1 makes a number, a truth value or a day of.
SURPRISES = (
    "000300", "010", "1_000", "1:30", "ON", "no", "Yes", "TRUE", "off", "0x1F", "1.10", "1e3",
    "+5", ".5", ".inf", "2024-01-31", "=",
)  # fmt: skip


@pytest.mark.parametrize("written", SURPRISES)
def test_a_scalar_stays_as_it_was_written(written):
    assert load_texts(f"- {written}").content == [written]
    assert load_texts(f"{written}: {written}").content == {written: written}
    assert load_texts(f"- '{written}'").content == [written]


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_what_says_that_there_is_nothing_is_none_and_a_text_in_quotes(written):
    assert load_texts(f"a: {written}").content == {"a": None}
    assert load_texts(f"a: '{written}'").content == {"a": written}


def test_an_empty_text_holds_nothing():
    assert load_texts("# a note alone\n").content is None
    assert load_values("") is None


def test_a_day_that_cannot_be_is_refused_where_days_are_read():
    assert load_texts("- 2024-02-30").content == ["2024-02-30"]
    with pytest.raises(NotYamlError, match="day is out of range for month: correct it"):
        load_values("- 2024-02-30")


def test_values_have_the_types_of_yaml():
    assert load_values("{a: 2, b: yes, c: 0.5, d: '2'}") == {"a": 2, "b": True, "c": 0.5, "d": "2"}


@pytest.mark.parametrize("load", [load_texts, load_values])
@pytest.mark.parametrize(
    ("text", "first", "second", "key"),
    [
        ("a: 1\nb: 2\na: 3\n", 1, 3, "a"),
        ("x:\n  a: 1\n  'a': 1\n", 2, 3, "a"),
        ("- {b: 1}\n- c: {d: 1,\n   d: 2}\n", 2, 3, "d"),
        ("x: &one\n  a: 1\n  a: 2\ny:\n  <<: *one\n", 2, 3, "a"),
        ("? [1]\n: {e: 1, e: 2}\n", 2, 2, "e"),
    ],
)
def test_equal_keys_are_refused_with_both_lines(load, text, first, second, key):
    with pytest.raises(NotYamlError) as raised:
        load(text)
    assert str(raised.value) == (
        f"line {second}: '{key}' stands in line {first} already, and one of them would count for "
        "nothing: keep one, or rename one"
    )


def test_keys_that_only_look_equal_to_yaml_are_two_texts():
    assert load_texts("000300: a\n192: b\nON: c\nyes: d\n").content == {
        "000300": "a", "192": "b", "ON": "c", "yes": "d",
    }  # fmt: skip
    with pytest.raises(NotYamlError, match="'yes' stands in line 1 already"):
        load_values("on: c\nyes: d\n")


def test_what_is_merged_may_be_said_anew():
    text = "one: &one {a: x, b: y}\ntwo: {<<: *one, a: z}\nthree: [*one, *one]\n"
    both = {"a": "x", "b": "y"}
    assert load_texts(text).content == {
        "one": both, "two": {"a": "z", "b": "y"}, "three": [both, both],
    }  # fmt: skip


def test_what_holds_itself_ends():
    content = load_texts("&a [x, *a]").content
    assert content[1] is content


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: c: d\n", "line 2: mapping values are not allowed"),
        ("a: [1,\nb: 2\n", "line"),
        ("a: *nobody\n", "line 1: found undefined alias"),
        ("a: 1\n--- \nb: 2\n", "line 2: "),
        ("a: !wrong 1\n", "line 1: could not determine a constructor"),
        ("{[1]: 2}\n", "line 1: found unhashable key"),
        ("a: \x07\n", "characters are not allowed"),
    ],
)
def test_what_is_no_yaml_is_told_in_one_line(text, says):
    with pytest.raises(NotYamlError) as raised:
        load_texts(text)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


# What YAML refuses as it is, or takes for a break of lines, and what nobody would see.
UNSEEN = (
    "a\x07",
    "a\x7fb",
    "a\x85b",
    "a\u2028b",
    "a\u202eb",
    "\ufeffa",
    "a\u200b",
    "\U000e0001",
    "a\nb",
)


@pytest.mark.parametrize(
    "text", [*SURPRISES, *UNSEEN, "null", "~", "", " a", "a: b", "# a", "^GSPC", "中", "a\u3000b"]
)
def test_what_is_quoted_is_read_back(text):
    assert quoted(text).isprintable() or "\u3000" in text
    assert yaml.safe_load(f"[{quoted(text)}]") == [text]
    assert load_texts(f"[{quoted(text)}]").content == [text]


class Typed(Model):
    """A field of each type that catalogues have."""

    name: str
    id: Identifier
    code: str | None = None
    month: Month = "2000-01"
    day: dt.date | None = None
    whole: int = 0
    part: float = 0.0
    yes: bool = False
    bounds: tuple[float, float] | None = None
    months: list[int] = Field(default_factory=list)
    symbols: list[str] = Field(default_factory=list)
    labels: dict[int, Literal["positive", "negative"]] | None = None
    direction: Direction = 1
    transform: list[Transform] = Field(default_factory=list)


def typed(tmp_path, lines):
    file = tmp_path / "typed.yaml"
    file.write_text(lines, encoding="utf-8")
    return read_model(file, Typed, lambda _: iter(()), "'name'")


def test_names_keep_their_text_and_every_other_type_is_made_of_it(tmp_path):
    found = typed(
        tmp_path,
        """\
name: 000300
id: on
code: 1:30
month: 2024-02
day: 2008-09-15
whole: 12
part: 1e-3
yes: true
bounds: [-1, 2.5]
months: [1, 02]
symbols: [000300, ON, NO, 1:30, 1_000, 600000.10, '7']
labels: {0: negative, 1: positive}
direction: +1
transform: [log, difference: 12]
""",
    )
    assert (found.name, found.id, found.code, found.month) == ("000300", "on", "1:30", "2024-02")
    assert found.day == dt.date(2008, 9, 15)
    assert (found.whole, found.part, found.yes, found.bounds) == (12, 0.001, True, (-1.0, 2.5))
    assert type(found.whole) is int
    assert found.months == [1, 2]
    assert found.symbols == ["000300", "ON", "NO", "1:30", "1_000", "600000.10", "7"]
    assert (found.labels, found.direction) == ({0: "negative", 1: "positive"}, 1)
    assert [(step.name, step.parameter) for step in found.transform] == [
        ("log", None), ("difference", 12),
    ]  # fmt: skip
    assert typed(tmp_path, "name: x\nid: a\ncode: null\ndirection: -1\n").code is None
    assert typed(tmp_path, "name: x\nid: a\ndirection: -1\n").direction == -1


@pytest.mark.parametrize(
    "line",
    [
        "whole: 1:30", "whole: yes", "whole: 0x1F", "part: ON", "part: 1:30", "yes: 5",
        "direction: 2", "day: 31.12.2008", "month: 2024-2", "name2: x",
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_with_its_line(tmp_path, line):
    with pytest.raises(CatalogueError, match=f"typed.yaml:3: {line.partition(':')[0]}"):
        typed(tmp_path, f"name: x\nid: a\n{line}\n")


def test_a_catalogue_that_says_something_twice_is_refused(tmp_path):
    with pytest.raises(CatalogueError, match=r"typed.yaml is not valid YAML: line 3: 'name'"):
        typed(tmp_path, "name: x\nid: a\nname: y\n")


def test_executor_settings_keep_their_types_and_say_nothing_twice(tmp_path):
    file = tmp_path / "executor.yaml"
    file.write_text("max_concurrent: 2\n", encoding="utf-8")
    given = {"SFR_EXECUTOR_CONFIG": str(file)}
    assert executor_settings(given) == {"max_concurrent": 2}
    file.write_text("max_concurrent: 2\nmax_concurrent: 3\n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"executor.yaml is no YAML: line 2: 'max_concurrent'"):
        executor_settings(given)


@pytest.mark.parametrize("written", ["!!seq a: 1", "!!bool foo", '!!int ""', "!!timestamp foo"])
def test_a_tag_that_does_not_fit_is_told(written):
    with pytest.raises(NotYamlError, match="correct it, or put it into quotes"):
        load_values(written)


def test_no_other_way_to_read_yaml_is_left():
    reads = [
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "sfr_pipeline").rglob("*.py")
        if any(f"yaml.{way}" in path.read_text(encoding="utf-8") for way in ("safe_load", "load("))
    ]
    assert reads == []
