"""Claims about the journal: nothing twice, nothing lost, whatever tore it."""

import json
from datetime import datetime

import pytest

from sfr_pipeline.scrapers.high_water_mark import HighWaterMark
from sfr_pipeline.scrapers.journal import Journal, identity, read_journal, stored_journal


def post(number, **fields):
    empty = {"bar": "b", "title": None, "published": None, "content": None}
    return {"post_id": number, **empty, **fields}


def page(number, *, last=False):
    lower = f"2020-01-{30 - number}"
    return {"bar": "b", "page": number, "upper": "2020-02-01", "lower": lower, "last": last}


def lines(path):
    return list(read_journal(path))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "journal.jsonl"


def test_what_is_written_is_read_in_order(path):
    with Journal(path) as journal:
        journal.post(post("1"))
        journal.page(page(1))
    assert [line["kind"] for line in lines(path)] == ["post", "page"]
    assert lines(path)[0]["post_id"] == "1"


def test_a_torn_journal_is_continued_after_its_last_whole_line(path):
    with Journal(path) as journal:
        journal.post(post("1"))
        journal.page(page(1))
        journal.post(post("2"))
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        with Journal(path) as journal:
            kept = whole[:cut].count(b"\n")
            assert len(lines(path)) == kept
            assert journal.seen == {"1", "2"} & {str(1 + i // 2) for i in range(0, kept, 2)}
            assert journal.posts + journal.pages == kept
            journal.post(post("3"))
        assert [line.get("post_id") for line in lines(path)][-1] == "3"
        assert path.read_bytes().startswith(whole[: path.read_bytes().rfind(b"\n", 0, -1) + 1])


def test_nonsense_after_a_power_cut_is_cut_off(path):
    with Journal(path) as journal:
        journal.post(post("1"))
    with path.open("ab") as file:
        file.write(b"\x00" * 50 + b"\n" + b'{"kind": "post"')
    with Journal(path) as journal:
        assert journal.seen == {"1"}
    assert len(lines(path)) == 1


def test_a_closed_journal_is_continued_until_it_is_put_aside(path):
    journal = Journal(path)
    journal.post(post("1"))
    journal.page(page(1))
    journal.close("challenge", 5, "Wait.")
    assert lines(path)[-1] == {
        "kind": "closed",
        "reason": "challenge",
        "posts": 1,
        "pages": 1,
        "requests": 5,
        "message": "Wait.",
    }

    journal = Journal(path)
    assert journal.seen == {"1"}
    assert journal.reached["b"]["page"] == 1
    assert not journal.finished
    assert [line["kind"] for line in lines(path)] == ["post", "page"]
    journal.close("finished", 9, "Done.")

    with Journal(path) as journal:
        assert (journal.finished, journal.seen, journal.posts) == (True, {"1"}, 1)
    assert [line["kind"] for line in lines(path)] == ["post", "page"]

    path.replace(stored_journal(path))
    assert stored_journal(path).name == "journal.stored.jsonl"
    with Journal(path) as journal:
        assert (journal.finished, journal.seen, journal.reached) == (False, set(), {})


def test_two_writers_are_refused(path):
    with Journal(path), pytest.raises(RuntimeError, match="Another crawl is writing"):
        Journal(path)
    Journal(path).release()


def test_the_file_is_utf_8_whatever_came(path):
    title = "half \ud800 \x00 \u202e 😀"
    with Journal(path) as journal:
        journal.post(post("1", title=title))
    raw = path.read_bytes().decode("utf-8")
    assert json.loads(raw)["title"] == title


def test_posts_without_a_number_are_told_apart_by_what_is_fixed_about_them():
    same = post(None, title="a", reads=1), post(None, title="a", reads=2)
    assert identity(same[0]) == identity(same[1])
    assert identity(same[0]) != identity(post(None, title="b"))


def test_a_mark_says_again_what_it_was_told_and_nothing_without_its_upper_end():
    mark = HighWaterMark(datetime(2020, 2, 1), datetime(2020, 1, 5, 3), last=True)
    assert HighWaterMark.of_line(json.loads(json.dumps(mark.fields()))) == mark
    assert (
        HighWaterMark.of_line(HighWaterMark(lower=datetime(2020, 1, 5), last=True).fields())
        == HighWaterMark()
    )
    assert HighWaterMark.of_line(None) == HighWaterMark()
