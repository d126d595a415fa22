"""A history that several hosts share: how a workspace is given one, and what is said without it."""

import socket

import dagster as dg
import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.workspace_files import instance_yaml
from sfr_pipeline.errors import SettingError, StorageError
from sfr_pipeline.resources.database import may_have_history, require_database
from sfr_pipeline.resources.runs import instance_at

VARIABLE = "DAGSTER_POSTGRES_URL"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "own", "--postgres"]) == 0
    return tmp_path / "own" / "dagster_home"


def test_a_workspace_of_several_hosts_has_the_same_settings_and_a_database(home):
    settings, _ = dagster_instance_config(str(home))
    own = yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8"))
    assert own.pop("storage") == {"postgres": {"postgres_url": {"env": VARIABLE}}}
    assert own == yaml.safe_load(instance_yaml())
    assert settings["storage"]["postgres"]["postgres_url"] == {"env": VARIABLE}


def test_a_workspace_that_is_there_is_not_given_one_in_silence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "own"]) == 0
    before = (tmp_path / "own" / "dagster_home" / "dagster.yaml").read_bytes()
    assert main(["init", "own", "--postgres"]) == 1
    assert "keeps Dagster's history in its folder" in capsys.readouterr().err
    assert (tmp_path / "own" / "dagster_home" / "dagster.yaml").read_bytes() == before


def test_without_the_variable_or_the_server_it_is_said_what_to_do(home, monkeypatch):
    pytest.importorskip("psycopg2", reason="the extra 'postgres' is not installed")
    assert may_have_history(home)
    with pytest.raises(SettingError, match=rf"not set: export {VARIABLE}=postgresql\+psycopg2://"):
        require_database(home)
    monkeypatch.setenv(VARIABLE, "postgresql://x@127.0.0.1/x")
    with pytest.raises(
        SettingError, match=r"another driver .*: write postgresql\+psycopg2:// there"
    ):
        require_database(home)
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv(
            VARIABLE, f"postgresql+psycopg2://x@127.0.0.1:{closed.getsockname()[1]}/x"
        )
        refused = r"does not answer .*refused.*: start it, or mend"
        with pytest.raises(StorageError, match=refused), instance_at(str(home)):
            pass


def test_without_the_extra_it_is_said_how_to_get_it(home, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg2", None)
    with pytest.raises(SettingError, match=r"pip install 'sfr_pipeline\[postgres\]'"):
        require_database(home)


def test_a_home_of_one_host_needs_nothing(tmp_path):
    (tmp_path / "dagster.yaml").write_text(instance_yaml(), encoding="utf-8")
    require_database(tmp_path)
    assert not may_have_history(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.get_runs_count() == 0
