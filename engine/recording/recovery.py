"""Sessions that a crash left unfinished: found at the next start, and turned into whole ones.

A quick look goes from record to record without unpacking what is in them, so it costs little even
where hours were recorded; what it counts is checked only when the session is recovered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mcap.opcode import Opcode
from mcap.records import Chunk, MessageIndex

from engine.recording.in_use import is_held
from engine.recording.layout import FRAME_TOPIC, PART_SUFFIX, SUFFIX, SessionError
from engine.recording.mcap_records import (
    MAGIC,
    PREFIX,
    DamagedRecord,
    content_of,
    known,
    parse,
    unpack,
)
from engine.recording.reader import SessionReader
from engine.recording.repair import RepairReport, default_target, repair
from engine.runtime.clock import NS_PER_S


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A session that was never closed and that nobody is writing."""

    path: Path
    """Its last file, NAME.mcap.part."""
    frames: int
    """In all files of the session, as far as a quick look can tell."""
    duration_s: float
    modified_s: float
    """When it was last written, seconds of the calendar's clock."""

    @property
    def target(self) -> Path:
        """What it will be called when recovered."""
        return default_target(self.path)

    @property
    def question(self) -> str:
        """For the user: "Recover the last session (12 min 4 s, 43,440 frames)?"."""
        return (
            f"Recover the last session ({duration_text(self.duration_s)}, {self.frames:,} frames)?"
        )


def find_unfinished(folder: Path) -> tuple[Unfinished, ...]:
    """The sessions in a folder that a crash left behind, the newest first.

    Left out are those that a living process is writing, that were recovered already, and that hold
    no frame.
    """
    try:
        parts = [path for path in folder.iterdir() if path.name.endswith(PART_SUFFIX)]
    except OSError:
        return ()
    found = [_quick_look(path) for path in parts if not default_target(path).exists()]
    whole = [unfinished for unfinished in found if unfinished is not None]
    return tuple(sorted(whole, key=lambda unfinished: -unfinished.modified_s))


def recover(
    unfinished: Unfinished, watch: Callable[[float], None] = lambda _share: None
) -> RepairReport:
    """Make a whole session of it, under the name that it was meant to have. The unfinished file
    stays until `discard`.

    Raises:
        SessionError: no frame of it is whole.
        OutputError: the whole one cannot be written.
    """
    return repair(unfinished.path, unfinished.target, watch)


def discard(unfinished: Unfinished) -> None:
    """Delete the unfinished file: it was recovered, or is not wanted.

    Raises:
        SessionError: it cannot be deleted.
    """
    try:
        unfinished.path.unlink(missing_ok=True)
        unfinished.path.with_name(f".{unfinished.path.name}.lock").unlink(missing_ok=True)
    except OSError as error:
        raise SessionError(
            f"{unfinished.path}: cannot be deleted ({error.strerror or error}); close what uses it."
        ) from error


def duration_text(seconds: float) -> str:
    """As people say it: "12 min 4 s"; "1 h 2 min"; "0.4 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _quick_look(path: Path) -> Unfinished | None:
    try:
        if is_held(path):
            return None
        with path.open("rb") as file:
            times = _frame_times(file)
        earlier = _earlier_parts(path)
        modified_s = path.stat().st_mtime
    except OSError:
        return None
    frames = len(times) + earlier[0]
    if not frames:
        return None
    own_s = (times[-1] - times[0]) / NS_PER_S if times else 0.0
    return Unfinished(path, frames, own_s + earlier[1], modified_s)


def _earlier_parts(path: Path) -> tuple[int, float]:
    """Frames and seconds of the whole files before this one of the same session."""
    numbered = re.fullmatch(r"(.+)_(\d{3})", path.name.removesuffix(PART_SUFFIX))
    first = path.with_name(f"{numbered[1]}{SUFFIX}") if numbered else None
    if first is None or not first.exists():
        return 0, 0.0
    try:
        with SessionReader(first) as session:
            return session.frame_count, session.duration_s
    except SessionError:
        return 0, 0.0


def _frame_times(file: BinaryIO) -> list[int]:
    """Log times of the frames, by the indexes behind chunks; up to the first odd place."""
    if file.read(len(MAGIC)) != MAGIC:
        return []
    channel: int | None = None
    times: list[int] = []
    while len(head := file.read(PREFIX.size)) == PREFIX.size:
        opcode, length = PREFIX.unpack(head)
        begin = file.tell()
        if not known(opcode) or opcode == Opcode.DATA_END:
            break
        if opcode == Opcode.MESSAGE_INDEX or (opcode == Opcode.CHUNK and channel is None):
            try:
                record = parse(opcode, file.read(min(length, 1 << 26)))
                if isinstance(record, Chunk):
                    channel = _frame_channel(record)
            except DamagedRecord:
                break
            if isinstance(record, MessageIndex) and record.channel_id == channel:
                times += [time_ns for time_ns, _ in record.records]
        file.seek(begin + length)
    return times


def _frame_channel(chunk: Chunk) -> int | None:
    """The number of the channel on which frames end; None where this chunk has none."""
    for channel in content_of(unpack(chunk)).channels:
        if channel.topic == FRAME_TOPIC:
            return int(channel.id)
    return None
