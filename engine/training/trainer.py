"""Training of the single-view network on synthetic depth (Ren et al. 2022, stage 1).

Resumable, one process a device under torchrun, bfloat16 where the processor has it. The weights
that ship are an exponential moving average.
"""

from __future__ import annotations

import copy
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from engine.errors import WeightsError
from engine.hand.model import load_hand_model
from engine.hand.torch_skinning import TorchHand
from engine.losses.supervised import SupervisedLoss
from engine.nets.single_view import SingleViewConfig, SingleViewNet
from engine.nets.weights_file import load_network
from engine.training.average import move_average
from engine.training.checkpoint import (
    export_weights,
    load_checkpoint,
    new_network,
    save_checkpoint,
)
from engine.training.data import Batch, training_batches, validation_batch
from engine.training.optimizers import Rates, muon_and_adamw, set_rates
from engine.training.schedule import Schedule, run_progress
from engine.training.style_batches import styled


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One run. It ends after `samples`, or after `minutes` of training if that comes first."""

    out: Path
    weights_out: Path
    samples: int = 5_000_000
    minutes: float | None = None
    batch: int = 64
    lr: float = 2e-3
    muon_lr: float = 0.01
    optimizer: str = "muon"
    workers: int = 1
    threads: int = 1
    seed: int = 1
    start_from: Path | None = None
    style: Path | None = None
    """Style transfer that part of the samples pass through."""
    network: SingleViewConfig = field(default_factory=SingleViewConfig)
    schedule: Schedule = field(default_factory=Schedule)
    validate_every_s: float = 240.0
    validation_samples: int = 512


class Trainer:
    """Owns the network, its average, the optimisers and the run's files."""

    def __init__(self, settings: TrainSettings) -> None:
        self.settings = settings
        self.rank, self.world = _distributed()
        self.device = torch.device(f"cuda:{self.rank}" if torch.cuda.is_available() else "cpu")
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.net = new_network(settings.network).to(self.device)
        self.average = copy.deepcopy(self.net).eval()
        self.loss = SupervisedLoss(TorchHand(load_hand_model())).to(self.device)
        self.rates = Rates(settings.lr, settings.muon_lr)
        by_muon = _inner if settings.optimizer == "muon" else lambda *_: False
        self.optimizers = muon_and_adamw(self.net, by_muon, self.rates)
        self.samples_seen, self.trained_s, self.resumed = 0, 0.0, 0
        self.best_mm = float("inf")
        self._resume()
        self.replica: nn.Module = self.net
        if self.world > 1:
            self.replica = nn.parallel.DistributedDataParallel(self.net)

    @property
    def progress(self) -> float:
        limits = self.settings
        return run_progress(self.samples_seen, limits.samples, self.trained_s, limits.minutes)

    def run(self) -> float:
        """Train to the end; returns the validation error in mm of the weights written."""
        settings = self.settings
        settings.out.mkdir(parents=True, exist_ok=True)
        seed = settings.seed + 1000 * self.resumed
        batches = training_batches(seed, self.rank, settings.batch, settings.workers)
        if settings.style is not None:
            batches = styled(batches, settings.style, seed)
        validation = validation_batch(settings.validation_samples)
        log = SummaryWriter(settings.out / "log") if self.rank == 0 else None
        bar = tqdm(total=100, unit="%", disable=self.rank != 0, bar_format=_BAR)
        validated = started = time.monotonic()
        before, first = self.trained_s, self.samples_seen
        while self.progress < 1.0:
            try:
                parts = self._step(next(batches))
            except KeyboardInterrupt:
                bar.write("Interrupted; the same command goes on from here.")
                break
            self.trained_s = self._agreed(before + time.monotonic() - started)
            bar.update(100 * self.progress - bar.n)
            if log is not None and self.samples_seen % (settings.batch * 50) < settings.batch:
                _write(log, parts, self.samples_seen)
                rate = (self.samples_seen - first) / (self.trained_s - before)
                bar.set_postfix_str(f"{rate:.0f} samples/s, {float(parts['error_mm']):.1f} mm")
            if time.monotonic() - validated > settings.validate_every_s:
                self._checkpoint(validation, log, bar)
                validated = time.monotonic()
        error = self._checkpoint(validation, log, bar)
        bar.close()
        if log is not None:
            log.close()
        return error

    def _agreed(self, seconds: float) -> float:
        """The first process's clock, where the clock decides when all of them end."""
        if self.world == 1 or self.settings.minutes is None:
            return seconds
        shared = torch.tensor(seconds, dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return float(shared)

    def _step(self, batch: Batch) -> dict[str, Tensor]:
        batch = _moved(batch, self.device)
        self.net.train()
        set_rates(self.optimizers, self.rates, self.settings.schedule.factor(self.progress))
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            outputs = self.replica(batch.image)
        total, parts = self.loss(outputs, batch.image, batch.targets)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.samples_seen += len(batch.image) * self.world
        move_average(self.average, self.net, self.samples_seen / (self.settings.batch * self.world))
        return {name: value.detach() for name, value in parts.items()} | {
            "error_mm": _joint_error_mm(outputs[-1].joints.detach(), batch)
        }

    def _checkpoint(self, validation: Batch, log: SummaryWriter | None, bar: tqdm[Any]) -> float:
        error = validation_error_mm(self.average, validation, self.device)
        if log is None:
            return error
        log.add_scalar("validation/error_mm", error, self.samples_seen)
        bar.write(
            f"{self.samples_seen} samples, {self.trained_s / 60:.0f} min: validation {error:.2f} mm"
        )
        if error < self.best_mm:
            self.best_mm = error
            export_weights(
                self.settings.weights_out, self.average, self.settings.network, self._facts(error)
            )
        save_checkpoint(self.settings.out / "checkpoint.pt", self._state())
        return error

    def _facts(self, error: float) -> dict[str, Any]:
        return {
            "task": "single-view hand from depth (Ren et al. 2022, stage 1)",
            "data": "synthetic only: engine.training.synthesis, pose_statistics.npz",
            "seed": self.settings.seed,
            "samples_seen": self.samples_seen,
            "minutes": round(self.trained_s / 60, 1),
            "validation_error_mm": round(error, 3),
        }

    def _state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "samples_seen": self.samples_seen,
            "trained_s": self.trained_s,
            "resumed": self.resumed,
            "best_mm": self.best_mm,
            "config": asdict(self.settings.network),
        }

    def _resume(self) -> None:
        path = self.settings.out / "checkpoint.pt"
        if not path.exists():
            self._start_from()
            return
        state = self._checkpoint_of_this_network(path)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        for optimizer, stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)
        self.samples_seen, self.trained_s = state["samples_seen"], state["trained_s"]
        self.resumed, self.best_mm = state["resumed"] + 1, state["best_mm"]

    def _start_from(self) -> None:
        """Begin with the network of another run, or with shipped weights; optimisers begin anew."""
        if self.settings.start_from is not None:
            state = self._checkpoint_of_this_network(self.settings.start_from)
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])

    def _checkpoint_of_this_network(self, path: Path) -> dict[str, Any]:
        state = _state_of_weights(path) if path.suffix == ".safetensors" else load_checkpoint(path)
        expected, found = asdict(self.settings.network), state["config"]
        if found != expected:
            raise WeightsError(
                f"checkpoint {path}: expected a network of width {expected['width']} with "
                f"{expected['stacks']} stacks, found width {found['width']} with "
                f"{found['stacks']}; give the same --width and --stacks, or another --out"
            )
        return state


