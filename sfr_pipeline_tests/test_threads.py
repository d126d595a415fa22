import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sfr_pipeline.threads import on_one_thread


def threads():
    np.ones((2, 2)) @ np.ones((2, 2))  # linear algebra is loaded by now
    return {library["filepath"]: library["num_threads"] for library in threadpool_info()}


def test_a_function_runs_on_one_thread_and_gives_back_what_there_was():
    with threadpool_limits(2):
        before = threads()
        assert set(on_one_thread(threads)().values()) == {1}
        assert threads() == before


def test_an_error_gives_back_what_there_was_too():
    @on_one_thread
    def failing():
        raise ValueError("no fit")

    with threadpool_limits(2):
        before = threads()
        with pytest.raises(ValueError, match="no fit"):
            failing()
        assert threads() == before


def test_arguments_and_results_pass_through():
    assert on_one_thread(divmod)(7, 2) == (3, 1)
