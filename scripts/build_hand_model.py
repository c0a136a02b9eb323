"""Build weights/hand_model.npz from the openly licensed WebXR generic hand.

Source: npm package @webxr-input-profiles/assets 1.0.20, dist/profiles/generic-hand/right.glb
(MIT licence, Amazon 2019; the notice goes beside the result). Usage:

    npm pack @webxr-input-profiles/assets@1.0.20 && tar xzf webxr-input-profiles-assets-1.0.20.tgz
    python scripts/build_hand_model.py package/dist/profiles/generic-hand/right.glb

The GLB has a flat skeleton of 25 joints; parents are supplied here. The four finger metacarpals do
not move (MANO's articulation), so their skin weights go to the wrist.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.messages import Float64

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.hand.keypoints import FINGERS, JOINT_PARENTS, TIP_JOINTS

SOURCE_SHA256 = "291790c14f7f88a7f9bd35330c47392ed8e8d395ae6728f4bb7089f1bc1f2b96"
OUTPUT = Path(__file__).resolve().parents[1] / "weights" / "hand_model.npz"

# Standard deviations of the ten shape coefficients, as relative changes of the template. Adults:
# hand length 193 +- 10 mm (men) and 181 +- 10 mm (women), breadth 88 +- 4 and 78 +- 4 mm (ANSUR II,
# 2012), so 6 % in length over both; finger and palm proportions vary by 4-6 % around that. Scale is
# widened to 8 % so that a six-year-old (130 mm; Snyder 1977) lies within four deviations.
SHAPE_SIGMAS = {
    "scale": 0.08,
    "thumb_length": 0.06,
    "index_length": 0.06,
    "middle_length": 0.06,
    "ring_length": 0.06,
    "pinky_length": 0.06,
    "palm_length": 0.06,
    "palm_width": 0.07,
    "palm_thickness": 0.10,
    "finger_thickness": 0.10,
}
MEAN_HAND_LENGTH_M = 0.187
"""Mean of adult men and women, wrist crease to middle fingertip (ANSUR II)."""


@dataclass(frozen=True)
class Rig:
    """The welded GLB: vertices [V, 3], faces [F, 3], weights [V, 25], joints by name."""

    vertices: Float64
    faces: npt.NDArray[np.int64]
    weights: Float64
    joints: dict[str, Float64]
    joint_names: list[str]


def read_accessor(gltf: dict, binary: bytes, index: int) -> npt.NDArray:  # type: ignore[type-arg]
    """One accessor of a GLB as an array [count, components]."""
    types = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
    counts = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
    accessor = gltf["accessors"][index]
    view = gltf["bufferViews"][accessor["bufferView"]]
    dtype, width = np.dtype(types[accessor["componentType"]]), counts[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride", dtype.itemsize * width)
    rows = [
        np.frombuffer(binary, dtype, width, start + stride * i) for i in range(accessor["count"])
    ]
    return np.stack(rows)


def read_rig(path: Path) -> Rig:
    """Load and weld the GLB: vertices at one place become one."""
    raw = path.read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != SOURCE_SHA256:
        sys.exit(f"{path}: expected sha256 {SOURCE_SHA256[:12]}..., found {found[:12]}...")
    length = struct.unpack("<I", raw[12:16])[0]
    gltf, binary = json.loads(raw[20 : 20 + length]), raw[20 + length + 8 :]
    skin, attributes = gltf["skins"][0], gltf["meshes"][0]["primitives"][0]["attributes"]
    names = [gltf["nodes"][node]["name"] for node in skin["joints"]]
    inverse_bind = read_accessor(gltf, binary, skin["inverseBindMatrices"])
    bind = np.linalg.inv(inverse_bind.reshape(-1, 4, 4).transpose(0, 2, 1).astype(np.float64))
    positions = read_accessor(gltf, binary, attributes["POSITION"]).astype(np.float64)
    slots = read_accessor(gltf, binary, attributes["JOINTS_0"])
    slot_weights = read_accessor(gltf, binary, attributes["WEIGHTS_0"]).astype(np.float64)
    weights = np.zeros((len(positions), len(names)))
    np.add.at(weights, (np.arange(len(positions))[:, None], slots), slot_weights)
    faces = read_accessor(gltf, binary, gltf["meshes"][0]["primitives"][0]["indices"])
    _, first, inverse = np.unique(
        np.round(positions, 6), axis=0, return_index=True, return_inverse=True
    )
    welded = inverse.ravel()[faces.reshape(-1, 3).astype(np.int64)]
    proper = (welded != np.roll(welded, 1, axis=1)).all(1)
    weights = weights[first] / weights[first].sum(1, keepdims=True)
    joints = {name: bind[k, :3, 3] for k, name in enumerate(names)}
    return Rig(positions[first], welded[proper], weights, joints, names)


def chains() -> list[list[str]]:
    """Joint names of each digit from the palm to the tip; the thumb has no intermediate bone."""
    thumb = ["thumb-metacarpal", "thumb-phalanx-proximal", "thumb-phalanx-distal", "thumb-tip"]
    bones = ("metacarpal", "phalanx-proximal", "phalanx-intermediate", "phalanx-distal", "tip")
    return [thumb, *([f"{finger}-finger-{bone}" for bone in bones] for finger in FINGERS[1:])]


def to_hand_frame(rig: Rig) -> Rig:
    """Origin at the wrist; x towards the little finger, y to the middle knuckle, z to the back."""
    wrist = rig.joints["wrist"]
    index, middle, pinky = (
        rig.joints[f"{finger}-finger-phalanx-proximal"] - wrist
        for finger in ("index", "middle", "pinky")
    )
    y = middle / np.linalg.norm(middle)
    z = np.cross(pinky, index)
    z -= y * (z @ y)
    z /= np.linalg.norm(z)
    R_hand_from_file = np.stack([np.cross(y, z), y, z])
    move = lambda points: (points - wrist) @ R_hand_from_file.T  # noqa: E731
    joints = {name: move(position) for name, position in rig.joints.items()}
    return Rig(move(rig.vertices), rig.faces, rig.weights, joints, rig.joint_names)


def reduce_joints(rig: Rig) -> tuple[Float64, Float64, Float64]:
    """Weights [V, 16], joints [16, 3] and tips [5, 3] in the order of engine.hand.keypoints."""
    moving = [name for chain in chains() for name in chain[-4:-1]]
    weights = np.zeros((len(rig.vertices), 16))
    for k, name in enumerate(moving, start=1):
        weights[:, k] = rig.weights[:, rig.joint_names.index(name)]
    weights[:, 0] = 1.0 - weights.sum(1)
    joints = np.stack([rig.joints["wrist"], *(rig.joints[name] for name in moving)])
    tips = np.stack([rig.joints[chain[-1]] for chain in chains()])
    return np.clip(weights, 0.0, 1.0), joints, tips


@dataclass(frozen=True)
class Strain:
    """A linear deformation: 3x3 strains that stretch the skeleton, and ones for the skin only."""

    bones: dict[int, Float64]
    skin: dict[int, Float64]


def unit(vector: Float64) -> Float64:
    return vector / np.linalg.norm(vector)


def bone_directions(joints: Float64, tips: Float64) -> Float64:
    """Unit direction [16, 3] of the bone that begins at each joint; the palm's is y."""
    ends = {j: joints[j + 1] for j in range(1, 15) if j not in TIP_JOINTS}
    ends |= dict(zip(TIP_JOINTS, tips, strict=True))
    return np.stack([np.array([0.0, 1.0, 0.0]), *(unit(ends[j] - joints[j]) for j in range(1, 16))])


