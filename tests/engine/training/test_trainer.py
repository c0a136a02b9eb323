"""The trainer learns, stops, goes on where it was, and writes weights that load."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from engine.hand.model import load_hand_model
from engine.nets.single_view import SingleViewConfig
from engine.nets.weights_file import load_network
from engine.training import trainer
from engine.training.checkpoint import export_weights, load_checkpoint, save_checkpoint
from engine.training.data import Batch, collate
from engine.training.muon import Muon
from engine.training.schedule import Schedule
from engine.training.synthesis import sample_stream
from engine.training.trainer import Trainer, TrainSettings, validation_error_mm
from tests.shared_data import REPOSITORY

BATCH = 8
STEADY = Schedule(warmup=0.0, descent=0.0)


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    stream = sample_stream(21, load_hand_model())
    return [collate(list(islice(stream, BATCH))) for _ in range(4)]


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    return TrainSettings(
        out=tmp_path / "run",
        weights_out=tmp_path / "weights.safetensors",
        samples=10_000,
        batch=BATCH,
        workers=0,
        network=SingleViewConfig(0.125),
        schedule=STEADY,
        validation_samples=4,
    )


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch, batches: list[Batch]) -> None:
    """The same few batches again and again, instead of rendering new ones."""

    def again(*_: object) -> Iterator[Batch]:
        while True:
            yield from batches

    monkeypatch.setattr(trainer, "training_batches", again)
    monkeypatch.setattr(trainer, "validation_batch", lambda _: batches[0])


def _tensors(state: dict[str, object]) -> list[torch.Tensor]:
    return [value for value in state.values() if isinstance(value, torch.Tensor)]


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_few_steps_lower_the_loss_of_a_fixed_batch(
    settings: TrainSettings, batches: list[Batch], optimizer: str
) -> None:
    run = Trainer(replace(settings, optimizer=optimizer))
    errors = [run._step(batches[0]) for _ in range(25)]
    for part in ("joints", "heat", "angles", "decisions"):
        assert errors[-1][part] < 0.8 * errors[0][part], part
    assert errors[-1]["error_mm"] < errors[0]["error_mm"]
    assert run.samples_seen == 25 * BATCH


def test_kernels_go_to_muon_and_everything_goes_somewhere(settings: TrainSettings) -> None:
    run = Trainer(settings)
    owners = {
        id(p): type(optimizer)
        for optimizer in run.optimizers
        for group in optimizer.param_groups
        for p in group["params"]
    }
    for name, parameter in run.net.named_parameters():
        inner = ("encoder" in name or "decoder" in name) and parameter.ndim == 4
        depthwise = parameter.ndim == 4 and parameter.shape[1] == 1
        expected = Muon if inner and not depthwise else torch.optim.AdamW
        assert owners[id(parameter)] is expected, name


def test_resuming_gives_the_parameters_of_an_uninterrupted_run(
    settings: TrainSettings, batches: list[Batch]
) -> None:
    straight = Trainer(settings)
    for batch in batches:
        straight._step(batch)

    first = Trainer(replace(settings, out=settings.out / "again"))
    for batch in batches[:2]:
        first._step(batch)
    first.settings.out.mkdir(parents=True)
    save_checkpoint(first.settings.out / "checkpoint.pt", first._state())
    second = Trainer(first.settings)
    assert second.samples_seen == 2 * BATCH
    for batch in batches[2:]:
        second._step(batch)
    for ours, theirs in ((second.net, straight.net), (second.average, straight.average)):
        for name, value in ours.state_dict().items():
            torch.testing.assert_close(value, theirs.state_dict()[name], atol=0, rtol=0, msg=name)


@pytest.mark.usefixtures("prepared")
def test_a_run_ends_at_its_samples_and_goes_on_when_prolonged(settings: TrainSettings) -> None:
    short = replace(settings, samples=3 * BATCH)
    error = Trainer(short).run()
    state = load_checkpoint(settings.out / "checkpoint.pt")
    assert (state["samples_seen"], state["resumed"]) == (3 * BATCH, 0)
    assert state["best_mm"] == pytest.approx(error)

    longer = Trainer(replace(settings, samples=5 * BATCH))
    assert longer.samples_seen == 3 * BATCH
    assert longer.trained_s == state["trained_s"] > 0
    longer.run()
    state = load_checkpoint(settings.out / "checkpoint.pt")
    assert (state["samples_seen"], state["resumed"]) == (5 * BATCH, 1)
    assert any((settings.out / "log").iterdir()), "TensorBoard can read along"


@pytest.mark.usefixtures("prepared")
def test_the_weights_written_are_the_average_and_load(
    settings: TrainSettings, batches: list[Batch]
) -> None:
    run = Trainer(replace(settings, samples=3 * BATCH))
    error = run.run()
    net = load_network(settings.weights_out)
    for name, value in net.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            expected = run.average.state_dict()[name]
            torch.testing.assert_close(value, expected, atol=1e-6, rtol=2**-11)
    assert validation_error_mm(net, batches[0], torch.device("cpu")) == pytest.approx(
        error, rel=0.02
    )


@pytest.mark.usefixtures("prepared")
def test_worse_weights_do_not_replace_better_ones(
    settings: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([10.0, 20.0, 5.0])
    monkeypatch.setattr(trainer, "validation_error_mm", lambda *_: next(answers))
    written = []
    for samples in (1, 2, 3):
        Trainer(replace(settings, samples=samples * BATCH)).run()
        written.append(settings.weights_out.read_bytes())
    assert written[0] == written[1] != written[2]
    assert load_checkpoint(settings.out / "checkpoint.pt")["best_mm"] == 5.0


def test_an_interrupted_run_keeps_what_it_has(
    settings: TrainSettings, batches: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> Iterator[Batch]:
        yield from batches[:2]
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "training_batches", stopped)
    monkeypatch.setattr(trainer, "validation_batch", lambda _: batches[0])
    Trainer(settings).run()
    assert Trainer(settings).samples_seen == 2 * BATCH


def test_the_average_follows_the_network_slowly(
    settings: TrainSettings, batches: list[Batch]
) -> None:
    run = Trainer(settings)
    before = copy.deepcopy(run.average.state_dict())
    run.samples_seen = 10_000 * BATCH
    run._step(batches[0])
    weight = "stem.conv.weight"
    moved = run.average.state_dict()[weight] - before[weight]
    whole = run.net.state_dict()[weight] - before[weight]
    torch.testing.assert_close(moved, 0.002 * whole, atol=1e-7, rtol=0.05)


def test_fine_tuning_takes_the_network_and_nothing_else(
    settings: TrainSettings, batches: list[Batch]
) -> None:
    first = Trainer(settings)
    first._step(batches[0])
    settings.out.mkdir(parents=True)
    start = settings.out / "checkpoint.pt"
    save_checkpoint(start, first._state())
    tuned = Trainer(replace(settings, out=settings.out / "tuned", start_from=start))
    assert tuned.samples_seen == 0
    assert not tuned.optimizers[0].state
    for ours, theirs in zip(
        _tensors(tuned.net.state_dict()), _tensors(first.net.state_dict()), strict=True
    ):
        torch.testing.assert_close(ours, theirs, atol=0, rtol=0)


def test_fine_tuning_begins_with_shipped_weights_too(
    settings: TrainSettings, batches: list[Batch], tmp_path: Path
) -> None:
    first = Trainer(settings)
    first._step(batches[0])
    weights = tmp_path / "weights.safetensors"
    export_weights(weights, first.net, settings.network, {})
    tuned = Trainer(replace(settings, out=settings.out / "tuned", start_from=weights))
    for ours, theirs in zip(tuned.net.parameters(), first.net.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)  # stored as float16


def test_a_checkpoint_of_another_size_gets_one_sentence(settings: TrainSettings) -> None:
    settings.out.mkdir(parents=True)
    save_checkpoint(settings.out / "checkpoint.pt", Trainer(settings)._state())
    other = replace(settings, network=SingleViewConfig(0.25))
    with pytest.raises(WeightsError, match=r"expected .*width 0\.25.* found width 0\.125.*--out"):
        Trainer(other)


def test_a_clock_ends_a_run_too(settings: TrainSettings) -> None:
    run = Trainer(replace(settings, minutes=2.0))
    run.trained_s = 60.0
    assert run.progress == pytest.approx(0.5)
    run.trained_s = 500.0
    assert run.progress == 1.0


_TWO_PROCESSES = """
import sys
from pathlib import Path
import torch
from engine.nets.single_view import SingleViewConfig
from engine.training import data
from engine.training.trainer import Trainer, TrainSettings

data.SHUFFLE = 4
out = Path(sys.argv[1])
run = Trainer(TrainSettings(
    out=out, weights_out=out / "weights.safetensors", samples=24, minutes=30.0, batch=4, workers=0,
    network=SingleViewConfig(0.125), validation_samples=4,
))
run.run()
torch.save(run.net.state_dict(), out / f"rank{run.rank}.pt")
torch.distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_train_one_network(tmp_path: Path) -> None:
    """torchrun with gloo: samples add up over the processes and their networks stay the same."""
    script = tmp_path / "train.py"
    script.write_text(_TWO_PROCESSES, "utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "",
    }  # fmt: skip
    done = subprocess.run(
        [*command, str(script), str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert load_checkpoint(tmp_path / "checkpoint.pt")["samples_seen"] == 24
    first, second = (torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in (0, 1))
    for name, value in first.items():
        if "running" not in name and "num_batches" not in name:  # each normalises its own batch
            torch.testing.assert_close(value, second[name], atol=1e-6, rtol=1e-5, msg=name)
    assert load_network(tmp_path / "weights.safetensors") is not None
