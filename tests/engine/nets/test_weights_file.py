"""Weights travel: safetensors and back, ONNX and back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.errors import WeightsError
from engine.inference.backend_onnxruntime import OnnxRuntimeBackend
from engine.nets.single_view import SingleViewConfig, SingleViewNet
from engine.nets.weights_file import OUTPUTS, export_onnx, load_deployed, load_network
from engine.training.checkpoint import export_weights

TINY = {1: SingleViewConfig(0.125, 1), 2: SingleViewConfig(0.125, 2)}


def _trained(config: SingleViewConfig) -> SingleViewNet:
    """A network whose running statistics are not those it was born with."""
    torch.manual_seed(0)
    net = SingleViewNet(config).train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(4, 1, 128, 128))
    return net.eval()


@pytest.fixture(params=TINY.values(), ids=["one stack", "two stacks"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[SingleViewNet, Path]:
    net = _trained(request.param)
    path = tmp_path / "net.safetensors"
    export_weights(path, net, request.param, {"seed": 7})
    return net, path


def test_a_network_comes_back_as_it_was_saved(saved: tuple[SingleViewNet, Path]) -> None:
    net, path = saved
    again = load_network(path)
    assert not again.training
    assert again.config == net.config
    for (name, before), after in zip(
        net.state_dict().items(), again.state_dict().values(), strict=True
    ):
        if not name.endswith("num_batches_tracked"):
            # float16: 11 bits of mantissa.
            torch.testing.assert_close(after, before, atol=1e-6, rtol=2**-11)
    image = torch.rand(2, 1, 128, 128)
    with torch.no_grad():
        torch.testing.assert_close(
            again(image)[-1].joints, net(image)[-1].joints, atol=5e-3, rtol=0
        )


def test_the_header_says_what_the_file_is(saved: tuple[SingleViewNet, Path]) -> None:
    net, path = saved
    with safe_open(path, "pt") as stored:
        header = stored.metadata()
    assert json.loads(header["config"]) == {"width": 0.125, "stacks": net.config.stacks}
    assert json.loads(header["facts"]) == {"seed": 7}
    assert not list(path.parent.glob("*.part"))


def test_onnx_equals_torch_at_any_batch_size(
    saved: tuple[SingleViewNet, Path], tmp_path: Path
) -> None:
    _, path = saved
    export_onnx(path, tmp_path / "net.onnx")
    onnx = OnnxRuntimeBackend(tmp_path / "net.onnx", threads=1)
    net, names = load_deployed(path)
    assert names == OUTPUTS
    for batch in (1, 2, 5):
        image = np.random.default_rng(batch).uniform(-1, 1, (batch, 1, 128, 128)).astype(np.float32)
        with torch.no_grad():
            expected = net(torch.from_numpy(image))
        found = onnx.run(image)
        assert set(found) == set(OUTPUTS)
        for name, value in zip(OUTPUTS, expected, strict=True):
            assert found[name].shape == tuple(value.shape)
            np.testing.assert_allclose(found[name], value.numpy(), atol=1e-4)


def _foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def _other_size(path: Path) -> None:
    """Tensors of one size under a header that claims another."""
    export_weights(path, _trained(TINY[1]), SingleViewConfig(0.25, 1), {})


def _half_of_it(path: Path) -> None:
    state = dict(list(_trained(TINY[1]).state_dict().items())[:20])
    save_file(state, path, {"config": '{"width": 0.125, "stacks": 1}'})


def _impossible_config(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path, {"config": '{"width": 99, "stacks": 1}'})


def _damaged(path: Path) -> None:
    path.write_bytes(b"no weights at all")


def _truncated(path: Path) -> None:
    export_weights(path, _trained(TINY[1]), TINY[1], {})
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    "write", [_foreign, _other_size, _half_of_it, _impossible_config, _damaged, _truncated]
)
def test_other_files_get_one_sentence(tmp_path: Path, write) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "net.safetensors"
    write(path)
    with pytest.raises(WeightsError, match=r"net\.safetensors.*restore the file") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"expected .*none\.safetensors, found nothing"):
        load_network(tmp_path / "none.safetensors")
