"""Addresses of the forum, and which of them lie on this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit

# Rows on a full list page, besides a few pinned ones that the site adds.
ROWS_PER_PAGE = 80


def list_url(site: str, bar: str, page: int) -> str:
    """A bar's list page, from 1, in the order of publication (the site's ``,f``), newest first."""
    suffix = "f" if page == 1 else f"f_{page}"
    return f"{site}/list,{bar},{suffix}.html"


def post_url(site: str, bar: str, post_id: str) -> str:
    """A post's own page."""
    return f"{site}/news,{bar},{post_id}.html"


def is_loopback(site: str) -> bool:
    """Whether the site is served by this machine, so that nobody else is asked."""
    host = urlsplit(site).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
