"""The page on the architecture says what is so: the rooms in their order, files that are there."""

import re
import tomllib

import pytest

from sfr_pipeline_tests.checkout import CHECKOUT

# Where the paths of the page begin.
ROOTS = (CHECKOUT / "sfr_pipeline", CHECKOUT, CHECKOUT / "docs")


@pytest.fixture(scope="module")
def page():
    return (CHECKOUT / "docs" / "architecture.md").read_text()


def test_the_picture_shows_the_rooms_in_the_order_that_is_checked(page):
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    (order,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    rooms = [room for layer in order for room in layer.split(" | ")]
    picture = page[page.index("THE ROOMS") : page.index("```", page.index("THE ROOMS"))]
    columns = re.findall(r"^  (\S.*?)  ", picture, flags=re.M)
    drawn = [room for column in columns for room in re.split(r" \| |, ", column)]
    # The first puts the commands together.
    assert ["__main__", *drawn] == rooms


def test_every_file_that_it_names_is_there(page):
    named = set(re.findall(r"`([\w/]+\.(?:py|html\.j2))`", page))
    named |= set(re.findall(r"\]\(([\w.]+)\)", page))
    assert len(named) > 15
    assert not {name for name in named if not any((root / name).exists() for root in ROOTS)}
