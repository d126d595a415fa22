"""A server of Postgres on loopback, thrown away at the end; skips where none is installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from sfr_pipeline.resources.database import SCHEME

# Debian keeps it out of the PATH.
FOLDERS = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
# A server elsewhere keeps its own time.
TIME_ZONE = "Asia/Tokyo"


class Server:
    """Databases on a server that can be stopped.

    Attributes:
        port: on which it listens.
    """

    def __init__(self, process, port):
        self._process, self.port = process, port

    def connect(self, database="postgres"):
        import psycopg2

        return psycopg2.connect(f"postgresql://dagster@127.0.0.1:{self.port}/{database}")

    def ask(self, sql):
        """Have the server do something."""
        connection = self.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    def new(self, database, time_zone="UTC"):
        """Make an empty database; returns its address."""
        self.ask(f"create database {database}")
        if time_zone:
            self.ask(f"alter database {database} set timezone to '{time_zone}'")
        return f"{SCHEME}://dagster@127.0.0.1:{self.port}/{database}"

    def stop(self):
        self._process.terminate()
        self._process.wait(30)


@contextmanager
def postgres_server():
    """A running server, of the user ``dagster``, who needs no password."""
    pytest.importorskip("dagster_postgres", reason="the extra 'postgres' is not installed")
    import psycopg2

    search = os.pathsep.join([os.environ["PATH"], *FOLDERS])
    initdb, postgres = (shutil.which(name, path=search) for name in ("initdb", "postgres"))
    if not (initdb and postgres):
        pytest.skip("Postgres is not installed here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    who = {}
    if os.geteuid() == 0:  # as which it refuses to run
        user = pwd.getpwnam("nobody")
        who = {"user": user.pw_uid, "group": user.pw_gid}
        os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    data = folder / "data"
    subprocess.run(
        [initdb, "--pgdata", str(data), "--auth=trust", "--username=dagster", "--no-sync",
         "--encoding=UTF8", "--locale=C"],
        check=True, capture_output=True, cwd=folder, **who,
    )  # fmt: skip
    process = subprocess.Popen(
        [postgres, "-D", str(data), "-k", str(folder), "-h", "127.0.0.1", "-p", str(port),
         "-c", f"timezone={TIME_ZONE}", "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **who,
    )  # fmt: skip
    server = Server(process, port)
    try:
        for _ in range(100):
            try:
                server.connect().close()
                break
            except psycopg2.OperationalError:
                assert process.poll() is None, "the server ended"
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
