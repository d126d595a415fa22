"""A forum of three hundred posts, and where a crawl of it writes."""

import pytest

from sfr_pipeline_tests.scrapers.forum import (
    Forum,
    make_posts,
)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def forum():
    with Forum(make_posts(300)) as forum:
        yield forum
