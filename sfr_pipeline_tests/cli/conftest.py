"""A workspace as `sfr init` makes it, which is not the checkout."""

import pytest

from sfr_pipeline.cli.workspace_files import write_workspace

# What a user's shell may set, and a test must not depend on.
SETTINGS = (
    "SFR_WORKSPACE",
    "SFR_WAREHOUSE",
    "SFR_IMPORTS",
    "SFR_ALERTS",
    "SFR_END",
    "DAGSTER_HOME",
)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A current folder, with a space and an umlaut in its name, that is no workspace."""
    folder = tmp_path / "my größe"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def own(elsewhere):
    """A workspace in the current folder."""
    write_workspace(elsewhere, ["us"])
    return elsewhere
