"""Where a market's posts come from: a folder of exports, a forum, or the one for the other."""

from pathlib import Path

from sfr_pipeline.markets.opinion import Forum
from sfr_pipeline.sources.files.folder import imports_folder
from sfr_pipeline.workspace import workspace

IMPORTS = "imports"


def posts_folder(forum: Forum) -> Path | None:
    """Folder of exported posts that stand in for crawl or site, whether it exists or not.

    A folder below ``imports/`` follows the environment variable SFR_IMPORTS, as the series' files
    do; any other is relative to the workspace.
    """
    if forum.exports is None:
        return None
    folder = forum.exports.folder
    if Path(folder).parts[:1] == (IMPORTS,):
        return imports_folder(folder)
    return workspace() / folder


def is_crawled(forum: Forum) -> bool:
    """Whether posts come from a real forum, a page every few seconds."""
    folder = posts_folder(forum)
    return forum.site not in (None, "sandbox") and not (folder and folder.exists())
