"""The simulated camera: options, repeatability, truth, calm motion."""

from __future__ import annotations

import numpy as np
import pytest

from engine.capture.simulated import open_simulated
from engine.capture.sources import open_camera
from engine.errors import EndOfStream, SourceError
from engine.messages import Frame, Side

SMALL = "width=160,height=120"


def _frames(uri: str, count: int) -> list[Frame]:
    with open_camera(uri) as camera:
        return [camera.read() for _ in range(count)]


def test_the_default_is_one_right_hand_at_vga_and_30_frames_a_second() -> None:
    with open_camera("sim:") as camera:
        frame = camera.read()
        assert (camera.info.camera.width_px, camera.info.camera.height_px) == (640, 480)
        assert camera.info.fps == 30
    assert [hand.side for hand in frame.truth] == [Side.RIGHT]
    assert frame.depth_m.shape == (480, 640)


@pytest.mark.parametrize("mode", ["stream", "shuffled", "empty"])
def test_the_same_seed_gives_the_same_frames(mode: str) -> None:
    first, second = (_frames(f"sim:{SMALL},seed=4,mode={mode}", 3) for _ in range(2))
    other = _frames(f"sim:{SMALL},seed=5,mode={mode}", 3)
    for a, b, c in zip(first, second, other, strict=True):
        np.testing.assert_array_equal(a.depth_m, b.depth_m)
        assert not np.array_equal(a.depth_m, c.depth_m)


@pytest.mark.parametrize("hands", [0, 1, 2])
def test_truth_has_the_hands_asked_for(hands: int) -> None:
    for frame in _frames(f"sim:{SMALL},hands={hands}", 5):
        assert len(frame.truth) == hands
        assert len({hand.side for hand in frame.truth}) == hands


def test_the_truth_lies_on_the_depth() -> None:
    """Where a vertex projects, the picture shows it or something before it; outlines excepted."""
    frame = _frames("sim:sensor=ideal", 1)[0]
    vertices = frame.truth[0].vertices
    assert vertices is not None
    u, v = np.round(frame.camera.project(vertices)).astype(int).T
    seen = frame.depth_m[v, u]
    valid = seen > 0
    assert valid.mean() > 0.95
    assert np.percentile(seen[valid] - vertices[valid, 2], 85) < 0.002
    surface = np.abs(seen - vertices[:, 2])[valid]
    assert np.percentile(surface, 25) < 0.0015


def test_motion_is_calm() -> None:
    frames = _frames(f"sim:{SMALL}", 240)
    joints = np.array([frame.truth[0].joints for frame in frames if frame.truth])
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1) * 30
    assert speed[:, 0].max() < 1.0  # wrist, m/s
    assert speed.max() < 2.5  # any joint
    assert speed[:, 0].max() > 0.1  # and yet it moves


def test_the_hand_leaves_the_picture_and_comes_back() -> None:
    seen = [bool(frame.truth) for frame in _frames("sim:width=80,height=60,fps=5", 250)]
    changes = np.diff(np.array(seen, int))
    assert (changes == -1).any()
    assert (changes == 1).any()
    assert np.mean(seen) > 0.7


def test_rest_keeps_the_hand_still_and_the_noise_alive() -> None:
    first, second = _frames(f"sim:{SMALL},rest=1", 2)
    np.testing.assert_array_equal(first.truth[0].joints, second.truth[0].joints)
    assert not np.array_equal(first.depth_m, second.depth_m)


def test_shuffled_frames_carry_labels_and_differ() -> None:
    frames = _frames(f"sim:{SMALL},mode=shuffled", 12)
    labels = [dict(item.split("=") for item in frame.name.split(";")) for frame in frames]
    assert all({"view", "pose", "sensor", "side", "layout", "take"} <= set(row) for row in labels)
    assert [row["side"] for row in labels] == [str(frame.truth[0].side) for frame in frames]
    assert len({row["pose"] for row in labels}) > 2
    assert {row["side"] for row in labels} == {"left", "right"}


def test_empty_frames_show_scenes_without_hands() -> None:
    frames = _frames(f"sim:{SMALL},mode=empty", 8)
    assert not any(frame.truth for frame in frames)
    assert np.mean([(frame.depth_m > 0).mean() for frame in frames]) > 0.1


