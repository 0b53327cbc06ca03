"""Where JACK finds our callbacks: `jack_process` as machine code, made once and kept in a file.

To load that takes a tenth of the time that it takes to import numba, which makes it.
"""

from __future__ import annotations

import ctypes.util
import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm

from musicgan.folders import cache_folder

LIBRARY = ctypes.util.find_library("jack") or "libjack.so.0"
PROCESS, SYNC = "musicgan_process", "musicgan_sync"
NUMBA_S = ("numba_", "NRT_")
SOURCES = ("jack_process.py", "jack_ring.py", "../messages.py")
"""What the machine code is made from."""


class Callbacks(NamedTuple):
    """Addresses, for as long as `engine` is held."""

    engine: Any
    process: int
    sync: int


@cache
def callbacks() -> Callbacks:
    """The callbacks, ready to be called; the first time on a machine that takes seconds."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.load_library_permanently(LIBRARY)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(_object()))
    engine.finalize_object()
    process, sync = (engine.get_function_address(name) for name in (PROCESS, SYNC))
    return Callbacks(engine, process, sync)


def _object() -> bytes:
    path = cache_folder() / f"jack-{_key()}.o"
    with suppress(OSError):
        return path.read_bytes()
    made = _made()
    with suppress(OSError):  # then it is made again the next time
        from musicgan.midifile.write import write_whole

        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, made)
    return made


def _key() -> str:
    """One for each source and each kind of processor."""
    here = Path(__file__).parent
    parts = [(here / source).read_bytes() for source in SOURCES]
    parts += [llvmlite.__version__.encode(), llvm.get_process_triple().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _made() -> bytes:
    from musicgan.live.backends.jack_process import process, sync

    code, more = (
        llvm.parse_assembly(callback.inspect_llvm().replace(callback.native_name, name))
        for callback, name in ((process, PROCESS), (sync, SYNC))
    )
    code.link_in(more)
    # Parts of numba that only an exception would need; none is ever raised.
    absent = [f.name for f in code.functions if f.is_declaration and f.name.startswith(NUMBA_S)]
    stubs = "".join(f"define void @{name}() {{\n  unreachable\n}}\n" for name in absent)
    code.link_in(llvm.parse_assembly(stubs))
    made: bytes = _machine().emit_object(code)
    return made


def _machine() -> Any:
    """Any processor of this kind: the file may be seen by others."""
    return llvm.Target.from_default_triple().create_target_machine(jit=True)
