"""An exponential moving average of a network: what ships."""

from __future__ import annotations

import copy
from typing import Any, Generic, TypeVar

import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)
KEEP = 0.998


class Average(Generic[Net]):
    """Owns the average and counts its steps."""

    def __init__(self, net: Net) -> None:
        self.net: Net = copy.deepcopy(net).eval()
        self.steps = 0

    def follow(self, net: Net) -> None:
        self.steps += 1
        move_average(self.net, net, self.steps)

    def state(self) -> dict[str, Any]:
        return {"net": self.net.state_dict(), "steps": self.steps}

    def restore(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.steps = state["steps"]


@torch.no_grad()
def move_average(average: nn.Module, net: nn.Module, steps: float) -> None:
    """Towards `net` after so many steps of it; slowly once there is somewhere to be."""
    keep = min(KEEP, (1 + steps) / (20 + steps))
    theirs = net.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(theirs[name], 1 - keep)
        else:
            value.copy_(theirs[name])
