"""Models and sources that this package does not ship: of the workspace, and of other packages.

Belongs here: finding and importing them. Does not belong here: what they must be
(`evaluation.models.own`, `sources.own`).

A workspace has them in its folder ``extensions/``, in modules (``mybank.py``) or packages (a folder
with ``__init__.py``). Each may have

- ``MODELS``, records of forecasters, classifiers and networks (`evaluation.models.Model`),
- ``AVAILABLE_SERIES`` with ``fetch_series`` or ``fetch_prices``: then it is a source
  (`sources.Source`), which catalogues call by the name of the module.

What begins with ``_`` is for the others to import, as in ``from . import _common``. All of them are
imported as submodules of this package, whatever they are called: ``random.py`` there hides no
module of Python's, and every process finds them by their names, also one that unpickles.

Another package names the same by entry points: a record, or several, in the groups
``sfr_pipeline.forecasters`` and ``sfr_pipeline.networks``, a module in ``sfr_pipeline.sources``.

The folder is that of the workspace that a process is in when it first asks for them, and each is
imported once a process: who edits one starts anew, or reloads the code location of Dagster's UI.
"""

from sfr_pipeline.extensions._finding import (
    Extension,
    found_models,
    found_sources,
    join_workspace,
    line_of,
)

__all__ = ["Extension", "found_models", "found_sources", "line_of"]

# At once: what a process unpickles is looked for by its name, before anything is asked for.
join_workspace()
