"""Files of a run: whole or not there, and one sentence where they are damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from engine.nets.single_view import SingleViewConfig
from engine.training.checkpoint import load_checkpoint, new_network, save_checkpoint


def test_a_state_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"net": {"weight": torch.arange(3.0)}, "samples_seen": 7})
    state = load_checkpoint(path)
    assert state["samples_seen"] == 7
    torch.testing.assert_close(state["net"]["weight"], torch.arange(3.0))
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_write_that_fails_leaves_the_former_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"samples_seen": 1})
    with pytest.raises(Exception, match="pickle"):
        save_checkpoint(path, {"samples_seen": lambda: None})
    assert load_checkpoint(path)["samples_seen"] == 1


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_a_damaged_file_gets_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"checkpoint\.pt cannot be read .*delete it"):
        load_checkpoint(path)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return (Path.touch, (tmp_path / "owned",))

    path = tmp_path / "checkpoint.pt"
    torch.save({"net": Attack()}, path)
    with pytest.raises(WeightsError):
        load_checkpoint(path)
    assert not (tmp_path / "owned").exists()


def test_new_networks_are_channels_last() -> None:
    net = new_network(SingleViewConfig(0.125))
    assert net.stem.conv.weight.is_contiguous(memory_format=torch.channels_last)
