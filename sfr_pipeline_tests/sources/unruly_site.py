"""A server on loopback whose answers have no end, no measure or no length."""

import gzip
import io
import threading
import time
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MB = 2**20


class Unruly(ThreadingHTTPServer):
    """Notes of each request its path, and how many bytes of an endless answer were sent."""

    daemon_threads = True

    def __init__(self):
        self.asked = []
        self.sent = 0
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, request, client_address):
        """A client that hangs up is what is tested."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        self.server.asked.append(self.path)
        name = self.path.split("?")[0].strip("/")
        try:
            getattr(self, name)()
        except OSError:
            pass
        finally:
            self.server.ended.set()

    do_POST = do_GET

    def _head(self, status=200, **headers):
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.end_headers()

    def _send_for_ever(self, piece, seconds):
        for _ in range(100_000):
            self.wfile.write(piece)
            self.server.sent += len(piece)
            time.sleep(seconds)

    def endless(self):
        self._head()
        self._send_for_ever(b"1" * 2**16, 0)

    def redirect(self):
        self._head(302, Location="/plain")
        self._send_for_ever(b"1" * 2**16, 0)

    def dripping(self):
        self._head()
        self._send_for_ever(b"1", 0.05)

    def silent(self):
        self._head()
        self.wfile.write(b"1")
        self.wfile.flush()
        time.sleep(20)

    def bomb(self):
        self._head(Content_Encoding="gzip")
        self.wfile.write(bomb())

    def short(self):
        self._head(Content_Length="100")
        self.wfile.write(b"1" * 60)

    def plain(self):
        self._head(Content_Length="4")
        self.wfile.write(b"here")

    def busy(self):
        if len(self.server.asked) > 1:
            self.plain()
        else:
            self._head(429, Retry_After="1")

    def log_message(self, *arguments):
        pass


@cache
def bomb(megabytes=512):
    """Half a megabyte of gzip that holds a thousand times as much."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        for _ in range(megabytes):
            file.write(bytes(MB))
    return packed.getvalue()


@contextmanager
def unruly():
    bomb()  # takes seconds to make, which are none of who asks for it
    server = Unruly()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
