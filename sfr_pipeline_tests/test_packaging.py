"""What wheel and source distribution hold: the package, whole and alone, under its licence."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import BytesParser
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from sfr_pipeline import __version__
from sfr_pipeline.operation.doctor import machine
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.installed import build, files_of_the_checkout
from sfr_pipeline_tests.ledger import EXTRAS, typed_in

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def files_of_the_package():
    """Content of every file of the checkout's package, by its path; links are followed."""
    found = {}
    for folder, _, names in os.walk(CHECKOUT / "sfr_pipeline", followlinks=True):
        paths = [Path(folder) / name for name in names if "__pycache__" not in folder]
        found |= {path.relative_to(CHECKOUT).as_posix(): path.read_bytes() for path in paths}
    return found


@pytest.fixture(scope="module")
def wheel(dist):
    """Content of every file of the wheel, by its path."""
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(dist):
    """Every file of the source distribution, by its path from its top."""
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if not member.isdir()]
    return {member.name.partition("/")[2]: member for member in members}


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = (name for name in wheel if name.endswith("dist-info/METADATA"))
    return BytesParser().parsebytes(wheel[name])


def test_the_wheel_holds_the_files_of_the_package_and_beside_them_its_metadata(wheel):
    """It was built from the source distribution, so nothing is lost on that way either."""
    about = {name for name in wheel if name.partition("/")[0].endswith(".dist-info")}
    package = files_of_the_package()
    assert sum(not name.endswith(".py") for name in package) > 20
    assert "sfr_pipeline/scrapers/spiders/guba.py" in package
    assert {name: content for name, content in wheel.items() if name not in about} == package


def test_the_source_distribution_holds_what_it_takes_to_test_it(sdist):
    assert not any(member.issym() or member.islnk() for member in sdist.values())
    # What the package has by a link is real below it there.
    elsewhere = (".", "scrapers/", "sfr_pipeline/scrapers", "sfr_pipeline/docs")
    expected = {name for name in files_of_the_checkout() if not name.startswith(elsewhere)}
    assert expected - set(sdist) == set(), "MANIFEST.in leaves them out"
    assert {name.partition("/")[0] for name in sdist} - {
        name.partition("/")[0] for name in expected
    } <= {"PKG-INFO", "setup.cfg", "sfr_pipeline.egg-info"}


def test_what_an_earlier_build_left_gets_into_no_wheel(tmp_path):
    """A removed module, in the folder in which setuptools collects what goes into a wheel."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    for name in ("sfr_pipeline/__init__.py", "build/lib/sfr_pipeline/removed.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text('__version__ = "1"\n', encoding="utf-8")
    build(tmp_path, tmp_path / "dist")
    (path,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        held = [name for name in archive.namelist() if name.startswith("sfr_pipeline/")]
    assert held == ["sfr_pipeline/__init__.py"]


def test_make_dist_builds_what_is_installed_here(dist, installed):
    """`pip install` without what it needs, which is here, and without an index."""
    assert {path.suffix for path in dist.iterdir()} == {".whl", ".gz"}
    (notes,) = installed.site.glob("sfr_pipeline-*.dist-info")
    assert notes.name == f"sfr_pipeline-{__version__}.dist-info"


def test_pip_finds_the_wheel_with_the_extras_that_pages_install(dist):
    extras = [
        found[1]
        for text in typed_in(EXTRAS)
        if (found := re.search(r"(?:sfr_pipeline|\.)\[(\w+)\]", text))
    ]
    assert {*extras} == {"ray", "postgres"}
    asked = [f"sfr_pipeline[{','.join(sorted({*extras}))}]"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-index",
         "--ignore-installed", "--disable-pip-version-check", "--find-links", str(dist),
         "-c", str(CHECKOUT / "constraints.txt"), *asked],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert f"Would install sfr_pipeline-{__version__}" in done.stdout
    assert "does not provide the extra" not in done.stderr
    assert done.returncode == 0


def test_the_metadata_say_whose_it_is_what_it_is_and_under_which_licence(metadata, wheel):
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Author"] == "sfr_pipeline contributors"
    assert metadata["Description-Content-Type"] == "text/markdown"
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert metadata.get_payload(decode=True).decode().strip() == readme.strip()
    (licence,) = (name for name in wheel if name.endswith("dist-info/licenses/LICENSE"))
    assert b"sfr_pipeline contributors" in wheel[licence]


def test_the_wheel_brings_one_command(wheel):
    (name,) = (name for name in wheel if name.endswith("dist-info/entry_points.txt"))
    assert wheel[name].decode().split() == [
        "[console_scripts]",
        "sfr",
        "=",
        "sfr_pipeline.__main__:main",
    ]


def pins():
    """Pinned version by name of the package."""
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {
        canonicalize_name(name): version
        for name, _, version in (line.partition("==") for line in lines)
    }


def test_every_requirement_is_pinned_at_a_version_that_it_allows():
    extras = chain.from_iterable(PROJECT["optional-dependencies"].values())
    for requirement in map(Requirement, [*PROJECT["dependencies"], *extras]):
        assert pins()[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def closure(*extras):
    """Names of all that an install brings, by what is installed here."""
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][one] for one in extras)]
    ours = list(chain.from_iterable(lists))
    installed = machine._Installed().requires
    asked = machine._requirements(lambda name: ours if name == machine.PACKAGE else installed(name))
    return {requirement.name for _, requirement in asked}


def test_the_base_install_pulls_nothing_of_a_cluster_or_a_store_far_away():
    base = closure()
    assert {"dagster", "sqlalchemy", "torch", "numpy"} <= base
    clusters = {"ray", "celery", "kombu", "kubernetes", "boto3", "botocore", "s3fs", "psycopg2"}
    plugins = {name for name in base if name.startswith(("dagster-", "psycopg"))}
    assert base & clusters == set()
    assert plugins == {"dagster-graphql", "dagster-pipes", "dagster-shared", "dagster-webserver"}
    assert "ray" in closure("ray")


def test_the_pinned_versions_install_on_the_oldest_python_that_is_allowed():
    """Of the pins, those that are installed here tell what Python they need."""
    (oldest,) = SpecifierSet(PROJECT["requires-python"])
    needed = {
        found.name: found.metadata["Requires-Python"]
        for found in importlib.metadata.distributions()
        if pins().get(canonicalize_name(found.name)) == found.version
    }
    assert len(needed) > 50
    refused = {
        name: python
        for name, python in needed.items()
        if python and f"{oldest.version}.0" not in SpecifierSet(python)
    }
    assert refused == {}
