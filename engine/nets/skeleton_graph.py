"""The hand's skeleton as graphs: 21 joints, their 6 parts, and the whole hand.

Parts are the wrist and the five digits; pooling averages the joints of a part, then the parts.
Levels group joints at the same place of different fingers (Ren et al. 2022, group-wise encoding).
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.hand.keypoints import BONES, KEYPOINT_NAMES

JOINTS = len(KEYPOINT_NAMES)
PARTS: tuple[tuple[int, ...], ...] = (
    (0,),
    *(tuple(range(first, first + 4)) for first in (1, 5, 9, 13, 17)),
)
PART_EDGES = tuple((0, digit) for digit in range(1, len(PARTS)))
"""The wrist touches every digit."""

LEVELS: tuple[int, ...] = (0, *(1 + (joint - 1) % 4 for joint in range(1, JOINTS)))
"""Wrist 0, MCP 1, PIP 2, DIP 3, tip 4; the thumb's CMC counts as MCP, and so on outwards."""
LEVEL_COUNT = 5


def neighbours(nodes: int, edges: tuple[tuple[int, int], ...]) -> Tensor:
    """[2, E]: target and source of every message along `edges`, both ways, and to oneself."""
    both = [(a, b) for a, b in edges] + [(b, a) for a, b in edges]
    return torch.tensor([(k, k) for k in range(nodes)] + both).T.contiguous()


def joint_neighbours() -> Tensor:
    """[2, 61] of the 21 joints."""
    return neighbours(JOINTS, BONES)


def part_neighbours() -> Tensor:
    """[2, 16] of the 6 parts."""
    return neighbours(len(PARTS), PART_EDGES)


def hand_neighbours() -> Tensor:
    """[2, 1] of the whole hand: itself."""
    return neighbours(1, ())


def part_of_joint() -> Tensor:
    """[21]: the part to which each joint belongs."""
    owner = torch.empty(JOINTS, dtype=torch.long)
    for part, joints in enumerate(PARTS):
        owner[list(joints)] = part
    return owner


def averaging(owner: Tensor) -> Tensor:
    """[parts, nodes]: matrix that averages the nodes of each part."""
    member = torch.nn.functional.one_hot(owner).T.float()
    return member / member.sum(1, keepdim=True)
