"""Videos are whole or not there."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.commands.video_file import VideoWriter, video_file
from engine.atomic_file import OutputError

PICTURE = np.zeros((48, 64, 3), np.uint8)


def test_colours_and_count_survive(tmp_path: Path) -> None:
    target = tmp_path / "red.mp4"
    red = PICTURE + np.array([255, 0, 0], np.uint8)
    with video_file(target, fps=30.0) as film:
        for _ in range(4):
            film.write(red)
    capture = cv2.VideoCapture(str(target))
    _, bgr = capture.read()
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 4
    assert np.abs(bgr[24, 32].astype(int) - [0, 0, 255]).max() < 12
    capture.release()


def test_frames_that_do_not_arrive_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk, of which OpenCV says nothing."""
    target = tmp_path / "film.mp4"
    target.write_text("former")
    keep = VideoWriter.write

    def lose_the_second(self: VideoWriter, picture: np.ndarray) -> None:
        if self.count == 1:
            self.count += 1
        else:
            keep(self, picture)

    monkeypatch.setattr(VideoWriter, "write", lose_the_second)
    with pytest.raises(OutputError, match="3 frames were given and 2 arrived"):
        write_three(target)
    assert target.read_text() == "former"
    assert list(tmp_path.iterdir()) == [target]


def write_three(target: Path) -> None:
    with video_file(target, fps=30.0) as film:
        for _ in range(3):
            film.write(PICTURE)


def test_a_video_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError), video_file(tmp_path / "film.mp4", fps=30.0):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_video_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.mp4"):
        write_three(tmp_path / "film.txt")
