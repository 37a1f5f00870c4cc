"""Values in memory-mapped files: written once, read by many processes without a copy."""

from __future__ import annotations

import mmap
import os
import pickle
import struct
from typing import IO, Any

import cloudpickle

from sweeper.errors import SweeperError

_COUNT = struct.Struct("<Q")
_ALIGNED = 64


def write_mapped(value: Any, file: IO[bytes]) -> None:
    """Write a value so that read_mapped() need not copy its large parts.

    The parts are what pickle's protocol 5 takes out of band (PEP 574), such as the memory of
    NumPy arrays, each at a multiple of 64 bytes.
    """
    buffers: list[pickle.PickleBuffer] = []
    body = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(body), *(buffer.raw() for buffer in buffers)]
    file.write(_COUNT.pack(len(parts)))
    for part in parts:
        file.write(_COUNT.pack(part.nbytes))
    for part in parts:
        file.write(b"\0" * (-file.tell() % _ALIGNED))
        file.write(part)
    file.flush()


def read_mapped(path: str) -> Any:
    """Read a value whose arrays stay where they are, and cannot be written to."""
    with open(path, "rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    (count,) = _COUNT.unpack_from(mapped)
    sizes = [_COUNT.unpack_from(mapped, _COUNT.size * (1 + place))[0] for place in range(count)]
    parts, at = [], _COUNT.size * (1 + count)
    for size in sizes:
        at += -at % _ALIGNED
        parts.append(mapped[at : at + size])
        at += size
    return pickle.loads(parts[0], buffers=parts[1:])


class Shelf:
    """Values that children of this process read from memory; they go with this process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, int]] = {}

    def place(self, name: str, value: Any) -> str:
        """Say where a value lies, and put it there where it is new."""
        known = self._kept.get(name)
        if known is None or known[0] is not value:
            if known is not None:
                os.close(self._kept.pop(name)[1])
            number = os.memfd_create(f"sweeper-{name}")
            try:
                with open(number, "wb", closefd=False) as file:
                    write_mapped(value, file)
            except (pickle.PicklingError, TypeError, AttributeError, ValueError) as error:
                os.close(number)
                raise SweeperError(
                    f"what is shared under {name!r} cannot be brought to workers: {error}",
                    hint="Share plain values, arrays or tables; open files inside trials.",
                ) from error
            known = self._kept[name] = (value, number)
        return f"/proc/{os.getpid()}/fd/{known[1]}"

    def clear(self) -> None:
        """Let go of all values; whoever reads one keeps it as long as it does."""
        for _, number in self._kept.values():
            os.close(number)
        self._kept.clear()
