"""An empty workspace of one's own."""

import pytest

from sfr_pipeline_tests.drafting.made_up import own_workspace


@pytest.fixture
def own(tmp_path):
    """A workspace that this process works in."""
    with own_workspace(tmp_path) as folder:
        yield folder
