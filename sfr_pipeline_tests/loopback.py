"""Servers of tests on this machine: begun, and ended with all that they began."""

import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer


@contextmanager
def running(server):
    """Let a server answer, on a thread of its own; yields it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def website(handler):
    """Let a handler of requests answer; yields the address, without a slash at its end."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"
