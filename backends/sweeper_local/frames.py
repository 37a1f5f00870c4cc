"""Frames between the backend and its children: a length, a kind, and a body."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import Enum

_HEADER = struct.Struct("!Ic")


class Kind(Enum):
    """What a frame's body is."""

    ASSIGNMENTS = b"A"  # to the child: pickled, one Assignment and what differs in each
    DECISION = b"D"  # to the child: JSON [trial, attempt, decision]
    STOP = b"S"  # to the child: JSON [trial, attempt]
    RECALL = b"R"  # to the child: JSON, keys that it shall give back if it has not begun them
    READ = b"O"  # to the child: what it had written to its streams is read
    BEAT = b"B"  # to the backend: nothing but a sign of life
    EVENTS = b"E"  # to the backend: some events, as JSON
    LAST = b"L"  # to the backend: the same; the child waits until its streams are read
    RETURNED = b"G"  # to the backend: JSON, keys that the child gave back
    GOING = b"N"  # to the backend: JSON [trial, attempt], told to go while it runs
    BYE = b"Y"  # to the backend: the child ends, and begins nothing more


_KINDS = {kind.value: kind for kind in Kind}


def frame(kind: Kind, body: bytes) -> bytes:
    """Write one frame.

    Example:
        >>> frame(Kind.STOP, b"[0,1]")[4:]
        b'S[0,1]'
    """
    return _HEADER.pack(len(body), kind.value) + body


class FrameReader:
    """Cut a stream of bytes into frames, however it was chopped on the way."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Take in some bytes and give the frames that are now complete."""
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            length, kind = _HEADER.unpack_from(self._buffer)
            end = _HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield _KINDS[kind], body
