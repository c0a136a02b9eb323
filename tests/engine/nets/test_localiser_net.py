"""The localiser's network and its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import WeightsError
from engine.inference.backend_onnxruntime import OnnxRuntimeBackend
from engine.inference.localiser_peaks import STRIDE
from engine.nets.localiser_file import export_localiser, load_localiser, save_localiser
from engine.nets.localiser_net import LocaliserNet, input_planes


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "localiser.safetensors"
    torch.manual_seed(0)
    save_localiser(path, LocaliserNet(), {"seed": 0})
    return path


@pytest.mark.parametrize("size", [(128, 160), (96, 96), (160, 256)])
def test_one_cell_for_every_stride(size: tuple[int, int]) -> None:
    maps = LocaliserNet().eval()(torch.rand(2, 1, *size))
    assert maps.shape == (2, 5, size[0] // STRIDE, size[1] // STRIDE)


def test_input_planes_are_bounded_and_zero_without_data() -> None:
    depth = torch.rand(1, 1, 64, 64) * 3
    depth[..., 20:40, 20:40] = 0
    planes = input_planes(depth)
    assert planes.shape == (1, 4, 64, 64)
    assert planes.abs().max() <= 2
    assert planes[..., 20:40, 20:40].abs().max() == 0


def test_relief_does_not_depend_on_the_distance() -> None:
    bump = torch.zeros(1, 1, 64, 64)
    bump[..., 30:34, 30:34] = -0.01
    near, far = (input_planes(z + bump)[:, 2:] for z in (0.4, 1.0))
    torch.testing.assert_close(near, far, atol=1e-3, rtol=0)


def test_onnx_runs_any_size_and_agrees_with_torch(weights: Path, tmp_path: Path) -> None:
    export_localiser(weights, tmp_path / "net.onnx")
    backend = OnnxRuntimeBackend(tmp_path / "net.onnx", threads=1)
    net = load_localiser(weights)
    for size in ((128, 160), (160, 224)):
        image = np.random.default_rng(0).uniform(0.2, 2, (1, 1, *size)).astype(np.float32)
        with torch.no_grad():
            expected = net(torch.from_numpy(image)).numpy()
        np.testing.assert_allclose(backend.run(image)["maps"], expected, atol=2e-3)


def test_damaged_missing_and_foreign_files_get_one_sentence(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    damaged, foreign = tmp_path / "damaged.safetensors", tmp_path / "foreign.safetensors"
    damaged.write_bytes(b"no weights")
    save_file({"weight": torch.zeros(3)}, foreign)
    for path in (damaged, foreign, tmp_path / "missing.safetensors"):
        with pytest.raises(WeightsError, match=path.name):
            load_localiser(path)
