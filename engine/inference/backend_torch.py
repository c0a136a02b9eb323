"""torch itself: the reference the others are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from engine.nets.weights_file import load_deployed

Float32 = npt.NDArray[np.float32]


class TorchBackend:
    """The network as trained, in evaluation mode."""

    name = "torch"

    def __init__(self, weights: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        self._net, self._outputs = load_deployed(weights)

    @torch.no_grad()
    def run(self, image: Float32) -> Mapping[str, Float32]:
        values = self._net(torch.from_numpy(image))
        return {name: v.numpy() for name, v in zip(self._outputs, values, strict=True)}
