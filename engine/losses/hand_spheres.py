"""66 spheres that stand for the hand's flesh (Ren et al. 2022, supplement).

One in the palm, four along each of the five bones of the palm, three along each of the 15 bones of
the digits. A joint's radius is its mean distance to the ten vertices that are nearest at rest; a
tip's is two thirds of the last joint's; along a bone it is linear. Radii have no gradient: a hand
must not shrink to come apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from engine.hand.keypoints import JOINT_KEYPOINTS, PALM_KEYPOINTS, TIP_KEYPOINTS
from engine.hand.model import HandModel

FINGER_BONES = 15
PALM = -1
_SKIN = 10
_TIP_SHARE = 1.0 / 1.5
_WRIST_INSET = 0.05
"""The wrist's sphere is so much smaller than the joint's distance to the skin; half cubes."""


class Spheres(NamedTuple):
    """In the frame and unit of the keypoints they come from: half cubes."""

    centre: Tensor
    """[N, 66, 3]."""
    radius: Tensor
    """[N, 66], without gradient."""


class HandSpheres(nn.Module):
    """The spheres of one model's hands, and which of them may not overlap."""

    blend: Tensor
    skin: Tensor
    bone: Tensor
    apart: Tensor

    def __init__(self, model: HandModel) -> None:
        super().__init__()
        bone, palm_bone, blend = _layout()
        rest = model.rest_keypoints()[list(JOINT_KEYPOINTS)]
        surface = model.points[: model.vertex_count]
        distance = np.linalg.norm(surface[None] - rest[:, None], axis=2)
        skin = np.argsort(distance, axis=1)[:, :_SKIN]
        buffers = {
            "blend": torch.tensor(blend, dtype=torch.float32),
            "skin": torch.tensor(skin),
            "bone": torch.tensor(bone),
            "apart": torch.tensor(_apart(bone, palm_bone), dtype=torch.float32),
        }
        for name, value in buffers.items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, keypoints: Tensor, vertices: Tensor) -> Spheres:
        """Spheres of keypoints [N, 21, 3] and vertices [N, V, 3], both in half cubes."""
        return Spheres(self.centres(keypoints), self.radii(keypoints, vertices))

    def centres(self, keypoints: Tensor) -> Tensor:
        """[N, 66, 3] of keypoints [N, 21, 3]."""
        return self.blend.to(keypoints) @ keypoints

    @torch.no_grad()
    def radii(self, keypoints: Tensor, vertices: Tensor) -> Tensor:
        """[N, 66]."""
        joints = keypoints[:, list(JOINT_KEYPOINTS)]
        reach = (vertices[:, self.skin] - joints[:, :, None]).norm(dim=-1).mean(-1)
        reach[:, 0] = (reach[:, 0] - _WRIST_INSET).clamp(0.01, 0.4)
        radius = keypoints.new_zeros(keypoints.shape[:2])
        radius[:, list(JOINT_KEYPOINTS)] = reach
        radius[:, list(TIP_KEYPOINTS)] = radius[:, [k - 1 for k in TIP_KEYPOINTS]] * _TIP_SHARE
        return radius @ self.blend.to(keypoints).T


def _layout() -> tuple[list[int], list[int], np.ndarray]:
    """Finger bone 0..14 or PALM, palm bone 0..4 or PALM, and shares of the keypoints [66, 21]."""
    bone, palm_bone, blend = [PALM], [PALM], [np.zeros(21)]
    blend[0][list(PALM_KEYPOINTS)] = 1.0 / len(PALM_KEYPOINTS)

    def along(start: int, end: int, count: int) -> None:
        for share in (np.arange(count) + 0.5) / count:
            weights = np.zeros(21)
            weights[start], weights[end] = 1.0 - share, share
            blend.append(weights)

    for finger in range(5):
        along(0, 1 + 4 * finger, 4)
        bone += [PALM] * 4
        palm_bone += [finger] * 4
    for finger in range(5):
        for k in range(3):
            along(1 + 4 * finger + k, 2 + 4 * finger + k, 3)
            bone += [3 * finger + k] * 3
            palm_bone += [PALM] * 3
    return bone, palm_bone, np.stack(blend)


def _apart(bone: list[int], palm_bone: list[int]) -> np.ndarray:
    """[66, 66]: 1 where two spheres may not overlap."""
    matrix = np.zeros((len(bone), len(bone)))
    for m in range(len(bone)):
        for n in range(len(bone)):
            matrix[m, n] = _may_not_overlap(bone[m], palm_bone[m], bone[n], palm_bone[n])
    return matrix


def _may_not_overlap(bone_m: int, palm_m: int, bone_n: int, palm_n: int) -> bool:
    if bone_m == PALM and bone_n == PALM:
        return False
    if bone_m == PALM or bone_n == PALM:
        finger, k = divmod(max(bone_m, bone_n), 3)
        own = finger == max(palm_m, palm_n)
        return k != 0 or not (own or finger == 0)
    same_finger = bone_m // 3 == bone_n // 3
    return not (same_finger and abs(bone_m - bone_n) <= 1)
