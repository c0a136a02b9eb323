"""The bootstrap does what is missing, only that, and says what it may not do."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.shared_data import REPOSITORY


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with its folders elsewhere and nothing that it could really run."""
    path = REPOSITORY / "scripts" / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("bootstrap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "CONSTRAINTS", tmp_path / "constraints.txt")
    monkeypatch.setattr(module, "install_debian_packages", lambda _: False)
    (tmp_path / ".venv").mkdir()
    (tmp_path / "constraints.txt").write_text("")
    return module


def test_packages_are_installed_once_and_again_when_the_file_changes(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command: runs.append(command) or True)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("numpy==1\n")
    for text, expected in (("numpy==1\n", 1), ("numpy==1\n", 1), ("numpy==2\n", 2)):
        requirements.write_text(text)
        assert bootstrap.ensure_packages(requirements)
        assert len(runs) == expected
    assert str(requirements) in runs[0]


def test_a_failed_install_is_tried_again(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("numpy==1\n")
    monkeypatch.setattr(bootstrap, "_run", lambda _: False)
    assert not bootstrap.ensure_packages(requirements)
    monkeypatch.setattr(bootstrap, "_run", lambda _: True)
    assert bootstrap.ensure_packages(requirements)


def only_missing(library: str) -> object:
    return lambda asked: asked != library


@pytest.mark.parametrize(
    ("library", "package", "goes_on"),
    [("libxcb-cursor.so.0", "libxcb-cursor0", True), ("libEGL.so.1", "libegl1", False)],
)
def test_what_it_may_not_install_is_printed_as_a_command(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    library: str,
    package: str,
    goes_on: bool,
) -> None:
    monkeypatch.setattr(bootstrap, "_loads", only_missing(library))
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap.glob, "glob", lambda _: ["a driver"])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: "/usr/bin/apt-get")
    assert bootstrap.ensure_system_libraries() is goes_on
    assert f"sudo apt-get install {package}\n" in capsys.readouterr().out


def test_nothing_missing_says_nothing(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "_loads", lambda _: True)
    monkeypatch.setattr(bootstrap.glob, "glob", lambda _: ["a driver"])
    assert bootstrap.ensure_system_libraries()
    assert capsys.readouterr().out == ""


def test_the_tracker_is_prepared_once_and_again_when_its_sources_change(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command: runs.append(command) or True)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    source = tmp_path / "engine" / "kernel.py"
    source.parent.mkdir()
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "manifest.json").write_text("{}")
    for text, expected in (("a", 1), ("a", 1), ("b", 2)):
        source.write_text(text)
        assert bootstrap.ensure_prepared()
        assert len(runs) == expected
    assert runs[0][-1] == "prepare"
