"""Compiled kernels that are missing, or can't be kept."""

from sfr_pipeline.cli import compile_kernels
from sfr_pipeline.operation.doctor.kernels import look_at_kernels
from sfr_pipeline_tests.operation.doctor.one_kernel import compile_one


def test_kernels_that_are_not_compiled_are_a_note_and_compiled(
    tmp_path, monkeypatch, workspace, mended
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(compile_kernels, "PARTS", (compile_one,))
    assert mended("kernels", state="note").remedy == "sfr compile-kernels"


def test_kernels_that_can_be_kept_nowhere_are_a_note(tmp_path):
    folders = [tmp_path / "not yet" / "there", tmp_path / "nor this"]
    (found,) = look_at_kernels(folders, lambda folder: False)
    assert found.state == "note"
    assert "XDG_CACHE_HOME" in found.remedy
    # The folder itself need not be there: whether it can be made is asked of what is.
    (found,) = look_at_kernels(folders, lambda folder: folder == tmp_path)
    assert found.remedy == "sfr compile-kernels"
    (found,) = look_at_kernels([])
    assert "can't be kept, as this user has no home" in found.says
