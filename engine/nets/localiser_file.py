"""The localiser's weights: safetensors in and out, and its ONNX graph."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from engine.errors import WeightsError
from engine.nets.half_file import save_half
from engine.nets.localiser_net import LocaliserNet


def save_localiser(path: Path, net: nn.Module, facts: dict[str, Any]) -> None:
    """Weights as float16; `facts` (data, seed, samples, figures) go into the header."""
    save_half(path, net, {"facts": json.dumps(facts)})


def load_localiser(path: Path) -> LocaliserNet:
    """The network with the weights of `path`, ready to run.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
    """
    try:
        tensors = {name: value.float() for name, value in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"localiser weights {path} cannot be read ({error}); restore them from the repository "
            "or run `python main.py train localiser`"
        ) from None
    net = LocaliserNet()
    try:
        missing, unexpected = net.load_state_dict(tensors, strict=False)
    except RuntimeError:
        missing, unexpected = ["shapes"], []
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise WeightsError(
            f"{path}: expected weights of the localiser, found those of another network; restore "
            "the file from the repository"
        )
    return net.eval()


def export_localiser(weights: Path, onnx_path: Path) -> None:
    """Write the network as ONNX: input `image` [B, 1, H, W], output `maps`; all sizes free."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            load_localiser(weights),
            (torch.zeros(1, 1, 128, 160),),
            str(onnx_path),
            input_names=["image"],
            output_names=["maps"],
            dynamic_axes={name: {0: "batch", 2: "height", 3: "width"} for name in _TENSORS},
            opset_version=17,
            dynamo=False,
        )


_TENSORS = ("image", "maps")
