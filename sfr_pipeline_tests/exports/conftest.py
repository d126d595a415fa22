import pytest

from sfr_pipeline.exports.writing import export_folder
from sfr_pipeline_tests.exports.made_up import write_market


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """A warehouse in a folder of an awkward name."""
    root = tmp_path_factory.mktemp("analyst's 数据")
    write_market(root, "china", "中国")
    sources = {"toy_rate": "sandbox: toy_rate", "TOY": "sandbox: toy"}
    write_market(root, "toy", "Toy", synthetic=True, sources=sources, level=1.0)
    return root


@pytest.fixture(scope="session")
def folder(root, tmp_path_factory):
    """All of it exported."""
    return export_folder(root, tmp_path_factory.mktemp("out") / "导出 all")