def strains(directions: Float64) -> list[Strain]:
    """The ten knobs in the order of SHAPE_SIGMAS."""
    along = [np.outer(d, d) for d in directions]
    fingers = [range(1 + 3 * k, 4 + 3 * k) for k in range(5)]
    x, y, z = (np.outer(axis, axis) for axis in np.eye(3))
    knobs = [Strain({j: np.eye(3) for j in range(16)}, {})]
    knobs += [Strain({j: along[j] for j in finger}, {}) for finger in fingers]
    knobs += [Strain({0: y}, {}), Strain({0: x}, {}), Strain({}, {0: z})]
    knobs += [Strain({}, {j: np.eye(3) - along[j] for j in range(1, 16)})]
    return knobs


def deform(
    strain: Strain, points: Float64, weights: Float64, joints: Float64
) -> tuple[Float64, Float64]:
    """Displacements of points [P, 3] and joints [16, 3] for one unit of a strain."""
    zero = np.zeros((3, 3))
    moved_joints = np.zeros_like(joints)
    for j in range(1, 16):
        p = JOINT_PARENTS[j]
        moved_joints[j] = moved_joints[p] + strain.bones.get(p, zero) @ (joints[j] - joints[p])
    moved = np.zeros_like(points)
    for j in range(16):
        local = strain.bones.get(j, zero) + strain.skin.get(j, zero)
        moved += weights[:, j : j + 1] * ((points - joints[j]) @ local.T + moved_joints[j])
    return moved, moved_joints


def build(path: Path) -> dict[str, npt.NDArray]:  # type: ignore[type-arg]
    """All arrays of the hand model, scaled to the mean adult hand."""
    rig = to_hand_frame(read_rig(path))
    weights, joints, tips = reduce_joints(rig)
    scale = MEAN_HAND_LENGTH_M / rig.vertices[:, 1].max()
    points, joints = np.concatenate([rig.vertices, tips]) * scale, joints * scale
    weights = np.concatenate([weights, np.eye(16)[list(TIP_JOINTS)]])
    knobs = strains(bone_directions(joints, points[-5:]))
    sigmas = list(SHAPE_SIGMAS.values())
    moved = [deform(knob, points, weights, joints) for knob in knobs]
    return {
        "points": points.astype(np.float32),
        "faces": rig.faces.astype(np.int32),
        "weights": weights.astype(np.float32),
        "joints": joints.astype(np.float32),
        "shape_points": np.stack(
            [s * p for s, (p, _) in zip(sigmas, moved, strict=True)], -1
        ).astype(np.float32),
        "shape_joints": np.stack(
            [s * j for s, (_, j) in zip(sigmas, moved, strict=True)], -1
        ).astype(np.float32),
        "shape_names": np.array(list(SHAPE_SIGMAS)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("glb", type=Path, help="right.glb of the generic-hand profile")
    parser.add_argument("--out", type=Path, default=OUTPUT)
    args = parser.parse_args()
    arrays = build(args.glb)
    np.savez_compressed(args.out, **arrays)
    print(f"{args.out}: {len(arrays['points']) - 5} vertices, {len(arrays['faces'])} faces")


if __name__ == "__main__":
    main()
