"""A model hub on loopback: one repository, whose files are those of a folder."""

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from sfr_pipeline_tests.loopback import website


@contextmanager
def serve(folder, repository, revision):
    """Serve a folder as a repository at one revision; yields the address and what was asked for.

    Args:
        folder: with the files.
        repository: its owner and name.
        revision: the only commit that it has.
    """
    asked = []
    files = {path.name: path.read_bytes() for path in folder.iterdir()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            listed = f"/api/models/{repository}/tree/{revision}"
            _, _, name = self.path.partition(f"/{repository}/resolve/{revision}/")
            if self.path.partition("?")[0] == listed:
                self._send(json.dumps([
                    {"type": "file", "path": one, "size": len(body), "oid": one}
                    for one, body in files.items()
                ]).encode())  # fmt: skip
            elif name in files:
                self._send(files[name])
            else:
                self.send_error(404)

        do_HEAD = do_GET

        def _send(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", revision)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with website(Handler) as address:
        yield address, asked
