"""The few errors of this project. Each message names the cause and what to do about it."""


class SfrError(Exception):
    """Base of every error that this project raises on purpose."""


class CatalogueError(SfrError):
    """A market's YAML is wrong; the message names file, line and remedy."""


class SourceError(SfrError):
    """A data source did not deliver what the catalogue asks of it."""


class CrawlBrokenOffError(SourceError):
    """A crawl ended before it was finished, and not because it was refused: it can be resumed."""


class ContractError(SfrError):
    """A frame does not fit the contract of its table; nothing was written."""


class NotMaterializedError(SfrError):
    """A table was asked for that no run has written yet."""


class StorageError(SfrError):
    """A file of the warehouse can't be read or written; the message names it and the remedy."""


class ExportError(SfrError):
    """An export would destroy something or has nowhere to go."""


class EstimationError(SfrError):
    """The data do not support the estimate that was asked for."""


class TooShortError(EstimationError):
    """There is too little history yet: what was asked for begins later.

    The one error that a leg may answer with empty tables; its message then stands in the log and in
    the report, and says what is needed, what is there and, where it is known, when it begins.
    """


class ConvergenceError(EstimationError):
    """An optimiser stopped where the likelihood still rises: there is no estimate."""


class SettingError(SfrError, ValueError):
    """A setting of the environment or of a command is wrong.

    A ValueError too: settings are also read while a catalogue is validated, which takes those.
    """


class DeviceError(SfrError):
    """The machine has no such device."""


class AlertError(SfrError):
    """There is no such alert, or alerts can't be told."""


class WorkspaceError(SfrError):
    """There is no workspace here, or it can't be made."""


class ExtensionError(SfrError):
    """A model or source of the workspace, or of another package, is not what it must be."""


class AuditError(SfrError):
    """A published table is not written down in the layout that an audit reads."""