_BAR = "{l_bar}{bar}| {elapsed}, {remaining} left{postfix}"


def _state_of_weights(path: Path) -> dict[str, Any]:
    """What `start_from` needs of a checkpoint, of shipped weights."""
    net = load_network(path)
    parameters = net.state_dict()
    return {"net": parameters, "average": parameters, "config": asdict(net.config)}


def _distributed() -> tuple[int, int]:
    """Rank and world size; starts the process group under torchrun."""
    if not dist.is_torchelastic_launched():
        return 0, 1
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return dist.get_rank(), dist.get_world_size()


def _inner(name: str, parameter: nn.Parameter) -> bool:
    """Kernels of the encoder and decoder, but for those that see one channel each."""
    return (
        ("encoder" in name or "decoder" in name) and parameter.ndim == 4 and parameter.shape[1] > 1
    )


def _moved(batch: Batch, device: torch.device) -> Batch:
    image = batch.image.to(device, memory_format=torch.channels_last)
    return Batch(image, type(batch.targets)(*(t.to(device) for t in batch.targets)))


def _joint_error_mm(joints: Tensor, batch: Batch) -> Tensor:
    """Mean joint error of the samples that show a hand of the right side."""
    targets = batch.targets
    shown = (targets.present > 0.5) & (targets.same_side > 0.5)
    apart = (joints - targets.joints).norm(dim=-1).mean(1) * targets.half_cube_m * 1000
    return apart[shown].mean()


@torch.no_grad()
def validation_error_mm(net: SingleViewNet, batch: Batch, device: torch.device) -> float:
    """Mean joint error in mm on a fixed batch, as the weights ship (full precision)."""
    net.eval()
    joints = [net(part.to(device))[-1].joints.cpu() for part in batch.image.split(64)]
    return float(_joint_error_mm(torch.cat(joints), batch))


def _write(log: SummaryWriter, parts: dict[str, Tensor], step: int) -> None:
    for name, value in parts.items():
        log.add_scalar(f"training/{name}", float(value), step)
