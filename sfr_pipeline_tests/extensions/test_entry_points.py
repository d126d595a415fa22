"""Models and sources of another package are found by its entry points, and named by its version."""

import json
import os
import subprocess
import sys

import pytest

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.evaluation.models.own import own_models
from sfr_pipeline.extensions import found_models, found_sources
from sfr_pipeline.sources import own_sources
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.extensions.own_workspace import anew
from sfr_pipeline_tests.extensions.test_finding import SOURCE

MODELS = """
from sfr_pipeline.evaluation.models import Model
class Drift:
    def fit(self, known, target):
        return self
    def predict(self, asked):
        return asked
def record(leg, id, protocol):
    return Model(
        id=id, leg=leg, name=f"Acme's {id}", family="own", implementation="acme_models:Drift",
        required=(protocol,),
    )
DRIFT = record("forecasting", "acme_drift", "real_time")
NETS = (record("forecasting", "acme_net", "paper"),)
"""
POINTS = """[sfr_pipeline.forecasters]
drift = acme_models:DRIFT
[sfr_pipeline.networks]
nets = acme_models:NETS
[sfr_pipeline.sources]
acme = acme_source
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Gives a function that installs a distribution of given entry points and modules."""

    def write(points, **modules):
        information = tmp_path / "acme_risk-1.2.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: acme-risk\nVersion: 1.2\n"
        )
        (information / "entry_points.txt").write_text(points)
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with anew():
        yield write
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


def test_all_three_groups_are_found_in_a_process_that_only_has_the_package_on_its_path(
    install, tmp_path
):
    install(POINTS, acme_models=MODELS, acme_source=SOURCE)
    code = (
        "import json\n"
        "from sfr_pipeline.evaluation.models import models_of\n"
        "from sfr_pipeline.sources import check_available, source\n"
        "check_available('acme', 'x', 'series')\n"
        "ids = [model.id for model in models_of('forecasting')]\n"
        "print(json.dumps([[i for i in ids if i.startswith('acme')], source('acme').where]))"
    )
    paths = os.pathsep.join([str(tmp_path), str(CHECKOUT)])
    told = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert json.loads(told.stdout) == [
        ["acme_drift", "acme_net"],
        "acme-risk 1.2, entry point acme of sfr_pipeline.sources",
    ]


@pytest.mark.parametrize(
    ("group", "target", "told"),
    [
        ("sources", "acme_nowhere", "can't be imported.*No module named 'acme_nowhere'"),
        ("sources", "acme_models:DRIFT", "needs AVAILABLE_SERIES"),
        ("forecasters", "acme_models:GONE", "can't be imported.*has no attribute 'GONE'"),
        ("networks", "acme_models:record", "no record"),
    ],
)
def test_what_a_package_names_wrongly_is_refused_with_package_and_version(
    install, group, target, told
):
    install(f"[sfr_pipeline.{group}]\nit = {target}\n", acme_models=MODELS)
    find = own_sources if group == "sources" else own_models
    with pytest.raises(
        ExtensionError, match=rf"^acme-risk 1\.2, entry point it of sfr_pipeline\.{group}.*{told}"
    ):
        find()


def test_without_such_packages_there_is_nothing(install):
    install("[console_scripts]\nacme = acme_models:main\n")
    assert (found_models(), found_sources()) == ((), ())
