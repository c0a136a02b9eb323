"""OpenVINO on the CPU; `half` computes in bfloat16 where the processor has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

Float32 = npt.NDArray[np.float32]


def computes_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 numbers itself."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoBackend:
    """An ONNX file compiled for this processor."""

    def __init__(self, onnx_path: Path, threads: int, half: bool) -> None:
        self.name = "openvino-bf16" if half else "openvino"
        precision = "bf16" if half else "f32"
        config = {
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",
            # Pinned, the threads of two networks get the same core.
            "ENABLE_CPU_PINNING": False,
        }
        self._config = config
        self._core = ov.Core()
        self._model = self._core.read_model(str(onnx_path))
        self._outputs = [output.get_any_name() for output in self._model.outputs]
        self._requests: dict[tuple[int, ...], Any] = {}

    def run(self, image: Float32) -> Mapping[str, Float32]:
        request = self._requests.get(image.shape) or self._compiled(image.shape)
        results = request.infer([image], share_inputs=True)
        return {name: np.array(results[k]) for k, name in enumerate(self._outputs)}

    def _compiled(self, shape: tuple[int, ...]) -> Any:
        """A request for inputs of one shape: fixed shapes run faster than free ones."""
        model = self._model.clone()
        model.reshape(list(shape))
        compiled = self._core.compile_model(model, "CPU", self._config)
        self._requests[shape] = compiled.create_infer_request()
        return self._requests[shape]
