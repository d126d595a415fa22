"""What an installation holds beside modules: catalogues, templates, a checkpoint."""

import tomllib

from sfr_pipeline_tests.checkout import CHECKOUT


def test_every_file_that_is_no_module_is_shipped():
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["sfr_pipeline"]
    package = CHECKOUT / "sfr_pipeline"
    shipped = {path for pattern in patterns for path in package.glob(pattern)}
    there = {
        path
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    assert len(there) > 10
    assert there == shipped
