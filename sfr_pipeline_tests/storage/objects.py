"""A stand-in for an object store: objects in the memory of this process.

What is put is whole and seen by all at once, as in S3, and an error on the way publishes the first
half, as there; an object that is being read stays as it was. What goes over the network, and what a
server refuses, is the business of `s3_server`.
"""

import io
import time

import pyarrow.fs as pafs
from fsspec import AbstractFileSystem

from sfr_pipeline.storage import for_duckdb, object_store
from sfr_pipeline.workspace import Url

ROOT = Url("s3://bucket/wh")


class Put(io.BytesIO):
    """An object on its way; there once it is closed, whatever happened before."""

    def __init__(self, put):
        super().__init__()
        self.put = put

    def close(self):
        if not self.closed:
            self.put(self.getvalue())
        super().close()


class Memory(AbstractFileSystem):
    """Objects by bucket and prefix, with the moment of each."""

    protocol = "s3"
    cachable = False

    def __init__(self):
        super().__init__()
        self.objects = {}

    def info(self, path, **options):
        path = self._strip_protocol(path).strip("/")
        if path in self.objects:
            content, moment = self.objects[path]
            return {"name": path, "size": len(content), "type": "file", "mtime": moment}
        if any(name.startswith(f"{path}/") for name in list(self.objects)):
            return {"name": path, "size": 0, "type": "directory", "mtime": None}
        raise FileNotFoundError(path)

    def ls(self, path, detail=True, **options):
        head = f"{self._strip_protocol(path).strip('/')}/"
        below = {
            head + name.removeprefix(head).partition("/")[0]
            for name in list(self.objects)
            if name.startswith(head)
        }
        if not below:
            raise FileNotFoundError(path)
        return [self.info(name) for name in sorted(below)] if detail else sorted(below)

    def cp_file(self, path1, path2, **options):
        self._keep(path2, self.objects[path1.strip("/")][0])

    def _rm(self, path):
        del self.objects[path.strip("/")]

    def _open(self, path, mode="rb", *arguments, **options):
        path = path.strip("/")
        if mode == "wb":
            return Put(lambda content: self._keep(path, content))
        if path not in self.objects:
            raise FileNotFoundError(path)
        return io.BytesIO(self.objects[path][0])

    def _keep(self, path, content):
        self.objects[path.strip("/")] = content, time.time()


def stand_in(monkeypatch, caches):
    """A store in memory, which the code under test asks from now on; caches lie in a folder."""
    memory = Memory()
    client = pafs.PyFileSystem(pafs.FSSpecHandler(memory))
    for module in (object_store, for_duckdb):
        monkeypatch.setattr(module, "client", lambda: client)
    monkeypatch.setenv("SFR_CACHE", str(caches))
    return memory


def names(memory):
    """Every object below the root, those that lie aside too."""
    return sorted(name.removeprefix(f"{ROOT.key}/") for name in memory.objects)
