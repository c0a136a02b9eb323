"""Where readable records begin again behind damage.

Looks for the kinds of record whose own parts give them away: in a chunk, a metadata record and the
end of the data several lengths have to agree, which random bytes do once in 2^64.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np
from mcap.opcode import Opcode

from engine.recording.mcap_records import CHUNK_HEAD, PREFIX, DamagedRecord, known, parse

WINDOW = 1 << 22
MAX_METADATA = 1 << 24
_HEAD = PREFIX.size + CHUNK_HEAD.size + 16
"""As much of a record as is needed to judge it, or to want to see the rest."""
_KINDS = (Opcode.CHUNK, Opcode.METADATA, Opcode.DATA_END)


def next_record(file: BinaryIO, size: int, offset: int) -> int:
    """The first place behind `offset` at which a record begins; `size` where there is none."""
    for base in range(offset + 1, size, WINDOW):
        file.seek(base)
        window = file.read(WINDOW + _HEAD)
        for place in _candidates(window):
            if _begins_record(file, size, base + place, window[place : place + _HEAD]):
                return base + place
    return size


def _candidates(window: bytes) -> list[int]:
    """Where an opcode is followed by a length below 4 GiB."""
    data = np.frombuffer(window, np.uint8)
    opcodes = data[: max(min(WINDOW, len(data) - PREFIX.size + 1), 0)]
    places = np.flatnonzero(np.isin(opcodes, [int(kind) for kind in _KINDS]))
    for byte in range(5, PREFIX.size):
        places = places[data[places + byte] == 0]
    return [int(place) for place in places]


def _begins_record(file: BinaryIO, size: int, place: int, head: bytes) -> bool:
    opcode, length = PREFIX.unpack_from(head)
    end = place + PREFIX.size + length
    if end > size:
        return False
    if opcode == Opcode.CHUNK:
        return _is_chunk_head(head, length)
    if length != 4 if opcode == Opcode.DATA_END else length > MAX_METADATA:
        return False
    file.seek(place + PREFIX.size)
    content = file.read(length)
    try:
        parse(opcode, content)
    except DamagedRecord:
        return False
    return opcode == Opcode.METADATA or _opcode_at(file, end)


def _is_chunk_head(head: bytes, length: int) -> bool:
    """Whether the lengths in a chunk's head agree with its own."""
    if len(head) < _HEAD:
        return False
    named = CHUNK_HEAD.unpack_from(head, PREFIX.size)[-1]
    if named > 4:
        return False
    (packed,) = struct.unpack_from("<Q", head, PREFIX.size + CHUNK_HEAD.size + named)
    return bool(packed + CHUNK_HEAD.size + named + 8 == length)


def _opcode_at(file: BinaryIO, place: int) -> bool:
    file.seek(place)
    byte = file.read(1)
    return len(byte) == 1 and known(byte[0])
