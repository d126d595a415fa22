"""An empty workspace of one's own."""

import pytest

from sfr_pipeline.cli.workspace_files import write_workspace


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A workspace that this process works in."""
    folder = tmp_path / "mine, é"
    write_workspace(folder, ["us"])
    monkeypatch.setenv("SFR_WORKSPACE", str(folder))
    monkeypatch.delenv("SFR_IMPORTS", raising=False)
    return folder
