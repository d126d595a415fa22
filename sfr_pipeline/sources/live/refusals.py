"""How a site refuses: outside of a call, and within it."""

from sfr_pipeline.errors import SourceError


class NoAnswerError(SourceError):
    """A site could not be reached, refused, or did not answer in time.

    Of all that a source raises, this alone says that asking again may help. What a site sent that
    can't be used (another layout, other values) stays so until somebody looks at it.

    Attributes:
        passing: whether it may; a page that is not there, for one, does not come by asking.
        retry_after: seconds for which the site asked to be left alone; None where it did not say.
    """

    def __init__(
        self, message: str, passing: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.passing, self.retry_after = passing, retry_after


class RefusedError(Exception):
    """A site answered with an error; raised inside a call, which turns it into NoAnswerError.

    Attributes:
        passing, retry_after: as in ``NoAnswerError``.
    """

    def __init__(
        self, message: str, passing: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.passing, self.retry_after = passing, retry_after
