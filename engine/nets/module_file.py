"""Networks with a configuration as safetensors: float16, what it is and how it was made inside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from safetensors import SafetensorError, safe_open
from torch import nn

from engine.errors import WeightsError
from engine.nets.fusion import FusionConfig, FusionNet
from engine.nets.half_file import save_half
from engine.nets.style_transfer import StyleConfig, StyleNet

Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Net]):
    """A kind of network that files hold."""

    name: str
    make: Callable[[dict[str, Any]], Net]
    """A fresh network of a configuration's fields."""
    trained_by: str


FUSION = Kind("fusion network", lambda c: FusionNet(_fusion_config(c)), "train fusion")
STYLE = Kind("style transfer", lambda c: StyleNet(StyleConfig(**c)), "train style")


def save_module(path: Path, kind: Kind[Net], net: Net, facts: dict[str, Any]) -> None:
    """Write weights with `net.config` and `facts` (data, seed, samples, figures) in the header.

    Raises:
        OutputError: the place cannot be written.
    """
    header = {
        "kind": kind.name,
        "config": json.dumps(asdict(net.config)),  # type: ignore[call-overload]
        "facts": json.dumps(facts),
    }
    save_half(path, net, header)


def load_module(path: Path, kind: Kind[Net]) -> Net:
    """The network of a file, in evaluation mode.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
    """
    try:
        with safe_open(path, "pt") as stored:
            header = stored.metadata() or {}
            state = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118
        if header.get("kind") != kind.name:
            raise ValueError(f"it holds a {header.get('kind', 'network without a name')}")
        net = kind.make(json.loads(header["config"]))
        net.load_state_dict(state)
    except FileNotFoundError:
        raise WeightsError(
            f"weights: expected a {kind.name} in {path}, found nothing; restore it from the "
            f"repository or make one with `python main.py {kind.trained_by}`"
        ) from None
    except (SafetensorError, KeyError, ValueError, TypeError, OSError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise WeightsError(
            f"weights {path}: expected a {kind.name}, cannot read it ({reason}); restore it from "
            f"the repository or make one with `python main.py {kind.trained_by}`"
        ) from error
    return net.eval()


def _fusion_config(fields: dict[str, Any]) -> FusionConfig:
    at_joints, at_parts, at_hand = fields["channels"]
    return FusionConfig(fields["features"], (at_joints, at_parts, at_hand))
