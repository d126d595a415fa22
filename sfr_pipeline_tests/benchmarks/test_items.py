"""Every benchmark runs, against the package as it is today; how fast it is, is not asked here."""

import inspect
import pkgutil
from importlib import import_module

import pytest

import benchmarks
from benchmarks import __main__ as command
from benchmarks.items import ITEMS, Item
from benchmarks.settings import Scale, Settings
from benchmarks.timing import Findings

TINY = Settings(Scale.TINY)


@pytest.mark.parametrize("name", ITEMS)
def test_a_benchmark_runs_in_its_tiny_form(name):
    found = ITEMS[name].run(TINY)
    assert found.rows
    assert {len(row) for row in found.rows} == {len(found.header)}
    assert found.markdown().startswith(f"## {found.title}\n\n| ")


def test_whatever_returns_findings_is_listed():
    places = {
        f"{module.name}:{name}"
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name != "__main__"
        for name, function in inspect.getmembers(
            import_module(f"benchmarks.{module.name}"), inspect.isfunction
        )
        if function.__module__ == f"benchmarks.{module.name}"
        and not name.startswith("_")
        and inspect.signature(function).return_annotation is Findings
    }
    assert places == {item.place for item in ITEMS.values()}


@pytest.fixture
def results(monkeypatch, tmp_path):
    """Two benchmarks that take no time, and another place for what is found."""
    for name in ("one", "other"):
        made = Findings(f"Benchmark {name}", ("a", "b"), (("1", "2"),))
        monkeypatch.setattr(command, name, lambda settings, made=made: made, raising=False)
    items = {name: Item(name, f"__main__:{name}") for name in ("one", "other")}
    monkeypatch.setattr(command, "ITEMS", items)
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.md")
    return tmp_path / "results.md"


def test_a_full_run_is_written_with_machine_and_date(results, capsys):
    command.main(["--write"])
    head, machine, *sections = results.read_text("utf-8").split("\n\n")
    assert head == "# Benchmarks"
    assert " cores, one thread used" in machine
    assert "medians of several repetitions" in machine
    assert [text for text in sections if text.startswith("##")] == [
        "## Benchmark one",
        "## Benchmark other",
    ]
    assert "Benchmark other" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--tiny"], ["--quick"], ["--only", "one"]])
def test_nothing_less_than_a_full_run_is_written(results, arguments):
    command.main(arguments)
    with pytest.raises(SystemExit):
        command.main([*arguments, "--write"])
    assert not results.exists()
