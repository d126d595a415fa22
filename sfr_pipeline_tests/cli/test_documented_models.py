"""The pages' commands on models that read posts: fetched once, then scored with labelled posts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.opinion.checkpoint import SHIPPED
from sfr_pipeline_tests import ledger
from sfr_pipeline_tests.opinion import hub
from sfr_pipeline_tests.typed import calls, copy_of_the_checkout, with_notes, words

LABELLED = "text,label\n大涨,positive\n暴跌,negative\n明天,neutral\n"


def test_a_model_is_downloaded_and_scores_a_labelled_file(own, tmp_path, capsys):
    """A hub on this machine offers the sandbox's model by the name that the page has."""
    program = Path(sys.executable).parent / "hf"
    if not program.exists():
        pytest.skip("there is no hf beside this Python")
    download, *scoring = (words(text) for text in ledger.typed_in(ledger.MODELS))
    repository, revision, folder = download[2], download[4], download[6]
    with hub.serve(SHIPPED, repository, revision) as (address, asked):
        subprocess.run(
            [program, *download[1:]], cwd=own, check=True, capture_output=True,
            env={**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hf"),
                 "NO_PROXY": "127.0.0.1"},
        )  # fmt: skip
    assert any(f"/{revision}/" in path for path in asked)
    assert (own / folder / "model.safetensors").read_bytes() == (
        SHIPPED / "model.safetensors"
    ).read_bytes()

    shutil.copytree(SHIPPED, own / "models" / "mine")
    (own / "labelled.csv").write_text(LABELLED, encoding="utf-8")
    noted = copy_of_the_checkout(tmp_path / "noted")
    with_notes(noted)
    named = {"sandbox": "sandbox/tiny-bert", "models/mine": "mine", repository: repository}
    for _, *arguments in (one for one in scoring if one[0] == "make"):
        ((_, _, _, call),) = calls(noted, *arguments)
        assert main([*call]) == 0
        told = capsys.readouterr().out
        assert "accuracy" in told
        (model,) = (text for word, text in named.items() if word in call)
        assert model in told
