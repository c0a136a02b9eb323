"""What goes into a session of a frame comes out of it, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.messages import Frame, HandTruth, Picture, Side
from engine.recording.frame_messages import decode_frame, encode_frame
from engine.recording.images import decode_image, encode_image
from engine.recording.layout import FRAME_TOPIC, SessionError, image_topic
from tests.engine.recording.sameness import same
from tests.fakes.cameras import SMALL
from tests.fakes.sessions import quantised_frame, stereo_frame


def there_and_back(frame: Frame) -> Frame:
    return decode_frame({m.topic: m.data for m in encode_frame(frame)})


def depth_of(frame: Frame) -> np.ndarray:
    encoded = {m.topic: m.data for m in encode_frame(frame)}
    return decode_image(encoded[image_topic("depth")])


@pytest.mark.parametrize("unit_m", [0.001, 0.0001, 0.000125, 1 / 3000, 0.00009999999747378752])
def test_every_depth_that_a_device_can_measure_comes_back(unit_m: float) -> None:
    camera = PinholeCamera(256, 256, 200.0, 200.0, 127.5, 127.5)
    raw = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    depth = raw.astype(np.float32) * np.float32(unit_m)
    frame = Frame("a", 3, 10, camera, depth, depth_unit_m=unit_m)
    assert same(depth_of(frame), raw)
    assert same(there_and_back(frame), frame)


def test_depth_that_is_no_multiple_of_its_unit_is_kept_in_metres() -> None:
    frame = replace(quantised_frame(0), depth_m=quantised_frame(0).depth_m + np.float32(1e-5))
    assert depth_of(frame).dtype == np.float32
    assert same(there_and_back(frame), frame)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -0.0, -0.5, 1e-42, 70.0])
def test_odd_depth_is_kept_as_it_is(odd: float) -> None:
    depth = quantised_frame(0).depth_m.copy()
    depth[3, 4] = odd
    frame = replace(quantised_frame(0), depth_m=depth)
    assert same(there_and_back(frame), frame)


def test_depth_without_a_unit_is_kept_in_metres() -> None:
    depth = np.random.default_rng(0).random((12, 16), np.float32)
    frame = Frame("a", 0, 1, SMALL, depth)
    assert depth_of(frame).dtype == np.float32
    assert same(there_and_back(frame), frame)


def test_a_frame_with_all_that_a_frame_can_have_comes_back() -> None:
    frame = stereo_frame(7)
    assert frame.color is not None
    assert len(frame.pictures) == 2
    assert len(frame.truth) == 2
    assert np.isnan(frame.truth[1].joints).any()
    assert same(there_and_back(frame), frame)


def test_the_message_that_completes_a_frame_comes_last() -> None:
    assert encode_frame(stereo_frame(0))[-1].topic == FRAME_TOPIC


def test_missing_images_are_one_sentence() -> None:
    whole = {m.topic: m.data for m in encode_frame(stereo_frame(0))}
    for topic in whole:
        rest = {name: data for name, data in whole.items() if name != topic}
        with pytest.raises(SessionError, match=r"cannot be understood: a frame lacks"):
            decode_frame(rest)


def broken(whole: Mapping[str, bytes], topic: str, data: bytes) -> dict[str, bytes]:
    return {**whole, topic: data}


NO_MESSAGES = (b"", b"\xff" * 20, b"{}", b"[]", b"3", b'{"captured_ns": null}')


@pytest.mark.parametrize("data", NO_MESSAGES)
def test_a_frame_of_something_else_is_one_sentence(data: bytes) -> None:
    whole = {m.topic: m.data for m in encode_frame(stereo_frame(0))}
    for topic in whole:
        with pytest.raises(SessionError, match="cannot be understood"):
            decode_frame(broken(whole, topic, data))


def test_an_image_shorter_than_it_says_is_one_sentence() -> None:
    whole = {m.topic: m.data for m in encode_frame(stereo_frame(0))}
    topic = image_topic("left")
    small = encode_image(np.zeros((2, 3), np.uint8), "left", 0)
    short = small.replace(b"\x00\x00\x00\x00\x00\x00", b"\x00")
    with pytest.raises(SessionError):
        decode_frame(broken(whole, topic, short))


def test_hand_truth_without_a_mesh_comes_back() -> None:
    truth = HandTruth(Side.LEFT, np.full((21, 3), 0.25))
    frame = replace(quantised_frame(0), truth=(truth,))
    assert same(there_and_back(frame), frame)


def test_pictures_in_colour_come_back() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (12, 16, 3)).astype(np.uint8)
    picture = Picture("right", 4, SMALL, RigidTransform.identity(), pixels)
    frame = replace(quantised_frame(0), pictures=(picture,))
    assert same(there_and_back(frame), frame)
