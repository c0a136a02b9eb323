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

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.capture.recorded import (
    RecordedCamera,
    RecordedImage,
    Recording,
    open_recording,
    parse_playback,
    recording_uri,
)
from engine.datasets.keypoints import KeypointMapping, finger_mapping, standard_keypoints
from engine.datasets.labels import counted_lines, parse_joints, require_folder
from engine.errors import SourceError
from engine.messages import Float32, Float64, HandTruth, Side

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


def open_location(location: str, options: Mapping[str, str]) -> RecordedCamera:
    """Open a gesture, a subject or the whole set; options `fps` and `loop`.

    Raises:
        SourceError: not such a folder, damaged labels or images, bad options.
    """
    folder = require_folder(Path(location).expanduser(), "joint.txt and *_depth.bin (MSRA)")
    paths, keypoints = _labelled_frames(folder)
    playback = parse_playback(options)

    def load(index: int) -> RecordedImage:
        path, truth = paths[index], HandTruth(Side.RIGHT, keypoints[index])
        name = path.relative_to(folder).as_posix()
        return RecordedImage(read_depth_bin(path), name, (truth,))

    recording = Recording(
        uri=recording_uri("msra", location, options),
        name=f"MSRA {folder.resolve().name}",
        camera=CAMERA,
        count=len(paths),
        load=load,
        has_truth=True,
    )
    return open_recording(recording, playback)


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


def _labelled_frames(folder: Path) -> tuple[list[Path], Float64]:
    """Depth files of all gestures, and their keypoints [N, 21, 3] in metres."""
    gestures = _gestures(folder)
    keypoints = [_read_labels(gesture / "joint.txt") for gesture in gestures]
    paths = [
        gesture / f"{index:06d}_depth.bin"
        for gesture, known in zip(gestures, keypoints, strict=True)
        for index in range(len(known))
    ]
    return paths, np.concatenate(keypoints)


def _gestures(folder: Path) -> list[Path]:
    """Folders with a joint.txt: this one, or one or two levels below, by name."""
    for pattern in ("joint.txt", "*/joint.txt", "*/*/joint.txt"):
        if found := sorted(folder.glob(pattern)):
            return [path.parent for path in found]
    raise SourceError(
        f"{folder}: expected joint.txt in it or below, found none; give a gesture, a subject or "
        "the whole MSRA data set."
    )


def _read_labels(path: Path) -> Float64:
    """Keypoints [N, 21, 3] in metres of one gesture."""
    rows = [line.split() for line in counted_lines(path)]
    joints = parse_joints(path, rows, JOINT_COUNT, first_line=2)
    return standard_keypoints(joints * (0.001, -0.001, -0.001), MAPPING)
