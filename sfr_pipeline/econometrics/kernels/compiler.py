"""The decorator of every kernel, and the folder that keeps compiled kernels.

Numba's own cache is not used, for three reasons. Its index of a function is read, changed and
written back without a lock, so two processes that compile the same function for different types can
end with each other's code. It notices a change of the kernel's own file only, not of the kernels
that it calls. And without a writable folder it refuses to define the function. Here each compiled
kernel is one file that is named by everything it depends on, begins with a checksum, and is put in
place by a rename: there is no index to race for, and a file that is damaged or gone is compiled
again.

The folder is in the user's cache, never beside this file: an installed package is not written to.
Where it cannot be written, memory has to do. NUMBA_CACHE_DIR comes first where it is set, but is
never set here, because other users of Numba in the process would follow it.
"""

import hashlib
import logging
import os
import pickle
import platform
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

LOG = logging.getLogger(__name__)

HERE = Path(__file__).parent
DIGEST_SIZE = hashlib.sha256().digest_size
# Of all kernels: one that changes makes those that call it stale.
SOURCES = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(HERE.glob("*.py")))).hexdigest()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, keep the code, and release the GIL while it runs.

    The order of additions is that of the text (no fast math), so a result does not depend on the
    processor's vector width. A division by zero gives infinity or NaN, as in NumPy.
    """
    # No entry for C, which nobody calls: a twentieth of the time to compile.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    dispatcher: Any = numba.njit(fastmath=False, **options)(function)
    # Where `cache=True` would put Numba's own; CI holds the version of Numba that has it so.
    dispatcher._cache = KernelFiles(function)
    return dispatcher


def folders() -> list[Path]:
    """Folders that may keep compiled kernels, the preferred one first."""
    configuration: Any = numba.config
    found = []
    if shared := configuration.CACHE_DIR:
        found.append(Path(shared) / "sfr_pipeline")
    # A number of a user that no account has, as containers are started with, has no home.
    with suppress(RuntimeError):
        users = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        found.append(Path(users) / "sfr_pipeline" / "kernels")
    return found


def keeping_folder() -> Path | None:
    """The first folder that takes compiled kernels, None where none does."""
    for folder in folders():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    return None


def kept_nowhere() -> str:
    """What to say where no folder takes compiled kernels, and the remedy."""
    tried = "".join(f" in {folder} nor" for folder in folders())
    return (
        f"compiled kernels can be kept neither{tried} elsewhere: set XDG_CACHE_HOME to a folder "
        "that can be written"
    )


class KernelFiles(NullCache):
    """Compiled forms of one function, a file for each combination of argument types."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """Load what was compiled for these types, or return None."""
        target_context.refresh()
        name = self._file_name(sig, target_context.codegen())
        for folder in folders():
            code = _read(folder / name)
            if code is not None:
                return CompileResult._rebuild(target_context, *pickle.loads(code))
        _say("compiling the numerical kernels: some seconds, once an installation")
        return None

    def save_overload(self, sig: Any, cres: CompileResult) -> None:
        """Keep what was compiled for these types in the first folder that takes it."""
        code = dumps(cres._reduce())
        name = self._file_name(sig, cres.codegen)
        for folder in folders():
            if _write(folder / name, code):
                return
        _say(f"{kept_nowhere()}; meanwhile every process compiles them again")

    def _file_name(self, sig: Any, codegen: Any) -> str:
        versions = numba.__version__, platform.python_version()
        facts = (str(sig), codegen.magic_tuple(), *versions, SOURCES)
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()
        module = self.function.__module__.rpartition(".")[-1]
        return f"{module}.{self.function.__qualname__}-{digest[:24]}"


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> bool:
    """Put a file in place by a rename; say whether that could be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        return False
    return True


_said: set[str] = set()


def _say(line: str) -> None:
    """Log a line once a process, at a level that is seen without any configuration."""
    if line not in _said:
        _said.add(line)
        LOG.warning(line)
