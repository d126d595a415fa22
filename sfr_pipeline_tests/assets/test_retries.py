"""Steps that ask others: what is tried again, how often, and what is not."""

import itertools

import dagster as dg
import pytest

from sfr_pipeline.assets import retries
from sfr_pipeline.errors import ContractError, CrawlBrokenOffError, SourceError
from sfr_pipeline.sources.live.refusals import NoAnswerError


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(retries, "SECONDS", 0.01)


def ask(answers):
    """Materialize an asset that meets these errors, one a try, and then an answer."""
    errors = iter(answers)

    @dg.asset
    def asked(context: dg.AssetExecutionContext) -> int:
        with retries.tried_again(context):
            if error := next(errors, None):
                raise error
            return 1

    result = dg.materialize([asked], raise_on_error=False)
    failures = [event for event in result.all_events if event.is_step_failure]
    waits = [
        event.step_retry_data.seconds_to_wait
        for event in result.all_events
        if event.event_type_value == "STEP_UP_FOR_RETRY"
    ]
    return result.success, waits, [event.step_failure_data.error for event in failures]


@pytest.mark.parametrize("error", [NoAnswerError, CrawlBrokenOffError])
def test_what_may_pass_is_tried_again_after_ever_longer_waits(error):
    success, waits, failures = ask([error("not now")] * 3)
    assert success
    assert not failures
    assert len(waits) == 3
    for number, wait in enumerate(waits):
        assert wait == pytest.approx(0.01 * 2**number, rel=retries.JITTER)
    assert all(later > earlier for earlier, later in itertools.pairwise(waits))


@pytest.mark.parametrize("error", [SourceError, ContractError, ValueError])
def test_what_would_be_the_same_again_fails_at_once(error):
    success, waits, (failure,) = ask([error("a bad file")])
    assert not success
    assert not waits
    assert "a bad file" in failure.cause.message


def test_when_no_tries_are_left_the_error_is_that_of_the_source():
    success, waits, (failure,) = ask([NoAnswerError("the exchange is closed")] * 9)
    assert not success
    assert len(waits) == retries.TRIES_AGAIN
    assert failure.cause.cls_name == "NoAnswerError"
    assert "the exchange is closed" in failure.cause.message
