"""A mail server and a web server on this machine, which keep what they are sent."""

import email
import email.policy
import json
import socketserver
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sfr_pipeline_tests.loopback import running


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to be given a mail."""

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                content = b"".join(lines)
                self.server.mails.append(
                    email.message_from_bytes(content, policy=email.policy.default)
                )
            elif line == b"QUIT":
                return self.say("221 bye")
            self.say("250 fine")
        return None

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


class Hook(BaseHTTPRequestHandler):
    """Answers what its server is told to, and keeps each body."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()
        while self.server.endless:
            self.wfile.write(b"and on " * 100)
            time.sleep(0.01)

    def log_message(self, *_):
        pass


@contextmanager
def mail_server():
    """Yields the server; ``mails`` are those that came, ``address`` is where, as apprise writes."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.daemon_threads, server.mails = True, []
    port = server.server_address[1]
    server.address = (
        f"mailto://127.0.0.1:{port}?mode=insecure&from=sfr@example.org&to=desk@example.org"
    )
    with running(server):
        yield server


@contextmanager
def web_server():
    """Yields the server; ``bodies`` are those that came, ``status`` is what it answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.daemon_threads, server.bodies, server.status, server.endless = True, [], 200, False
    server.address = f"json://127.0.0.1:{server.server_port}/Secret-Path/Tok3n9876"
    with running(server):
        try:
            yield server
        finally:
            server.endless = False
