"""The table of all frames at the end of a finished session: where each is, and when it was.

MCAP's own index stands outside every checksum and knows log times only. This is an attachment with
a checksum; with it a session of hours opens at once, and its timing is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from mcap.records import Attachment

Int64 = npt.NDArray[np.int64]

NAME = "handtune.frames"
MEDIA_TYPE = "application/octet-stream"
_COLUMNS = 4


@dataclass(frozen=True, slots=True, eq=False)
class FrameTable:
    """One row a frame, in the order of the file."""

    sequences: Int64
    """[N] of each frame, as its scene names it (its lowest 32 bits)."""
    captured_ns: Int64
    """[N] host monotonic clock."""
    times_ns: Int64
    """[N] `Frame.time_ns`: the source's own clock where it has one."""
    chunks: Int64
    """[N] where in the file the frame's chunk begins, in bytes."""

    def __len__(self) -> int:
        return len(self.sequences)


def table_of(rows: Sequence[tuple[int, int, int, int]]) -> FrameTable:
    """From sequence, captured_ns, time_ns and place of the chunk of every frame."""
    columns = np.array(rows, np.int64).reshape(-1, _COLUMNS).T
    return FrameTable(*(np.ascontiguousarray(column) for column in columns))


def to_attachment(table: FrameTable) -> Attachment:
    columns = [table.sequences, table.captured_ns, table.times_ns, table.chunks]
    data = np.stack(columns, axis=1).astype("<i8").tobytes()
    return Attachment(create_time=0, log_time=0, name=NAME, media_type=MEDIA_TYPE, data=data)


def from_attachment(attachment: Attachment) -> FrameTable:
    """ValueError where it is no such table."""
    if attachment.name != NAME:
        raise ValueError(f"the attachment is '{attachment.name}'")
    rows = np.frombuffer(attachment.data, "<i8").reshape(-1, _COLUMNS)
    return FrameTable(*(np.ascontiguousarray(column, np.int64) for column in rows.T))
