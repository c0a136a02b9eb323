"""Checkpoints to resume from, and the weights that ship."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.atomic_file import replacing
from engine.errors import WeightsError
from engine.nets.half_file import save_half
from engine.nets.single_view import SingleViewConfig, SingleViewNet


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write all of a run's state; a crash leaves the former file whole."""
    with replacing(path) as partial:
        torch.save(state, partial)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """State of a run. Raises WeightsError with the way out where the file is damaged."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(
            f"checkpoint {path} cannot be read ({type(error).__name__}); delete it to start anew"
        ) from error
    return state


def export_weights(
    path: Path, net: nn.Module, config: SingleViewConfig, facts: dict[str, Any]
) -> None:
    """Weights as float16 safetensors; config and facts go into the header."""
    save_half(path, net, {"config": json.dumps(asdict(config)), "facts": json.dumps(facts)})


def new_network(config: SingleViewConfig) -> SingleViewNet:
    """A fresh network in the memory layout that trains fastest."""
    return SingleViewNet(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
