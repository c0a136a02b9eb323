"""The contract of inference backends: the same answers from every runtime, at any batch size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from engine.capture.sources import open_camera
from engine.errors import UserError
from engine.hand.model import load_hand_model
from engine.inference.backend import AGREEMENT, BACKENDS, Backend, create_backend
from engine.inference.crops import Crop, extract_crop
from engine.inference.single_view import single_view_network
from engine.messages import Frame
from engine.training.synthesis import sample_stream
from tests.shared_data import REPOSITORY, shared_folder

SHAPES = {"joints": (21, 3), "spread": (21,), "pose": (41,), "logits": (2,)}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cold cache of our own, shared by all backends as in real life."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDTUNE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest, cache: Path) -> Backend:  # noqa: ARG001
    return create_backend(request.param, single_view_network())


@pytest.fixture(scope="module")
def reference(cache: Path) -> Backend:  # noqa: ARG001
    return create_backend("torch", single_view_network())


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """[5, 1, 128, 128]: rendered hands and arms with sensor noise."""
    samples = sample_stream(5, load_hand_model(), samples_per_scene=1)
    shown = (sample.image for sample in samples if sample.present and sample.same_side)
    return np.stack(list(islice(shown, 5)))[:, None]


def _assert_alike(backend: Backend, reference: Backend, images: np.ndarray) -> None:
    found, expected = backend.run(images), reference.run(images)
    assert set(found) == set(SHAPES)
    for name, shape in SHAPES.items():
        assert found[name].shape == (len(images), *shape)
        assert found[name].dtype == np.float32
        sure = expected["spread"] < 0.15 if name in ("joints", "spread") else slice(None)
        _assert_close(backend, name, found[name][sure], expected[name][sure])


def _assert_close(backend: Backend, name: str, found: np.ndarray, expected: np.ndarray) -> None:
    if name == "logits":
        found, expected = (1 / (1 + np.exp(-logits)) for logits in (found, expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=AGREEMENT[backend.name], err_msg=name)


def test_every_backend_states_its_agreement() -> None:
    assert set(AGREEMENT) == set(BACKENDS)


def test_rendered_crops_give_the_same_answer(
    backend: Backend, reference: Backend, crops: np.ndarray
) -> None:
    _assert_alike(backend, reference, crops)


def test_crops_of_a_real_camera_give_the_same_answer(backend: Backend, reference: Backend) -> None:
    folder = shared_folder("data", "sr305_depth")
    with open_camera(f"folder:{folder}") as camera:
        frames = [camera.read() for _ in range(8)]
    images = np.stack([_crop_of_the_nearest_thing(frame) for frame in frames])[:, None]
    hands = images[reference.run(images)["logits"][:, 0] > 1]
    assert len(hands) >= 4
    _assert_alike(backend, reference, hands)


def _crop_of_the_nearest_thing(frame: Frame) -> np.ndarray:
    near = np.percentile(frame.depth_m[frame.depth_m > 0], 1)
    rows, columns = np.nonzero((frame.depth_m > 0) & (frame.depth_m < near + 0.1))
    middle = np.array([columns.mean(), rows.mean()])
    centre = frame.camera.unproject(middle, np.array(near + 0.04))
    return extract_crop(frame.depth_m, Crop(frame.camera, centre))


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_the_batch_size_is_free_and_changes_nothing(
    backend: Backend, crops: np.ndarray, batch: int
) -> None:
    together, alone = backend.run(crops[:batch]), backend.run(crops[:1])
    for name in SHAPES:
        _assert_close(backend, name, together[name][:1], alone[name])


def test_an_answer_stays_as_it_is_when_the_next_comes(backend: Backend, crops: np.ndarray) -> None:
    first = backend.run(crops[:1])
    before = {name: value.copy() for name, value in first.items()}
    backend.run(crops[1:2])
    for name in SHAPES:
        np.testing.assert_array_equal(first[name], before[name])


def test_the_input_is_left_alone(backend: Backend, crops: np.ndarray) -> None:
    images = crops[:2].copy()
    backend.run(images)
    np.testing.assert_array_equal(images, crops[:2])


def test_all_runtimes_share_one_exported_file(backend: Backend, cache: Path) -> None:
    assert backend is not None
    assert len(list(cache.iterdir())) <= 1


def test_an_unknown_backend_gets_one_sentence() -> None:
    with pytest.raises(UserError, match=r"expected one of auto, .*found 'cuda'; choose"):
        create_backend("cuda", single_view_network())


_TWO_AT_ONCE = """
import numpy as np
from engine.inference.depth_estimator import create_estimator
from engine.runtime.side_by_side import side_by_side
networks = create_estimator()._networks
image = np.ones((1, 1, 128, 128), np.float32)
side_by_side(lambda _, network: network._backend.run(image), networks)
"""


@pytest.mark.parametrize("attempt", range(3))
def test_two_networks_begin_side_by_side(attempt: int) -> None:  # noqa: ARG001 - the same again
    """In a process of its own, since only the very first calls of a runtime can hang."""
    subprocess.run([sys.executable, "-c", _TWO_AT_ONCE], cwd=REPOSITORY, check=True, timeout=60)
