"""Optimisers of convolutional networks: Muon for the inner kernels, AdamW for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from engine.training.muon import Muon


@dataclass(frozen=True, slots=True)
class Rates:
    """Peak learning rates."""

    adamw: float = 2e-3
    muon: float = 0.01


def muon_and_adamw(
    net: nn.Module, by_muon: Callable[[str, nn.Parameter], bool], rates: Rates
) -> list[torch.optim.Optimizer]:
    """AdamW, and Muon where `by_muon` takes any parameter (by its name)."""
    kernels: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in net.named_parameters():
        (kernels if by_muon(name, parameter) else rest).append(parameter)
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=rates.adamw, weight_decay=0.01)
    ]
    if kernels:
        optimizers.append(Muon(kernels, lr=rates.muon))
    return optimizers


def set_rates(optimizers: Sequence[torch.optim.Optimizer], rates: Rates, factor: float) -> None:
    """To `factor` of the peaks."""
    for optimizer in optimizers:
        peak = rates.muon if isinstance(optimizer, Muon) else rates.adamw
        set_rate(optimizer, peak * factor)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = rate