def test_frames_end_where_asked() -> None:
    with open_camera(f"sim:{SMALL},frames=2") as camera:
        assert camera.info.frame_count == 2
        camera.read()
        camera.read()
        with pytest.raises(EndOfStream):
            camera.read()


def test_live_pace_keeps_to_its_rate() -> None:
    frames = _frames(f"sim:{SMALL},pace=live,fps=20", 6)
    elapsed_s = (frames[-1].captured_ns - frames[0].captured_ns) / 1e9
    assert elapsed_s > 0.2  # five intervals of 50 ms; a busy machine may delay the first frame


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"hand": "1"}, "hand"),
        ({"hands": "3"}, "0 to 2"),
        ({"side": "up"}, "right or left"),
        ({"seed": "-1"}, "whole number"),
        ({"sensor": "radar"}, "structured_light"),
        ({"fps": "fast"}, "1 to 240"),
    ],
)
def test_bad_options_get_one_sentence(options: dict[str, str], word: str) -> None:
    with pytest.raises(SourceError, match=word):
        open_simulated(options)


@pytest.mark.parametrize("sensor", ["ideal", "structured_light", "time_of_flight"])
def test_depth_is_in_whole_numbers_of_its_unit(sensor: str) -> None:
    frame = _frames(f"sim:{SMALL},sensor={sensor}", 1)[0]
    unit = np.float32(frame.depth_unit_m)
    raw = np.rint(frame.depth_m / unit).astype(np.uint16)
    assert unit > 0
    np.testing.assert_array_equal(raw * unit, frame.depth_m)


def test_a_stereo_device_has_no_unit() -> None:
    assert _frames(f"sim:{SMALL},sensor=active_stereo", 1)[0].depth_unit_m == 0


def test_infrared_pictures_are_a_stereo_pair() -> None:
    """What the depth image shows stands in the right picture where its distance says."""
    frame = _frames("sim:infrared=2,sensor=ideal", 1)[0]
    left, right = frame.pictures
    assert (left.name, right.name) == ("left", "right")
    assert left.pixels.shape == right.pixels.shape == frame.depth_m.shape
    hand = frame.truth[0].joints
    v, u = np.nonzero((frame.depth_m > 0.2) & (frame.depth_m < hand[:, 2].max() + 0.02))
    points = frame.camera.unproject(np.stack([u, v], -1), frame.depth_m[v, u])
    assert len(points) > 2000
    found = right.camera.project(right.T_depth_from_picture.inverse().apply(points))
    columns, rows = np.round(found).astype(int).T
    inside = (columns >= 0) & (columns < 640)
    seen = right.pixels[rows[inside], columns[inside]].astype(float)
    here = left.pixels[v[inside], u[inside]].astype(float)
    assert np.corrcoef(seen, here)[0, 1] > 0.8
    unmoved = right.pixels[v[inside], u[inside]].astype(float)
    assert np.corrcoef(unmoved, here)[0, 1] < 0.6


def test_one_infrared_picture_is_the_left_one() -> None:
    assert [p.name for p in _frames(f"sim:{SMALL},infrared=1", 1)[0].pictures] == ["left"]


def test_infrared_changes_neither_depth_nor_truth() -> None:
    plain, both = (_frames(f"sim:{SMALL}{more}", 3) for more in ("", ",infrared=2"))
    for a, b in zip(plain, both, strict=True):
        np.testing.assert_array_equal(a.depth_m, b.depth_m)
        np.testing.assert_array_equal(a.truth[0].joints, b.truth[0].joints)


def test_infrared_without_a_stream_is_refused() -> None:
    with pytest.raises(SourceError, match="in the mode stream only, found mode=shuffled"):
        open_simulated({"infrared": "2", "mode": "shuffled"})


def test_a_rendered_film_goes_to_and_fro() -> None:
    frames = _frames(f"sim:{SMALL},film=4", 9)
    plain = _frames(f"sim:{SMALL}", 4)
    shown = [0, 1, 2, 3, 2, 1, 0, 1, 2]
    for number, (frame, index) in enumerate(zip(frames, shown, strict=True)):
        assert frame.sequence == number
        np.testing.assert_array_equal(frame.depth_m, plain[index].depth_m)
        np.testing.assert_array_equal(frame.truth[0].joints, plain[index].truth[0].joints)


def test_a_film_of_one_frame_stands_still() -> None:
    first, second = _frames(f"sim:{SMALL},film=1", 2)
    assert first.depth_m is second.depth_m
