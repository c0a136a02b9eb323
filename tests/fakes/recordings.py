"""Tiny recordings in the exact formats that the readers take, with values that tests can expect."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.io import savemat

FOLDER_CAMERA: dict[str, Any] = {
    "width": 8,
    "height": 6,
    "fx": 10.0,
    "fy": 11.0,
    "cx": 3.5,
    "cy": 2.5,
    "depth_unit_m": 0.000125,
    "no_data": [0, 32001],
}


def write_folder(folder: Path, camera: dict[str, Any] | None = None, images: int = 3) -> Path:
    """A valid folder; image k holds the raw value 1000 * (k + 1)."""
    folder.mkdir(exist_ok=True)
    (folder / "camera.json").write_text(json.dumps(FOLDER_CAMERA if camera is None else camera))
    for k in range(images):
        write_png(folder / f"{k}.png", np.full((6, 8), 1000 * (k + 1), np.uint16))
    return folder


def write_png(path: Path, image: np.ndarray) -> None:
    assert cv2.imwrite(str(path), image)


def write_cvar(folder: Path, frames: int = 2) -> Path:
    """Joint j of frame k lies at pixel (100 + j, 50 + k), depth 400 mm."""
    folder.mkdir(exist_ok=True)
    lines = [str(frames)]
    for k in range(frames):
        name = f"{k:06d}_depth.png"
        raw = np.full((240, 320), 400, np.uint16)
        raw[:100] = 32001
        raw[200:] = 0
        assert cv2.imwrite(str(folder / name), raw)
        joints = " ".join(f"{100 + j:.3f} {50 + k:.3f} 400.000" for j in range(21))
        lines.append(f"./CVAR/P0/{name} {joints} ")
    (folder / "joint.txt").write_text("\n".join(lines) + "\n")
    return folder


def write_icvl(folder: Path, labels: dict[str, list[str]]) -> Path:
    """A Training or Testing folder: label file -> images; joint j at pixel (60 + j, 70), 300 mm."""
    for label_file, names in labels.items():
        lines = []
        for name in names:
            image = folder / "Depth" / name
            image.parent.mkdir(parents=True, exist_ok=True)
            raw = np.full((240, 320), 300, np.uint16)
            raw[0] = 32001
            assert cv2.imwrite(str(image), raw)
            joints = " ".join(f"{60 + j:.4f} 70.0000 300.0000" for j in range(16))
            lines.append(f"{name} {joints} ")
        (folder / label_file).write_text("\n".join(lines) + "\n")
    return folder


def write_msra(folder: Path, frames: int = 1) -> Path:
    """Joint j at (j, 10 + j, -400) mm; the region is rows 20-21, columns 30-32 with 401..406 mm."""
    folder.mkdir(parents=True, exist_ok=True)
    joints = " ".join(f"{j:.3f} {10 + j:.3f} -400.000" for j in range(21))
    (folder / "joint.txt").write_text(f"{frames}\n" + f"{joints} \n" * frames)
    region = struct.pack("<6f", *range(401, 407))
    for k in range(frames):
        header = struct.pack("<6I", 320, 240, 30, 20, 33, 22)
        (folder / f"{k:06d}_depth.bin").write_bytes(header + region)
    return folder


NYU_BONES = [
    f"{digit}_{bone}_{end}"
    for digit in ("F1", "F2", "F3", "F4", "TH")
    for bone in ("KNU3", "KNU2", "KNU1")
    for end in "AB"
]
NYU_JOINT_NAMES = [*NYU_BONES, *(f"PALM_{k}" for k in range(1, 7))]


def write_nyu(folder: Path, frames: int = 2) -> Path:
    """Joint j of view 1, frame k at (j, 2 j, 600 + k) mm; depth rows of 0, 300 and 1000 mm."""
    folder.mkdir(exist_ok=True)
    xyz = np.zeros((3, frames, 36, 3))
    xyz[0, :, :, 0] = np.arange(36)
    xyz[0, :, :, 1] = 2 * np.arange(36)
    xyz[0, :, :, 2] = 600 + np.arange(frames)[:, None]
    xyz[1:] = -1e6  # The other views must not be taken.
    names = np.array([NYU_JOINT_NAMES], dtype=object)
    savemat(folder / "joint_data.mat", {"joint_names": names, "joint_xyz": xyz})
    depth_mm = np.zeros((480, 640), np.uint16)
    depth_mm[100:200], depth_mm[200:] = 300, 1000
    bgr = np.stack([depth_mm & 255, depth_mm >> 8, np.zeros_like(depth_mm)], -1).astype(np.uint8)
    for k in range(frames):
        assert cv2.imwrite(str(folder / f"depth_1_{k + 1:07d}.png"), bgr)
    return folder
