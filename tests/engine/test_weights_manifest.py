"""Weights are used only when they are the listed ones."""

import json
from pathlib import Path

import pytest

from engine.errors import WeightsError
from engine.weights_manifest import (
    WEIGHTS_FOLDER,
    problem_with,
    read_manifest,
    sha256_of,
    verified_weights,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.safetensors").write_bytes(b"weights")
    entry = {
        "sha256": sha256_of(tmp_path / "net.safetensors"),
        "what": "a network",
        "source": "here",
        "licence": "MIT",
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"files": {"net.safetensors": entry}}))
    return tmp_path


def test_listed_file_is_given(folder: Path) -> None:
    assert verified_weights("net.safetensors", folder) == folder / "net.safetensors"


def test_one_flipped_byte_is_one_sentence(folder: Path) -> None:
    (folder / "net.safetensors").write_bytes(b"Weights")
    with pytest.raises(WeightsError, match="expected SHA-256"):
        verified_weights("net.safetensors", folder)


def test_missing_file_and_unlisted_name(folder: Path) -> None:
    with pytest.raises(WeightsError, match="not listed"):
        verified_weights("other.safetensors", folder)
    (folder / "net.safetensors").unlink()
    with pytest.raises(WeightsError, match="is missing"):
        verified_weights("net.safetensors", folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {"a": 1}}', '{"files": {"a": {}}}'])
def test_damaged_manifest_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(WeightsError, match="cannot be read"):
        read_manifest(folder)


def test_shipped_weights_are_the_listed_ones_and_have_an_origin() -> None:
    entries = read_manifest()
    assert [problem_with(entry) for entry in entries] == [""] * len(entries)
    assert all(entry.source and entry.licence for entry in entries)
    listed = {entry.name for entry in entries}
    assert {path.name for path in WEIGHTS_FOLDER.glob("*.safetensors")} <= listed
