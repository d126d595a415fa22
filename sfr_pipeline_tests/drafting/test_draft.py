"""A draft is put into the workspace whole or not at all, and Dagster is told of it once."""

import pytest
import yaml

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.workspace_files import add_location, location_yaml
from sfr_pipeline.drafting import Draft
from sfr_pipeline.drafting.panel import draft_panel
from sfr_pipeline.errors import CatalogueError, WorkspaceError
from sfr_pipeline.markets import load_market, market_names
from sfr_pipeline_tests.drafting.made_up import panel, wide


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    return draft_panel(
        wide(panel(n_months=96), tmp_path_factory.mktemp("file")), "brazil", "Brazil"
    )


def attributes(folder):
    locations = yaml.safe_load((folder / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    return [one["python_module"]["attribute"] for one in locations]


def test_one_command_makes_a_market_and_leaves_the_file_as_it_was(own, tmp_path, capsys):
    file = wide(panel(n_months=96), tmp_path)
    before = file.read_bytes()
    command = ["init-market", "brazil", "--from", str(file), "--title", "Brasil: é", "--yes"]
    assert main(command) == 0
    assert file.read_bytes() == before
    assert "brazil" in market_names()
    assert load_market("brazil").title == "Brasil: é"
    assert attributes(own) == ["us", "brazil"]
    told = capsys.readouterr().out
    assert "6 series, 2001-02 to 2008-12" in told
    assert "TO BE DECIDED: direction of Bank credit, House prices, Interbank rate" in told
    assert told.endswith("sfr run brazil\n")

    assert main(command) == 1
    assert "is there already: choose another name, or remove" in capsys.readouterr().err
    assert attributes(own) == ["us", "brazil"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("Brazil", "small letters"), ("2br", "small letters"), ("a-b", "small letters"),
     ("no", "choose another name, such as market_no"),
     ("us", "ships a market 'us'")],
)  # fmt: skip
def test_a_name_that_no_market_can_have_is_refused(own, tmp_path, capsys, name, message):
    file = wide(panel(n_months=96), tmp_path)
    assert main(["init-market", name, "--from", str(file), "--yes"]) == 1
    assert message in capsys.readouterr().err
    assert list((own / "imports").iterdir()) == []


def test_a_market_whose_files_lie_there_is_not_overwritten(own, draft):
    (own / "imports" / "brazil").mkdir()
    with pytest.raises(CatalogueError, match="imports/brazil is there already"):
        draft.write(own)
    assert (own / "imports" / "brazil").is_dir()
    assert not (own / "markets" / "brazil.yaml").exists()


@pytest.mark.parametrize("wrong", ["name: brazil\n", "wide.csv"])
def test_a_draft_that_would_be_refused_leaves_nothing_behind(own, draft, wrong):
    if wrong == "wide.csv":
        files = {**draft.files, "wide.csv": draft.files["wide.csv"].replace(b"2003-", b"2103-")}
        bad = Draft("brazil", "Brazil", draft.yaml, files)
    else:
        bad = Draft("brazil", "Brazil", wrong, draft.files)
    with pytest.raises(Exception, match=r"refused|in the future"):
        bad.write(own)
    assert list((own / "markets").iterdir()) == list((own / "imports").iterdir()) == []


EDITED = """\
# Mine, by hand.
load_from:
- python_module:  # indented in another way
    module_name: sfr_pipeline.definitions
    attribute: us

# at the end
"""


def test_a_workspace_that_was_edited_keeps_its_text(own):
    path = own / "workspace.yaml"
    path.write_text(EDITED, encoding="utf-8")
    assert add_location(own, "brazil") == path
    assert attributes(own) == ["us", "brazil"]
    text = path.read_text(encoding="utf-8")
    kept = iter(text.splitlines())
    assert all(line in kept for line in EDITED.splitlines() if line)
    assert add_location(own, "brazil") is None
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["load_from: []\n", "other: 1\n", "load_from: [a\n"])
def test_a_workspace_of_another_form_is_told_with_the_lines_that_it_lacks(own, text):
    (own / "workspace.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(WorkspaceError) as raised:
        add_location(own, "brazil")
    assert "[a" in text or location_yaml("brazil") in str(raised.value)
    assert (own / "workspace.yaml").read_text(encoding="utf-8") == text


def test_without_a_file_the_command_says_which_to_name(own, capsys):
    with pytest.raises(SystemExit):
        main(["init-market", "brazil"])
    assert "--from FILE" in capsys.readouterr().err
