"""Weights of the small networks that find hands: safetensors in and out, and their ONNX graphs."""

from __future__ import annotations

import json
import logging
import os
import warnings
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from engine.errors import WeightsError
from engine.nets.localiser_net import LocaliserNet
from engine.nets.verifier_net import VIEW_PX, VerifierNet

Net = TypeVar("Net", bound=nn.Module)


def save_small(path: Path, net: nn.Module, facts: dict[str, Any]) -> None:
    """Weights as float16; `facts` (data, seed, samples, figures) go into the header."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    temporary = path.with_suffix(".part")
    save_file(tensors, temporary, metadata={"facts": json.dumps(facts)})
    os.replace(temporary, path)


def load_localiser(path: Path) -> LocaliserNet:
    """The localiser with the weights of `path`; see `_loaded` for errors."""
    return _loaded(path, LocaliserNet(), "localiser")


def load_verifier(path: Path) -> VerifierNet:
    """The verifier with the weights of `path`; see `_loaded` for errors."""
    return _loaded(path, VerifierNet(), "verifier")


def export_localiser(weights: Path, onnx_path: Path) -> None:
    """ONNX of the localiser: input `image` [B, 1, H, W], output `maps`; all sizes free."""
    axes = {name: {0: "batch", 2: "height", 3: "width"} for name in ("image", "maps")}
    _export(load_localiser(weights), (128, 160), "maps", axes, onnx_path)


def export_verifier(weights: Path, onnx_path: Path) -> None:
    """ONNX of the verifier: input `image` [B, 1, 64, 64], output `logits`; the batch is free."""
    axes = {name: {0: "batch"} for name in ("image", "logits")}
    _export(load_verifier(weights), (VIEW_PX, VIEW_PX), "logits", axes, onnx_path)


def _loaded(path: Path, net: Net, name: str) -> Net:
    """`net` with the weights of `path`, ready to run.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
    """
    try:
        tensors = {key: value.float() for key, value in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"{name} weights {path} cannot be read ({error}); restore them from the repository "
            f"or run `python main.py train {name}`"
        ) from None
    try:
        missing, unexpected = net.load_state_dict(tensors, strict=False)
    except RuntimeError:
        missing, unexpected = ["shapes"], []
    if unexpected or any(not key.endswith("num_batches_tracked") for key in missing):
        raise WeightsError(
            f"{path}: expected weights of the {name}, found those of another network; restore "
            "the file from the repository"
        )
    return net.eval()


def _export(
    net: nn.Module,
    size: tuple[int, int],
    output: str,
    axes: dict[str, dict[int, str]],
    onnx_path: Path,
) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.zeros(1, 1, *size),),
            str(onnx_path),
            input_names=["image"],
            output_names=[output],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
