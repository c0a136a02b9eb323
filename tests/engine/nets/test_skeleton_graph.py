"""The skeleton's graphs and the blocks on them."""

from __future__ import annotations

import pytest
import torch

from engine.hand.keypoints import KEYPOINT_NAMES
from engine.nets.graph_blocks import GraphConv, LevelLinear, NonLocalBlock
from engine.nets.skeleton_graph import (
    LEVELS,
    PARTS,
    averaging,
    hand_neighbours,
    joint_neighbours,
    part_neighbours,
    part_of_joint,
)


def test_a_joint_is_linked_with_itself_and_its_bones() -> None:
    links = {(int(a), int(b)) for a, b in joint_neighbours().T}
    assert len(links) == 21 + 2 * 20
    index_pip = KEYPOINT_NAMES.index("index_pip")
    around = {KEYPOINT_NAMES[b] for a, b in links if a == index_pip}
    assert around == {"index_mcp", "index_pip", "index_dip"}
    assert part_neighbours().shape == (2, 6 + 2 * 5)
    assert hand_neighbours().tolist() == [[0], [0]]


def test_parts_are_the_wrist_and_the_digits() -> None:
    assert sorted(joint for part in PARTS for joint in part) == list(range(21))
    x = torch.arange(21.0)[:, None]
    pooled = averaging(part_of_joint()) @ x
    assert pooled[:, 0].tolist() == [sum(part) / len(part) for part in PARTS]


def test_tips_are_on_one_level() -> None:
    tips = [k for k, name in enumerate(KEYPOINT_NAMES) if name.endswith("tip")]
    assert {LEVELS[k] for k in tips} == {4}
    assert [LEVELS.count(level) for level in range(5)] == [1, 5, 5, 5, 5]


def test_joints_of_a_level_share_their_weights() -> None:
    layer = LevelLinear(3, 4)
    x = torch.randn(2, 1, 3).expand(2, 21, 3)
    y = layer(x)
    for level in range(5):
        same = [k for k in range(21) if LEVELS[k] == level]
        torch.testing.assert_close(y[:, same], y[:, same[:1]].expand(2, len(same), 4))
    assert (y[:, 1] - y[:, 2]).abs().max() > 1e-3


def test_a_convolution_follows_the_formula() -> None:
    torch.manual_seed(0)
    conv = GraphConv(3, 5, 21, joint_neighbours())
    x = torch.randn(2, 3, 21, 3)
    found = conv(x)
    links = joint_neighbours().T.tolist()
    for node in (0, 6, 20):
        total = torch.zeros(2, 3, 5)
        for edge, (target, source) in enumerate(links):
            if target == node:
                total += conv.edges[edge] * (x[:, :, source] @ conv.weight[source])
        others = torch.stack(
            [x[:, [b for b in range(3) if b != a], node].mean(1) for a in range(3)], 1
        )
        total += conv.across[node] * (others @ conv.weight[node])
        expected = torch.relu(conv.norm(total))
        torch.testing.assert_close(found[:, :, node], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("views", [1, 3])
def test_attention_crosses_views_and_hands_stay_apart(views: int) -> None:
    torch.manual_seed(0)
    block = NonLocalBlock(8)
    x = torch.randn(2, views, 21, 8)
    changed = x.clone()
    changed[0, 0, 4] += 1.0
    moved = (block(changed) - block(x)).abs().amax((2, 3))
    assert (moved[0] > 0).all()
    assert (moved[1] == 0).all()
