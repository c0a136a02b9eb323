"""Inference backends: one network, several runtimes, the same answer.

A backend runs a network that was exported to ONNX (or, for torch, the network itself). Outputs of
two backends agree within AGREEMENT; the contract test holds them to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.errors import UserError

Float32 = npt.NDArray[np.float32]

AUTO = "auto"

AGREEMENT = {"onnxruntime": 1e-4, "torch": 1e-4, "openvino": 1e-4, "openvino-bf16": 0.06}
"""Largest difference of an output from torch in full precision, on crops that show a hand, in the
output's own unit (half cubes for joints, so 1e-4 is 0.0125 mm and 0.06 is 7.5 mm). Logits are
compared as the probabilities that they stand for; joints where the network's votes agree (spread
under 0.15), since between two equally likely places rounding may decide."""


class Backend(Protocol):
    """A loaded network. Belongs to one thread."""

    name: str

    def run(self, image: Float32) -> Mapping[str, Float32]:
        """Outputs by name, of images [B, 1, H, W]."""
        ...


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """Where a network's weights lie and how to make ONNX of them."""

    weights: Path
    export: Callable[[Path, Path], None]
    """export(weights, onnx_path); imports torch, so it is called only when the cache is cold."""
    onnx: Path | None = None
    """Where the ONNX file lies already; None where the cache shall keep it."""


def create_backend(name: str, network: NetworkFile, threads: int = 1) -> Backend:
    """A backend by name (see BACKENDS), or the fastest for `auto`.

    Raises UserError for an unknown name.
    """
    chosen = fastest_backend() if name == AUTO else name
    if chosen not in BACKENDS:
        raise UserError(
            f"backend: expected one of {', '.join((AUTO, *BACKENDS))}, found '{name}'; choose one "
            "of them"
        )
    return BACKENDS[chosen](network, threads)


@lru_cache(maxsize=1)
def fastest_backend() -> str:
    """The backend for this processor: bfloat16 where it is in hardware (docs/benchmarks.md)."""
    try:
        from engine.inference.backend_openvino import computes_bfloat16
    except ImportError:
        return "onnxruntime"
    return "openvino-bf16" if computes_bfloat16() else "onnxruntime"


def _onnxruntime(network: NetworkFile, threads: int) -> Backend:
    from engine.inference.backend_onnxruntime import OnnxRuntimeBackend
    from engine.inference.onnx_cache import cached_onnx

    return OnnxRuntimeBackend(cached_onnx(network), threads)


def _openvino(network: NetworkFile, threads: int) -> Backend:
    from engine.inference.backend_openvino import OpenVinoBackend
    from engine.inference.onnx_cache import cached_onnx

    return OpenVinoBackend(cached_onnx(network), threads, half=False)


def _openvino_half(network: NetworkFile, threads: int) -> Backend:
    from engine.inference.backend_openvino import OpenVinoBackend
    from engine.inference.onnx_cache import cached_onnx

    return OpenVinoBackend(cached_onnx(network), threads, half=True)


def _torch(network: NetworkFile, threads: int) -> Backend:
    from engine.inference.backend_torch import TorchBackend

    return TorchBackend(network.weights, threads)


BACKENDS: dict[str, Callable[[NetworkFile, int], Backend]] = {
    "onnxruntime": _onnxruntime,
    "openvino": _openvino,
    "openvino-bf16": _openvino_half,
    "torch": _torch,
}
