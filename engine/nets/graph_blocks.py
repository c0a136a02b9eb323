"""Graph convolutions over the nodes of several views (Ren et al. 2022, supplement section 2).

Tensors are [B, V, K, Z]: hands, views, nodes, channels. Nothing is learnt for a particular view,
and views meet only in means and in attention, so any number of them works in any order.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.skeleton_graph import LEVEL_COUNT, LEVELS


class GraphConv(nn.Module):
    """x_i' = ReLU(sum_k a_ik W_k x_k): eq. 1, with a layer norm before the ReLU.

    Neighbours k of a node: itself and those along the skeleton in the same view, and the same node
    in the other views, which counts as one neighbour: their mean. a_ik has a value a channel.
    """

    links: Tensor

    def __init__(self, inputs: int, outputs: int, nodes: int, links: Tensor) -> None:
        """`links` [2, E]: target and source node of every message within a view."""
        super().__init__()
        self.register_buffer("links", links, persistent=False)
        self.weight = nn.Parameter(torch.empty(nodes, inputs, outputs))
        nn.init.uniform_(self.weight, -((6 / inputs) ** 0.5), (6 / inputs) ** 0.5)
        degree = torch.bincount(links[0], minlength=nodes).float() + 1
        share = (1 / degree)[:, None].expand(-1, outputs)
        self.edges = nn.Parameter(share[links[0]].clone())
        self.across = nn.Parameter(share.clone())
        self.norm = nn.LayerNorm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """[B, V, K, inputs] -> [B, V, K, outputs]."""
        messages = torch.einsum("bvki,kio->bvko", x, self.weight)
        along = self.edges * messages[:, :, self.links[1]]
        summed = torch.zeros_like(messages).index_add(2, self.links[0], along)
        return torch.relu(self.norm(summed + self.across * _mean_of_others(messages)))


def _mean_of_others(messages: Tensor) -> Tensor:
    """Mean over the other views; nothing where there is no other."""
    others = max(messages.shape[1] - 1, 1)
    return (messages.sum(1, keepdim=True) - messages) / others


class GraphBlock(nn.Module):
    """Two graph convolutions with a skip."""

    def __init__(self, channels: int, nodes: int, links: Tensor) -> None:
        super().__init__()
        self.first = GraphConv(channels, channels, nodes, links)
        self.second = GraphConv(channels, channels, nodes, links)

    def forward(self, x: Tensor) -> Tensor:
        """[B, V, K, channels] -> the same."""
        y: Tensor = self.second(self.first(x))
        return x + y


class NonLocalBlock(nn.Module):
    """Every node of every view looks at all others (Wang et al. 2018), with a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        # A key's bias moves all logits of a row alike, so it could never learn anything.
        self.query = nn.Linear(channels, channels // 2)
        self.key = nn.Linear(channels, channels // 2, bias=False)
        self.value = nn.Linear(channels, channels // 2)
        self.out = nn.Linear(channels // 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[B, V, K, channels] -> the same."""
        nodes = self.norm(x.flatten(1, 2))
        seen = nn.functional.scaled_dot_product_attention(
            self.query(nodes), self.key(nodes), self.value(nodes)
        )
        return x + self.out(seen).view_as(x)


class LevelLinear(nn.Module):
    """A linear layer for [..., 21, I] -> [..., 21, O] whose weights joints of one level share."""

    level: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("level", torch.tensor(LEVELS), persistent=False)
        self.weight = nn.Parameter(torch.empty(LEVEL_COUNT, inputs, outputs))
        nn.init.uniform_(self.weight, -((3 / inputs) ** 0.5), (3 / inputs) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(LEVEL_COUNT, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """[..., 21, inputs] -> [..., 21, outputs]."""
        mapped = torch.einsum("...ki,kio->...ko", x, self.weight[self.level])
        return mapped + self.bias[self.level]
