"""Build weights/pose_statistics.npz: what recorded hands do, and how thumbs meet fingertips.

    python scripts/build_pose_statistics.py animbank.pose

From recorded motion (Intel hand tracking samples, Apache-2.0; poses of 17 rigid bones) it keeps
cluster centres and spreads of the 22 angles, never the recording. The pinches are solved here on
our own hand model: random finger poses, and the thumb angles that bring the tips together.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.optimize import least_squares

from engine.messages import Float64

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from calibration.transforms import rotation_from_quaternion
from engine.hand.articulation import LOWER, PRIOR_SIGMA, UPPER
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import HandPose, pose_hand

CLUSTERS = 64
PINCHES_PER_FINGER = 150
OUTPUT = Path(__file__).resolve().parents[1] / "weights" / "pose_statistics.npz"
BONE_PARENTS = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14]
FIRST_FINGER_BONES = (4, 7, 10, 13)


def read_angles(path: Path) -> Float64:
    """Angles [N, 22] in radians of the recorded poses."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    quaternions = np.array(rows, float).reshape(-1, 17, 7)[:, 1:, 3:]
    R = rotation_from_quaternion(quaternions)
    parents = R[:, BONE_PARENTS[1:]]
    # The bone's own z axis in its parent's frame.
    z = np.concatenate(
        [np.zeros((len(R), 1, 3)), np.einsum("nkji,nkj->nki", parents, R[:, 1:, :, 2])], 1
    )
    bend = np.degrees(np.arctan2(-z[..., 1], z[..., 2]))
    swing = np.degrees(np.arcsin(np.clip(z[..., 0], -1, 1)))
    angles = np.zeros((len(R), 22))
    # The recording's thumb frame differs from ours: offsets found by matching its mean pose.
    angles[:, 0] = bend[:, 1] - 12
    angles[:, 1] = 5 - swing[:, 1]
    angles[:, 2] = 0.5 * bend[:, 1] - 10
    angles[:, 3] = np.clip(10 - swing[:, 2], -10, 60)
    angles[:, 5] = np.clip(-swing[:, 3], -15, 85)
    for finger, bone in enumerate(FIRST_FINGER_BONES):
        flexion = np.where(bend[:, bone] < -90, bend[:, bone] + 360, bend[:, bone])
        angles[:, 6 + 4 * finger] = np.clip(flexion, -15, 95)
        angles[:, 7 + 4 * finger] = np.clip(swing[:, bone], -25, 25)
        angles[:, 8 + 4 * finger] = np.clip(bend[:, bone + 1], -5, 105)
        angles[:, 9 + 4 * finger] = np.clip(bend[:, bone + 2], -5, 75)
    return np.clip(np.radians(angles), LOWER, UPPER)


def solve_pinches(model: HandModel, rng: np.random.Generator) -> Float64:
    """Angles [4 * PINCHES_PER_FINGER, 22]: thumb tip on index, middle, ring and pinky tip."""
    found = []
    for finger in range(4):
        kept = 0
        while kept < PINCHES_PER_FINGER:
            angles, gap = _solve_pinch(model, rng, finger)
            if gap < 0.004:
                found.append(angles)
                kept += 1
    return np.stack(found)


def _solve_pinch(model: HandModel, rng: np.random.Generator, finger: int) -> tuple[Float64, float]:
    angles = np.zeros(22)
    for k in range(4):
        curl = rng.uniform(0.0, 1.0) if k != finger else rng.uniform(0.4, 0.8)
        angles[6 + 4 * k : 10 + 4 * k] = np.radians([60, 0, 75, 45]) * curl
        angles[7 + 4 * k] = np.radians(rng.normal(0, 4))
    own = slice(6 + 4 * finger, 10 + 4 * finger)
    start = np.concatenate([np.radians(rng.normal([15, 10, 5, 15, 0, 20], 10)), angles[own]])
    lower = np.concatenate([LOWER[:6], LOWER[own]])
    upper = np.concatenate([UPPER[:6], UPPER[own]])
    sigma = np.concatenate([PRIOR_SIGMA[:6], np.full(4, np.radians(20))])
    # Tips are inside the skin: touching pads leave about two radii between them.
    distance = rng.uniform(0.009, 0.016)

    def posed(free: Float64) -> Float64:
        angles[:6], angles[own] = free[:6], free[6:]
        pose = HandPose(np.eye(3), np.zeros(3), angles, np.zeros(10))
        return pose_hand(model, pose).keypoints

    def residual(free: Float64) -> Float64:
        keypoints = posed(free)
        gap = np.linalg.norm(keypoints[4] - keypoints[8 + 4 * finger]) - distance
        return np.concatenate([[gap / 0.002], 0.3 * (free - start) / sigma])

    solution = least_squares(residual, np.clip(start, lower, upper), bounds=(lower, upper))
    keypoints = posed(solution.x)
    gap = abs(np.linalg.norm(keypoints[4] - keypoints[8 + 4 * finger]) - distance)
    return angles.copy(), float(gap)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", type=Path, help="animbank.pose")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    angles = read_angles(args.recording)
    centres, labels = kmeans2(angles, CLUSTERS, minit="++", seed=0, iter=50)
    sizes = np.bincount(labels, minlength=CLUSTERS)
    spreads = np.stack(
        [angles[labels == k].std(0) if sizes[k] > 1 else np.zeros(22) for k in range(CLUSTERS)]
    )
    pinches = solve_pinches(load_hand_model(), rng)
    np.savez_compressed(
        OUTPUT,
        centres=centres.astype(np.float32),
        spreads=spreads.astype(np.float32),
        shares=(sizes / sizes.sum()).astype(np.float32),
        pinches=pinches.astype(np.float32),
    )
    print(f"{OUTPUT}: {CLUSTERS} clusters of {len(angles)} poses, {len(pinches)} pinches")


if __name__ == "__main__":
    main()
