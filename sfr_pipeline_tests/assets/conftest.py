"""What tests of schedules and of plans share."""

import pytest


@pytest.fixture
def recent(mini):
    """The mini market, as if its sample went on to October 2026."""
    sample = mini.sample.model_copy(update={"first_vintage": "2026-07", "until": "2026-10"})
    return mini.model_copy(update={"sample": sample})
