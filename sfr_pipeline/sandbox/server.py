"""Serves the synthetic forum on loopback, as the real site would.

For a crawler: `with serve() as url`. For a person: ``python -m sfr_pipeline.sandbox.server``.
"""

import argparse
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sfr_pipeline.sandbox.forum import BAR, Forum, make_forum
from sfr_pipeline.sandbox.markup import CHALLENGE, Layout
from sfr_pipeline.sandbox.pages import Pages

LIST = re.compile(r"/list,(\w+),f(?:_(\d+))?\.html")
POST = re.compile(r"/news,(\w+),(\d+)\.html")
ROBOTS = b"User-agent: *\nDisallow: /private\n"


@contextmanager
def serve(
    forum: Forum | None = None,
    *,
    challenge_after: int | None = None,
    layout: Layout = "json",
    port: int = 0,
) -> Iterator[str]:
    """Serve a forum on this machine while the context lasts; yields its address.

    Args:
        forum: what to serve, by default the whole sandbox's.
        challenge_after: number of pages after which only the identity check is answered.
        layout: of the pages.
        port: to listen on; any free one by default.
    """
    pages = _pages(forum or make_forum(), layout)
    server = _Server(pages, challenge_after, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.daemon = True
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@cache
def _whole(layout: Layout) -> Pages:
    return Pages(make_forum(), layout)


def _pages(forum: Forum, layout: Layout) -> Pages:
    # Writing the rows of the whole forum takes seconds: once a process.
    return _whole(layout) if forum is make_forum() else Pages(forum, layout)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, pages: Pages, challenge_after: int | None, port: int) -> None:
        self.pages = pages
        self._left = challenge_after
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def challenged(self) -> bool:
        """Count a page; whether the identity check stands in its place."""
        with self._lock:
            if self._left is None:
                return False
            self._left -= 1
            return self._left < 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer a request for a page."""
        if self.path == "/robots.txt":
            self._answer(ROBOTS, "text/plain")
        elif self.path == "/":
            self._redirect(f"/list,{BAR},f.html")
        elif self.server.challenged():
            self._answer(CHALLENGE)
        elif match := LIST.fullmatch(self.path):
            self._answer(self.server.pages.list_page(int(match[2] or 1)))
        elif match := POST.fullmatch(self.path):
            self._answer(self.server.pages.post_page(match[2]))
        else:
            self._answer(b"not found", "text/plain", "404 Not Found")

    def _answer(self, body: bytes, kind: str = "text/html", status: str = "200 OK") -> None:
        # By hand: the base class formats the date and each header anew, which costs as much as all
        # the rest.
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.wfile.write(head.encode() + body)

    def _redirect(self, path: str) -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 0\r\n\r\n"
        self.wfile.write(head.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a crawl makes thousands of requests."""


def main() -> None:
    """Serve the forum until interrupted, for a person to look at."""
    parser = argparse.ArgumentParser(
        prog="python -m sfr_pipeline.sandbox.server",
        description="Serve the synthetic forum on this machine.",
    )
    parser.add_argument("--port", type=int, default=0, help="any free one by default")
    parser.add_argument("--layout", choices=("json", "dom", "old"), default="json")
    parser.add_argument("--challenge-after", type=int, metavar="PAGES", help="then only checks")
    arguments = parser.parse_args()
    with serve(
        challenge_after=arguments.challenge_after, layout=arguments.layout, port=arguments.port
    ) as url:
        print(f"{url}/list,{BAR},f.html  (synthetic; stop with Ctrl-C)", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
