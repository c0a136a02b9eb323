"""The default command: window or preview, and how it decides."""

import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest

from app.cli import main
from app.display import check_display, has_display
from engine.errors import UserError
from tests.fakes.truth_estimator import TruthEstimator

LINUX = "linux"


@pytest.mark.parametrize(
    ("environment", "system", "shown"),
    [
        ({}, LINUX, False),
        ({"DISPLAY": ""}, LINUX, False),
        ({"DISPLAY": ":0"}, LINUX, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, LINUX, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, LINUX, True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_display(environment: dict[str, str], system: str, shown: bool) -> None:
    assert has_display(environment, system) is shown


def test_a_missing_window_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.display._loads", lambda _: False)
    with pytest.raises(UserError, match="make system-libraries"):
        check_display({"DISPLAY": ":0"}, LINUX)
    check_display({"QT_QPA_PLATFORM": "offscreen"}, LINUX)
    check_display({}, "darwin")


@pytest.mark.skipif(sys.platform != LINUX, reason="X11 is asked only on Linux")
def test_a_display_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(UserError, match="none answers at DISPLAY=:987"):
        check_display({"DISPLAY": ":987"}, LINUX)


def test_with_a_display_the_window_gets_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run_window(uri: str | None) -> int:
        asked.append(uri)
        return 0

    monkeypatch.setitem(sys.modules, "app.application", SimpleNamespace(run_window=run_window))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert main([]) == 0
    assert main(["--source", "sim:seed=4"]) == 0
    assert asked == [None, "sim:seed=4"]


@pytest.mark.slow
def test_without_a_display_it_says_so_and_writes_a_preview(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    estimator: TruthEstimator,
) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--frames", "6"]) == 0
    said = capsys.readouterr().out
    assert "no display" in said
    assert "frames a second" in said
    assert "mesh to depth 1.5 mm" in said
    assert estimator.frames == 6
    picture = cv2.imread(str(tmp_path / "out" / "preview.png"))
    assert picture.std() > 1
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["preview.mp4", "preview.png"]
