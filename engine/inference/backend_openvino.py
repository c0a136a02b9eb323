"""OpenVINO on the CPU; `half` computes in bfloat16 where the processor has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
        }
        compiled = ov.Core().compile_model(str(onnx_path), "CPU", config)
        self._outputs = [output.get_any_name() for output in compiled.outputs]
        self._request = compiled.create_infer_request()

    def run(self, image: Float32) -> Mapping[str, Float32]:
        results = self._request.infer([image], share_inputs=True)
        return {name: np.array(results[k]) for k, name in enumerate(self._outputs)}
