"""Networks from weights files, and as ONNX."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from engine.errors import WeightsError
from engine.nets.single_view import DeployedNet, SingleViewConfig, SingleViewNet

OUTPUTS = ("joints", "spread", "pose", "logits")


def load_network(weights: Path) -> SingleViewNet:
    """The single-view network of a safetensors file, in evaluation mode.

    Raises WeightsError where the file is missing, damaged, or of another network.
    """
    try:
        with safe_open(weights, "pt") as stored:
            header = stored.metadata() or {}
            state = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118
        config = SingleViewConfig(**json.loads(header["config"]))
    except FileNotFoundError:
        raise WeightsError(
            f"weights: expected {weights}, found nothing; restore it from the repository or train "
            "with `python main.py train depth`"
        ) from None
    except (SafetensorError, KeyError, ValueError, TypeError, OSError) as error:
        raise WeightsError(
            f"weights {weights}: expected a single-view network, cannot read it ({error}); restore "
            "the file from the repository"
        ) from error
    net = SingleViewNet(config)
    wrong = _expected_shapes(net).items() ^ {name: t.shape for name, t in state.items()}.items()
    if wrong:
        raise WeightsError(
            f"weights {weights}: {len(dict(wrong))} tensors are missing, unexpected or "
            "of another size than in the network its header describes; restore the file from the "
            "repository"
        )
    net.load_state_dict(state, strict=False)
    return net.eval()


def _expected_shapes(net: nn.Module) -> dict[str, torch.Size]:
    """Shape of every tensor that a file holds; training's counters are not stored."""
    return {
        name: tensor.shape
        for name, tensor in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def load_deployed(weights: Path) -> tuple[nn.Module, tuple[str, ...]]:
    """The network as inference runs it, and the names of its outputs."""
    return DeployedNet(load_network(weights)).eval(), OUTPUTS


def export_onnx(weights: Path, onnx_path: Path) -> None:
    """Write the network as ONNX with a free batch size."""
    net, outputs = load_deployed(weights)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.zeros(2, 1, 128, 128),),
            str(onnx_path),
            input_names=["image"],
            output_names=list(outputs),
            dynamic_axes={name: {0: "batch"} for name in ("image", *outputs)},
            opset_version=17,
            dynamo=False,
        )
