"""Folders for temporary files: one's own, and nobody else's is touched unless its owner is gone."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from engine.adaptation.scratch import PREFIX, new_scratch_folder

NOBODY = 2**22 + 1
"""More than Linux ever numbers."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_each_call_gives_another_folder(temporary: Path) -> None:
    first, second = new_scratch_folder(), new_scratch_folder()
    assert first != second
    assert first.is_dir()
    assert first.parent == temporary


def test_what_a_killed_program_left_is_removed(temporary: Path) -> None:
    assert not psutil.pid_exists(NOBODY)
    left = temporary / f"{PREFIX}{NOBODY}-abc"
    (left / "life-1").mkdir(parents=True)
    (left / "life-1" / "adapted-0001.safetensors").touch()
    new_scratch_folder()
    assert not left.exists()


def test_what_belongs_to_others_stays(temporary: Path) -> None:
    alive = temporary / f"{PREFIX}{os.getppid()}-abc"
    unknown = temporary / f"{PREFIX}notes"
    for folder in (alive, unknown):
        folder.mkdir()
    new_scratch_folder()
    assert alive.exists()
    assert unknown.exists()
