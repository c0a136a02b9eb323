"""BVH: a skeleton with the person's own bone lengths, and its motion at a constant frame rate.

One file holds one hand, as BVH has one root. The root is the wrist, with its place and rotation;
then three joints of the thumb and three of each finger, which only rotate, and end sites for tips.
At rest every joint is parallel to the file's axes. BVH has neither comments nor axes nor units, so
a record beside the file says them. A gap holds the last pose.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from engine.atomic_file import replacing
from engine.export.animated_hand import AnimatedHand, HandMotion, RestHand
from engine.export.axes import Axes, ExportFormat, in_file
from engine.export.euler import continuous_zxy
from engine.export.record import sidecar, take_record
from engine.export.resampling import even_times, resampled, usual_rate
from engine.export.settings import ExportSettings
from engine.export.take import Take
from engine.hand.keypoints import JOINT_NAMES, JOINT_PARENTS, TIP_JOINTS
from engine.messages import Float64

POSITION_CHANNELS = "Xposition Yposition Zposition"
ROTATION_CHANNELS = "Zrotation Xrotation Yrotation"
"""The matrix of a joint is Rz Rx Ry, the usual order of BVH."""
DIGITS = 6
"""Decimals of everything: micrometres where the unit is the metre, and 1e-6 degrees."""


def write_bvh(take: Take, hands: Mapping[Path, AnimatedHand], settings: ExportSettings) -> None:
    """Write each hand to its file with the record beside it: all of them whole, or none."""
    with ExitStack() as together:
        for target, hand in hands.items():
            own = tuple(tracked for tracked in take.hands if tracked.name == hand.name)
            record = take_record(take, own, ExportFormat.BVH, settings)
            together.enter_context(sidecar(target, record))
            partial = together.enter_context(replacing(target))
            partial.write_text(bvh_text(take, hand, settings), encoding="ascii", newline="\n")


def bvh_text(take: Take, animated: AnimatedHand, settings: ExportSettings) -> str:
    """The content of the file."""
    axes = in_file(settings.axes, ExportFormat.BVH)
    rate = settings.fps or usual_rate(take.rate_hz)
    motion = resampled(animated.motion, even_times(take.duration_s, rate), take.rate_hz)
    rows = np.round(_channel_rows(motion, axes), DIGITS) + 0.0  # no "-0.000000"
    text = io.StringIO()
    text.write("HIERARCHY\n" + "\n".join(_joint_lines(animated.name, animated.rest, axes, 0, "")))
    text.write(f"\nMOTION\nFrames: {len(rows)}\nFrame Time: {1.0 / rate:.9f}\n")
    np.savetxt(text, rows, fmt=f"%.{DIGITS}f")
    return text.getvalue()


def _joint_lines(name: str, rest: RestHand, axes: Axes, joint: int, indent: str) -> list[str]:
    """A joint with all that hangs on it."""
    parent = JOINT_PARENTS[joint]
    offset = rest.joints[joint] - rest.joints[parent] if joint else np.zeros(3)
    channels = f"3 {ROTATION_CHANNELS}" if joint else f"6 {POSITION_CHANNELS} {ROTATION_CHANNELS}"
    inner = indent + "\t"
    lines = [
        f"{indent}{'JOINT' if joint else 'ROOT'} {name}_{JOINT_NAMES[joint]}",
        f"{indent}{{",
        f"{inner}{_offset(axes.points(offset))}",
        f"{inner}CHANNELS {channels}",
    ]
    for child, its_parent in enumerate(JOINT_PARENTS):
        if its_parent == joint:
            lines += _joint_lines(name, rest, axes, child, inner)
    if joint in TIP_JOINTS:
        tip = rest.tips[TIP_JOINTS.index(joint)] - rest.joints[joint]
        lines += [f"{inner}End Site", f"{inner}{{", f"{inner}\t{_offset(axes.points(tip))}"]
        lines.append(f"{inner}}}")
    return [*lines, f"{indent}}}"]


def _offset(place: Float64) -> str:
    return "OFFSET " + " ".join(f"{value:.{DIGITS}f}" for value in np.round(place, DIGITS) + 0.0)


def _channel_rows(motion: HandMotion, axes: Axes) -> Float64:
    """[K, 51]: the wrist's place, then three angles in degrees a joint, in the file's order.

    The articulated joints are numbered depth first, which is the order of the hierarchy.
    """
    angles = np.degrees(continuous_zxy(axes.rotations(motion.rotations)))
    return np.concatenate(
        [axes.points(motion.wrist_positions), angles.reshape(len(angles), -1)], axis=1
    )
