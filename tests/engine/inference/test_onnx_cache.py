"""The ONNX cache: exports once for each set of weights, and never leaves half a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.inference.backend import NetworkFile
from engine.inference.onnx_cache import cache_folder, cached_onnx


class Exporter:
    """Writes a copy of the weights as "ONNX" and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, weights: Path, onnx_path: Path) -> None:
        self.count += 1
        onnx_path.write_bytes(b"onnx of " + weights.read_bytes())


@pytest.fixture(autouse=True)
def cold_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "somewhere" / "cache"
    monkeypatch.setenv("HANDTUNE_CACHE", str(folder))
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"first")
    return path


def test_the_environment_says_where_it_is(cold_cache: Path) -> None:
    assert cache_folder() == cold_cache


def test_the_second_call_reuses_the_file(weights: Path, cold_cache: Path) -> None:
    export = Exporter()
    first = cached_onnx(NetworkFile(weights, export))
    assert cached_onnx(NetworkFile(weights, export)) == first
    assert export.count == 1
    assert first.read_bytes() == b"onnx of first"
    assert list(cold_cache.iterdir()) == [first], "no temporary file is left"


def test_other_weights_are_exported_anew_and_the_old_file_stays(weights: Path) -> None:
    export = Exporter()
    first = cached_onnx(NetworkFile(weights, export))
    weights.write_bytes(b"second")
    second = cached_onnx(NetworkFile(weights, export))
    assert export.count == 2
    assert (first.read_bytes(), second.read_bytes()) == (b"onnx of first", b"onnx of second")
    weights.write_bytes(b"first")
    assert cached_onnx(NetworkFile(weights, export)) == first
    assert export.count == 2


def test_the_same_weights_elsewhere_share_the_file(weights: Path, tmp_path: Path) -> None:
    export = Exporter()
    copy = tmp_path / "copy" / weights.name
    copy.parent.mkdir()
    copy.write_bytes(weights.read_bytes())
    assert cached_onnx(NetworkFile(weights, export)) == cached_onnx(NetworkFile(copy, export))
    assert export.count == 1


def test_an_export_that_fails_halfway_is_not_taken_for_a_file(weights: Path) -> None:
    def broken(_: Path, onnx_path: Path) -> None:
        onnx_path.write_bytes(b"half")
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        cached_onnx(NetworkFile(weights, broken))
    export = Exporter()
    assert cached_onnx(NetworkFile(weights, export)).read_bytes() == b"onnx of first"
    assert export.count == 1


def test_a_file_that_is_there_already_is_taken(tmp_path: Path) -> None:
    def export(weights: Path, onnx: Path) -> None:
        raise AssertionError(f"{weights} was exported to {onnx}")

    given = tmp_path / "given.onnx"
    assert cached_onnx(NetworkFile(tmp_path / "no.weights", export, given)) == given
