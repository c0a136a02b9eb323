"""`msra:PATH`: the MSRA hand gesture data set (Sun et al., CVPR 2015).

    P0..P8/GESTURE/joint.txt            frame count, then a line a frame: 21 x (x, y, z) mm
    P0..P8/GESTURE/000000_depth.bin     hand region only: six 32-bit integers (width, height, left,
                                        top, right, bottom), then float32 mm by rows, 0 = no data

PATH is one gesture, one subject or the whole set; gestures are played one after the other. Creative
Senz3D, 320 x 240. The labels' axes are x right, y up, z towards the camera: y and z are negated.

| joints | keypoints | remark |
|---|---|---|
| 0 | wrist | |
| 1-4, 5-8, 9-12, 13-16 | index, middle, ring, pinky MCP PIP DIP TIP | |
| 17-20 | thumb CMC MCP IP TIP | published as "mcp, pip, dip, tip" |

So all 21 keypoints count. There is no forearm and no background in the images. All hands are right.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.datasets.keypoints import KeypointMapping, finger_mapping, standard_keypoints
from engine.datasets.labels import counted_lines, parse_joints
from engine.datasets.layout import Labels, Layout
from engine.errors import SourceError
from engine.messages import Float32, Float64

CAMERA = PinholeCamera(width_px=320, height_px=240, fx=241.42, fy=241.42, cx=160.0, cy=120.0)
JOINT_COUNT = 21
HEADER_BYTES = 24

MAPPING: KeypointMapping = {
    "wrist": (0,),
    **finger_mapping("index", ("mcp", "pip", "dip", "tip"), 1),
    **finger_mapping("middle", ("mcp", "pip", "dip", "tip"), 5),
    **finger_mapping("ring", ("mcp", "pip", "dip", "tip"), 9),
    **finger_mapping("pinky", ("mcp", "pip", "dip", "tip"), 13),
    **finger_mapping("thumb", ("cmc", "mcp", "ip", "tip"), 17),
}


def read_depth_bin(path: Path) -> Float32:
    """[240, 320] metres, 0 outside the stored region.

    Raises:
        SourceError: missing, truncated, or a region that does not fit.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}).") from error
    if len(data) < HEADER_BYTES:
        raise SourceError(f"{path}: expected a header of {HEADER_BYTES} bytes, found {len(data)}.")
    width, height, left, top, right, bottom = np.frombuffer(data[:HEADER_BYTES], "<i4").tolist()
    fits = 0 <= left <= right <= width and 0 <= top <= bottom <= height
    if (width, height) != (CAMERA.width_px, CAMERA.height_px) or not fits:
        raise SourceError(
            f"{path}: expected a region within {CAMERA.width_px} x {CAMERA.height_px} px, found "
            f"({left}, {top}) to ({right}, {bottom}) within {width} x {height} px."
        )
    expected = HEADER_BYTES + 4 * (right - left) * (bottom - top)
    if len(data) != expected:
        raise SourceError(
            f"{path}: expected {expected} bytes, found {len(data)}; copy the file again."
        )
    depth = np.zeros((height, width), np.float32)
    region = np.frombuffer(data[HEADER_BYTES:], "<f4").reshape(bottom - top, right - left)
    depth[top:bottom, left:right] = region * np.float32(0.001)
    return depth


def _read_labels(folder: Path) -> Labels:
    gestures = _gestures(folder)
    keypoints = [_read_gesture(gesture / "joint.txt") for gesture in gestures]
    names = [
        (gesture.relative_to(folder) / f"{index:06d}_depth.bin").as_posix()
        for gesture, known in zip(gestures, keypoints, strict=True)
        for index in range(len(known))
    ]
    return Labels(names, np.concatenate(keypoints))


def _gestures(folder: Path) -> list[Path]:
    """Folders with a joint.txt: this one, or one or two levels below, by name."""
    for pattern in ("joint.txt", "*/joint.txt", "*/*/joint.txt"):
        if found := sorted(folder.glob(pattern)):
            return [path.parent for path in found]
    raise SourceError(
        f"{folder}: expected joint.txt in it or below, found none; give a gesture, a subject or "
        "the whole MSRA data set."
    )


def _read_gesture(path: Path) -> Float64:
    """Keypoints [N, 21, 3] in metres of one gesture."""
    rows = [line.split() for line in counted_lines(path)]
    joints = parse_joints(path, rows, JOINT_COUNT, first_line=2)
    return standard_keypoints(joints * (0.001, -0.001, -0.001), MAPPING)


open_location = Layout(
    "msra", "joint.txt and *_depth.bin", CAMERA, _read_labels, read_depth_bin
).open
