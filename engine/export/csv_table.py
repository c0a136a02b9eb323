"""CSV: one row a frame and hand, named columns with their units, no comments.

Columns, in this order: `time_s`, `frame`, `hand`, `hand_id`, `side`, `presence`, `residual_m`; for
each of the 21 joints `wrist_x_m`, `wrist_y_m`, `wrist_z_m`, `wrist_confidence`; the 22 angles as
`thumb_cmc_abduction_rad`; for each of the 16 moving joints its rotation relative to the parent as
`wrist_local_qx` ... `_qw` and in the camera's frame as `wrist_global_qx` ... `_qw`; `shape_0` to
`shape_9`. Everything is as tracked, the shape of each frame too. A frame without a hand has no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from engine.atomic_file import replacing
from engine.export.animated_hand import global_rotations
from engine.export.axes import Axes, ExportFormat, in_file
from engine.export.quaternions import continuous_quaternions
from engine.export.record import sidecar, take_record
from engine.export.settings import ExportSettings
from engine.export.take import HandTake, Take
from engine.hand.articulation import ANGLE_NAMES
from engine.hand.keypoints import JOINT_NAMES, KEYPOINT_NAMES
from engine.hand.model import SHAPE_COUNT
from engine.messages import Float64

FIRST_COLUMNS = ("time_s", "frame", "hand", "hand_id", "side")
DIGITS = 9
"""Significant digits: nanometres and nanoradians. Times have microseconds."""


Watch = Callable[[Iterator[str], int], Iterator[str]]
"""Passes lines on, of which there will be so many: a progress bar."""


def unwatched(lines: Iterator[str], total: int) -> Iterator[str]:  # noqa: ARG001
    return lines


def write_csv(take: Take, target: Path, settings: ExportSettings, watch: Watch = unwatched) -> None:
    """Write all hands by time and then by hand, and the record beside them: both or none."""
    axes = in_file(settings.axes, ExportFormat.CSV)
    record = take_record(take, take.hands, ExportFormat.CSV, settings)
    with (
        sidecar(target, record),
        replacing(target) as partial,
        partial.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write(",".join(column_names(axes)) + "\n")
        count = sum(len(hand.frames) for hand in take.hands)
        file.writelines(watch(_lines(take, axes), count))


def column_names(axes: Axes) -> list[str]:
    """The header; places are in the axes' unit."""
    places = [
        column
        for name in KEYPOINT_NAMES
        for column in (*(f"{name}_{axis}_{axes.unit}" for axis in "xyz"), f"{name}_confidence")
    ]
    turns = [
        f"{name}_{frame}_q{part}"
        for frame in ("local", "global")
        for name in JOINT_NAMES
        for part in "xyzw"
    ]
    angles = [f"{name}_rad" for name in ANGLE_NAMES]
    shape = [f"shape_{k}" for k in range(SHAPE_COUNT)]
    return [*FIRST_COLUMNS, "presence", "residual_m", *places, *angles, *turns, *shape]


def _lines(take: Take, axes: Axes) -> Iterator[str]:
    numbers = [_numbers(hand, axes) for hand in take.hands]
    pattern = ",".join([f"%.{DIGITS}g"] * numbers[0].shape[1])
    frames = np.concatenate([hand.frames for hand in take.hands])
    owners = np.repeat(np.arange(len(take.hands)), [len(hand.frames) for hand in take.hands])
    rows = np.concatenate([np.arange(len(hand.frames)) for hand in take.hands])
    for entry in np.lexsort((owners, frames)):
        owner, row, frame = int(owners[entry]), int(rows[entry]), int(frames[entry])
        hand = take.hands[owner]
        first = (
            f"{take.times_s[frame]:.6f},{take.sequences[frame]},{hand.name},"
            f"{hand.hand_ids[row]},{hand.side},"
        )
        yield first + pattern % tuple(numbers[owner][row].tolist()) + "\n"


def _numbers(hand: HandTake, axes: Axes) -> Float64:
    """[M, columns after the first ones]."""
    count = len(hand.frames)
    places = np.concatenate([axes.points(hand.joints), hand.confidence[:, :, None]], -1)
    local = continuous_quaternions(axes.rotations(hand.rotations))
    overall = continuous_quaternions(axes.rotations(global_rotations(hand.rotations)))
    parts = (
        hand.presence,
        hand.residuals_m,
        places,
        hand.angles,
        local,
        overall,
        hand.shapes,
    )
    return np.concatenate([part.reshape(count, -1) for part in parts], axis=1)
