"""The weights in use and those before them, as files in one folder, whole at any moment."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.nets.single_view import SingleViewNet
from engine.nets.weights_file import load_network
from engine.training.checkpoint import export_weights

KEPT = 3
"""Files that stay beside the first: the weights in use and two before them. One more than the
tracker keeps compiled, which may be one acceptance behind."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Weights, as a network and as a file."""

    revision: int
    path: Path
    net: SingleViewNet


class WeightsStore:
    """A stack of weights; the first are the given ones and are never touched."""

    def __init__(self, weights: Path, folder: Path) -> None:
        self._folder = folder
        self._stack = [Stored(0, weights, load_network(weights))]
        self._next_revision = 1

    @property
    def first(self) -> Stored:
        """Those that it began with."""
        return self._stack[0]

    @property
    def current(self) -> Stored:
        """Those in use."""
        return self._stack[-1]

    @property
    def former(self) -> Stored | None:
        """What a rollback brings back; None at the start."""
        return self._stack[-2] if len(self._stack) > 1 else None

    def accept(self, net: SingleViewNet, facts: dict[str, Any]) -> Stored:
        """Write `net` and use it from now on."""
        self._folder.mkdir(parents=True, exist_ok=True)
        revision = self._next_revision
        path = self._folder / f"adapted-{revision:04d}.safetensors"
        export_weights(path, net, net.config, facts)
        self._next_revision += 1
        self._stack.append(Stored(revision, path, net))
        while len(self._stack) > 1 + KEPT:
            self._stack.pop(1).path.unlink(missing_ok=True)
        return self.current

    def roll_back(self, revision: int) -> bool:
        """Use no weights newer than `revision`, from 0; False where that changes nothing."""
        before = self.current
        while self.current.revision > revision:
            self._stack.pop()
        return self.current is not before


def as_stored(net: SingleViewNet) -> SingleViewNet:
    """A copy whose numbers are rounded as in a file: what is judged is what will run."""
    rounded = copy.deepcopy(net).eval()
    for value in rounded.state_dict().values():
        if value.is_floating_point():
            value.copy_(value.half().float())
    return rounded
