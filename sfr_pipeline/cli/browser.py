"""Opening a page in the reader's browser."""

import sys
import webbrowser


def show(address: str) -> int:
    """Open a page; the exit status."""
    if webbrowser.open(address):
        return 0
    print(f"no browser was found on this machine: open {address} in one", file=sys.stderr)
    return 1
