"""An object store as one listing has it, for whoever asks for many names and footers.

Belongs here: answers that cost no request each. Does not belong here: reading and writing, which
are those of `object_store`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.fs as pafs

from sfr_pipeline.storage.filesystem import Looked
from sfr_pipeline.storage.object_store import ObjectStore
from sfr_pipeline.workspace import Url

FOOTERS_KEPT = 8_192


@dataclass(frozen=True)
class Listing(ObjectStore):
    """The objects below a prefix as of a moment; those elsewhere are asked for as ever.

    Attributes:
        root: bucket and prefix of the warehouse.
        folder: whose objects are listed.
    """

    root: Url
    folder: str
    _infos: dict[str, pafs.FileInfo] = field(default_factory=dict, compare=False, repr=False)
    _inside: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._ask()

    def exists(self, name: str) -> bool:
        """Whether there was such an object, or one below it."""
        return name in self._infos if self._knows(name) else super().exists(name)

    def names(self, folder: str) -> list[str]:
        """What lay below a prefix, in order, without what is hidden."""
        if not self._knows(folder):
            return super().names(folder)
        return sorted(name for name in self._inside.get(folder, ()) if not name.startswith("."))

    def holding(self, folder: str, file: str, backwards: bool = False) -> list[str]:
        """Prefixes that held an object."""
        if not self._knows(folder):
            return list(super().holding(folder, file, backwards))
        found = [name for name in self.names(folder) if f"{folder}/{name}/{file}" in self._infos]
        return found[::-1] if backwards else found

    def look(self, name: str, read: Callable[[pa.NativeFile], Looked]) -> Looked:
        """Read a few bytes of an object, or remember what was read of it."""
        info = self._infos.get(name)
        if info is None:
            return super().look(name, read)
        return _looked(self.root, name, read, info.size, info.mtime)

    def complete(self, folder: str) -> None:
        """Complete a change, and look anew where there was one."""
        if self._is_pending(folder):
            super().complete(folder)
            self._ask()

    def _ask(self) -> None:
        self._infos.clear()
        self._inside.clear()
        for info in self._listed(self.folder, recursive=True):
            name = self._name(info)
            while name and name not in self._infos:
                self._infos[name] = info
                above, _, last = name.rpartition("/")
                self._inside.setdefault(above, []).append(last)
                name = above

    def _knows(self, name: str) -> bool:
        return name == self.folder or name.startswith(f"{self.folder}/")


@functools.lru_cache(FOOTERS_KEPT)
def _looked(
    root: Url, name: str, read: Callable[[pa.NativeFile], Looked], size: int, moment: object
) -> Looked:
    """What was read of an object that has had this size since this moment."""
    return ObjectStore(root).look(name, read)
