"""Steps that ask others try again where another try may help, and nowhere else.

Belongs here: which errors those are, how often and how long apart. What a single call tries by
itself, within seconds, is the business of `sources.live.client`; a run whose process was killed is
repeated by the daemon (`dagster_home/dagster.yaml`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import SystemRandom

import dagster as dg

from sfr_pipeline.errors import CrawlBrokenOffError
from sfr_pipeline.sources.live.refusals import NoAnswerError

# A bad file, a refusal, a frame that breaks its contract: they would be the same again.
TRANSIENT = (NoAnswerError, CrawlBrokenOffError)
TRIES_AGAIN = 3
# Before the first further try; doubled before each one after it.
SECONDS = 15.0
# Markets whose runs failed together do not ask together again.
JITTER = 0.2


@contextmanager
def tried_again(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Let Dagster repeat the step where what is inside fails of something that may pass.

    Raises:
        dg.RetryRequested: in place of such an error, as long as tries are left; then the error.
    """
    number = context.op_execution_context.retry_number
    try:
        yield
    except TRANSIENT as error:
        if number >= TRIES_AGAIN:
            raise
        seconds = SECONDS * 2**number * SystemRandom().uniform(1 - JITTER, 1 + JITTER)
        context.log.warning(
            f"{error} It is tried again in {seconds:.0f} s ({number + 1} of {TRIES_AGAIN})."
        )
        raise dg.RetryRequested(TRIES_AGAIN, seconds) from error
