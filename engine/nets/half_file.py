"""Networks as they ship: safetensors in float16."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import nn

from engine.atomic_file import replacing


def save_half(path: Path, net: nn.Module, header: Mapping[str, str]) -> None:
    """Write all tensors but training's counters; `header` says what they are.

    Raises:
        OutputError: the place cannot be written.
    """
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    with replacing(path) as partial:
        save_file(tensors, partial, metadata=dict(header))
