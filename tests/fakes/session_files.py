"""Small session files, whole and damaged, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mcap.opcode import Opcode

from engine.recording.layout import Event, EventKind
from engine.recording.mcap_records import MAGIC, PREFIX
from engine.recording.writer import SessionWriter, SplitRule
from tests.fakes.sessions import header, quantised_frame, scene_of, stereo_frame

FRAMES = 9
FRAMES_IN_CHUNK = 3


def write_session(
    path: Path,
    frames: int = FRAMES,
    in_chunk: int = FRAMES_IN_CHUNK,
    split: SplitRule | None = None,
) -> Path:
    """Stereo frames 0, 1, 2, ..., a scene for each, and one event, in chunks of `in_chunk`."""
    writer = SessionWriter(path, header(), split, chunk_ns=10**12)  # However slow the machine.
    for number in range(frames):
        frame = stereo_frame(number)
        writer.add_scene(scene_of(frame))
        writer.add_frame(frame)
        if number == 1:
            note = Event(frame.captured_ns, EventKind.DROP, "Two frames.", {"frames": 2.0})
            writer.add_event(note)
        if number % in_chunk == in_chunk - 1:
            writer._close_chunk(writer._current())
    writer.close()
    return path


def write_quiet_session(path: Path, frames: int = 3) -> Path:
    """Plain depth frames, and nothing else."""
    writer = SessionWriter(path, replace(header(), pictures=(), has_truth=False))
    for number in range(frames):
        writer.add_frame(quantised_frame(number))
    writer.close()
    return path


@dataclass(frozen=True, slots=True)
class Piece:
    """One record of a whole file."""

    opcode: Opcode
    begin: int
    end: int
    """Behind its last byte."""


def pieces(data: bytes) -> list[Piece]:
    """All top-level records of a whole file, in order."""
    return list(_pieces(data))


def _pieces(data: bytes) -> Iterator[Piece]:
    offset = len(MAGIC)
    while offset < len(data) - len(MAGIC):
        opcode, length = PREFIX.unpack_from(data, offset)
        end = offset + PREFIX.size + length
        yield Piece(Opcode(opcode), offset, end)
        offset = end


def flipped(data: bytes, place: int, mask: int = 0x01) -> bytes:
    """The same bytes but for one."""
    changed = bytearray(data)
    changed[place] ^= mask
    return bytes(changed)
