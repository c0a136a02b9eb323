"""Pairs of pictures in folders and in video files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.formats.files import RigFormat, import_rig
from calibration.storage import to_toml
from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.offline import run_offline
from tests.fakes.estimators import EmptyEstimator
from tests.fakes.stereo_pairs import write_pictures, write_rig, write_videos
from tests.shared_data import shared_folder


def test_pictures_come_in_their_order_with_their_names(tmp_path: Path) -> None:
    with open_camera(f"images:{write_pictures(tmp_path)},fps=10") as camera:
        frames = [camera.read() for _ in range(3)]
        assert camera.info.frame_count == 3
    assert [frame.name for frame in frames] == ["000.png", "001.png", "002.png"]
    assert [frame.source_ns for frame in frames] == [0, 100_000_000, 200_000_000]
    depths = [np.median(frame.depth_m[20:-20, 60:-20]) for frame in frames]
    assert depths == pytest.approx([140 * 0.08 / d for d in (20, 21, 22)], abs=0.006)


def test_grey_and_colour_pictures_are_both_read(tmp_path: Path) -> None:
    where = write_pictures(tmp_path, 1)
    for side in ("left", "right"):
        path = str(tmp_path / side / "000.png")
        cv2.imwrite(path, cv2.imread(path, cv2.IMREAD_GRAYSCALE))
    with open_camera(f"images:{where}") as camera:
        assert camera.read().depth_m.any()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda p: (p / "left" / "001.png").unlink(), "same number of pictures, found 2"),
        (lambda p: [f.unlink() for f in (p / "left").iterdir()], "holds no pictures"),
        (lambda p: (p / "rig.toml").write_text("no rig"), "Rig file .* cannot be used"),
        (lambda p: (p / "right" / "000.png").write_bytes(b"?"), "not a readable picture"),
    ],
)
def test_damage_gets_one_sentence(tmp_path: Path, harm: object, words: str) -> None:
    where = write_pictures(tmp_path)
    harm(tmp_path)  # type: ignore[operator]
    with pytest.raises(SourceError, match=words) as error:
        open_camera(f"images:{where}")
    assert "\n" not in str(error.value)


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    where = write_pictures(tmp_path)
    cv2.imwrite(str(tmp_path / "left" / "001.png"), np.zeros((40, 50), np.uint8))
    with open_camera(f"images:{where}") as camera:
        camera.read()
        with pytest.raises(SourceError, match=r"001.png: expected 160 x 120 px .* 50 x 40"):
            camera.read()


def test_rig_of_another_size_is_refused(tmp_path: Path) -> None:
    where = write_pictures(tmp_path)
    from tests.fakes.stereo_pairs import straight_rig

    write_rig(tmp_path / "rig.toml", straight_rig(320, 240))
    with pytest.raises(SourceError, match="320 x 240 px on the left, and the camera gives 160"):
        open_camera(f"images:{where}")


def test_videos_of_different_rates_are_paired_by_time(tmp_path: Path) -> None:
    where = write_videos(tmp_path, 12, left_fps=60.0)
    with open_camera(f"video:{where}") as camera:
        frames = [frame for frame, _ in run_offline(camera, EmptyEstimator())]
    assert len(frames) == 6  # 12 left pictures in 0.2 s, of which every second has a partner.
    assert max(frame.skew_ns for frame in frames) < 9_000_000


def test_videos_play_again_where_asked(tmp_path: Path) -> None:
    with open_camera(f"video:{write_videos(tmp_path)},loop=yes") as camera:
        assert [camera.read().sequence for _ in range(7)] == list(range(7))


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("video:a.mp4?rig={rig}", "needs two video files, left before right"),
        ("video:/no/a.mp4,/no/b.mp4?rig={rig}", "expected a video file, found nothing"),
        ("video:{rig},{rig}?rig={rig}", "not a video that can be read"),
        ("video:a.mp4,b.mp4", "calibrate them, then name the rig file: video:"),
        ("images:/no/left,/no/right?rig={rig}", "a folder of pictures is expected"),
    ],
)
def test_bad_uri_gets_one_sentence(tmp_path: Path, uri: str, words: str) -> None:
    rig = write_rig(tmp_path / "rig.toml")
    with pytest.raises(SourceError, match=words) as error:
        open_camera(uri.format(rig=rig))
    assert "\n" not in str(error.value)


def test_two_cameras_far_apart_say_that_there_is_no_dense_depth(tmp_path: Path) -> None:
    clip = shared_folder("data", "two_camera_clip")
    files = ("c0.dat", "c1.dat", "rot_trans_c0.dat", "rot_trans_c1.dat")
    stored = import_rig(RigFormat.OPENCV_TEXT, [clip / name for name in files], size_px=(720, 720))
    rig = tmp_path / "clip.toml"
    rig.write_text(to_toml(stored), encoding="utf-8")
    with pytest.raises(SourceError, match="so wide a baseline gives no dense depth"):
        open_camera(f"video:{clip / 'cam0.mp4'},{clip / 'cam1.mp4'}?rig={rig}")
