"""Writes a whole session from all of a damaged one that is whole.

The file itself is only read. Every good chunk is kept, also behind a bad one; index, table and
summary are made anew; what could not be kept is said, place by place. The new file appears under
its name only after it was read back and found good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcap.records import Message

from engine.atomic_file import replacing
from engine.recording.header_messages import encode_calibrations, encode_header
from engine.recording.inventory import Inventory, Loss
from engine.recording.layout import (
    DEPTH,
    METADATA_NAME,
    PART_SUFFIX,
    SUFFIX,
    PictureInfo,
    SessionError,
    SessionHeader,
    calibration_topic,
    schema_of,
)
from engine.recording.mcap_chunk import Times
from engine.recording.mcap_file import McapFile
from engine.recording.scan import Scan
from engine.recording.verify import VerifyReport, duration_s, take_inventory, verify
from engine.runtime.clock import NS_PER_S

REPAIRED = ".repaired"
_SHARES = (0.3, 0.4, 0.3)
"""Of the work: counting, writing, reading back."""


@dataclass(frozen=True, slots=True, eq=False)
class RepairReport:
    """What was kept of a session, and what was not."""

    source: Path
    target: Path
    frames: int
    """Frames kept."""
    duration_s: float
    kept: Mapping[str, int]
    """Messages by topic."""
    lost: Mapping[str, int]
    """Messages by topic, as far as is known."""
    lost_is_certain: bool
    losses: tuple[Loss, ...]
    """Where something was lost."""
    mended: tuple[str, ...]
    """What was damaged without loss."""
    started_ns: int
    """Log time of the first frame kept: places are told in seconds from it."""
    result: VerifyReport
    """Of the new file."""

    @property
    def lossless(self) -> bool:
        """Whether every message of the session is provably in the new file."""
        return not self.losses and not self.lost

    def seconds(self, log_ns: int) -> float:
        """From the first frame kept."""
        return (log_ns - self.started_ns) / NS_PER_S


def default_target(path: Path) -> Path:
    """NAME.mcap for NAME.mcap.part; NAME.repaired.mcap for NAME.mcap."""
    if path.name.endswith(PART_SUFFIX):
        return path.with_name(path.name.removesuffix(PART_SUFFIX) + SUFFIX)
    return path.with_name(path.stem + REPAIRED + SUFFIX)


def free_target(path: Path) -> Path:
    """`default_target`, or where that is taken the same name with the first free number."""
    target = first = default_target(path)
    number = 2
    while target.exists():
        target = first.with_name(f"{first.stem}-{number}{SUFFIX}")
        number += 1
    return target


def repair(
    path: Path, target: Path | None = None, watch: Callable[[float], None] = lambda _share: None
) -> RepairReport:
    """Write what is whole of `path` to `target` (default: `default_target`). `watch` is told the
    share done, 0 to 1.

    Raises:
        SessionError: `path` is no session, or not a frame of it is left; or `target` is taken.
        OutputError: `target` cannot be written.
    """
    target = target or default_target(path)
    _check_target(path, target)
    inventory, first_scan = take_inventory(path, lambda share: watch(_SHARES[0] * share))
    if not inventory.frames:
        raise SessionError(
            f"{path}: not a single frame of the recording is whole, so there is nothing to repair."
        )
    header, mended = _header(inventory)
    with replacing(target) as partial:
        partial.unlink(missing_ok=True)
        _write(path, partial, header, lambda share: watch(_SHARES[0] + _SHARES[1] * share))
        result = verify(partial, lambda share: watch(1.0 - _SHARES[2] * (1.0 - share)))
        if not result.good or result.frames != len(inventory.frames):
            raise SessionError(
                f"{target}: the repaired file did not read back as it was written "
                f"({result.sentence or 'frames are missing'}). Check the disk, or name a place on "
                "another one; the original is as it was."
            )
        if target.exists():
            raise _taken(target)
    lost, certain = inventory.lost(first_scan.summary)
    foreign = {topic: n for topic, n in inventory.counts.items() if not _ours(topic)}
    mended += tuple(str(damage) for damage in inventory.damages if not damage.loses)
    return RepairReport(
        source=path,
        target=target,
        frames=len(inventory.frames),
        duration_s=duration_s(inventory.frames),
        kept={topic: n for topic, n in sorted(inventory.counts.items()) if _ours(topic)},
        lost=lost + Counter(foreign),
        lost_is_certain=certain and not inventory.not_understood,
        losses=tuple(inventory.losses),
        mended=mended,
        started_ns=inventory.frames[0].captured_ns,
        result=result,
    )


def _check_target(path: Path, target: Path) -> None:
    if target.exists() and path.exists() and target.samefile(path):
        raise SessionError(
            f"{path}: a repair never touches its original; name another file for the result."
        )
    if target.exists():
        raise _taken(target)
    if target.suffix.lower() != SUFFIX:
        raise SessionError(
            f"{target}: the name of a session ends in {SUFFIX}; write for example "
            f"'{target.with_suffix(SUFFIX)}'."
        )


def _taken(target: Path) -> SessionError:
    return SessionError(
        f"{target}: there is something of this name already, and nothing is written over; name "
        "another file with --out."
    )


def _header(inventory: Inventory) -> tuple[SessionHeader, tuple[str, ...]]:
    """The session's header, or one made from its frames; what has to be said of it."""
    if inventory.header is not None:
        return inventory.header, ()
    first, frames = inventory.first_frame, inventory.frames
    assert first is not None  # There are frames.
    span_s = (frames[-1].time_ns - frames[0].time_ns) / NS_PER_S
    header = SessionHeader(
        program_version="",
        created="",
        started_ns=frames[0].captured_ns,
        source_uri=first.camera_id,
        source_name=first.camera_id,
        camera=first.camera,
        fps=(len(frames) - 1) / span_s if span_s > 0 else 30.0,
        depth_unit_m=first.depth_unit_m,
        pictures=tuple(
            PictureInfo(p.name, p.camera, p.T_depth_from_picture) for p in first.pictures
        ),
        has_truth=bool(first.truth),
    )
    text = (
        "the header was damaged: camera and rate are taken from the frames; the date, the device "
        "and what it was tracked with are lost"
    )
    return header, (text,)


def _write(
    path: Path, partial: Path, header: SessionHeader, watch: Callable[[float], None]
) -> None:
    """The second pass: what the first one counted, chunk by chunk."""
    inventory = Inventory(path)
    file = McapFile(partial, f"handtune {header.program_version} repair")
    try:
        file.add_metadata(METADATA_NAME, encode_header(header))
        with path.open("rb") as source:
            scan = Scan(source)
            for found in scan:
                _copy(inventory.add(found), file)
                watch(scan.read_to / max(scan.size, 1))
        if calibration_topic(DEPTH) not in inventory.counts:
            at = Times(header.started_ns, header.started_ns, 0)
            for message in encode_calibrations(header):
                file.add(message.topic, at, message.data)
        file.finish()
    except BaseException:
        file.abandon()
        raise


def _copy(messages: list[tuple[str, Message]], file: McapFile) -> None:
    """One chunk of messages, as they are."""
    for topic, message in messages:
        if _ours(topic):
            times = Times(message.log_time, message.publish_time, message.sequence)
            file.add(topic, times, message.data)
    file.close_chunk()


def _ours(topic: str) -> bool:
    """Whether it is one of a session's; the schemas of others are unknown, so they cannot stay."""
    try:
        schema_of(topic)
    except ValueError:
        return False
    return True
