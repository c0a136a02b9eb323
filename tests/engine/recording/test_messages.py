"""What goes into a session comes out of it, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import jsonschema
import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.messages import Frame, HandState, HandTruth, Picture, Scene, Side
from engine.recording import messages
from engine.recording.images import (
    decode_calibration,
    decode_image,
    encode_calibration,
    encode_image,
)
from engine.recording.layout import (
    FRAME_TOPIC,
    Event,
    EventKind,
    PictureInfo,
    SessionError,
    SessionHeader,
    image_topic,
)
from engine.recording.schemas import schema_for
from tests.fakes.cameras import SMALL
from tests.fakes.sessions import header, quantised_frame, stereo_frame, tracked_hand


def same(first: Any, second: Any) -> bool:
    """Equal in every bit of every array, through all dataclasses."""
    if isinstance(first, np.ndarray):
        return (
            first.dtype == second.dtype
            and first.shape == second.shape
            and first.tobytes() == second.tobytes()
        )
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if hasattr(first, "__dataclass_fields__"):
        return type(first) is type(second) and all(
            same(getattr(first, f.name), getattr(second, f.name)) for f in fields(first)
        )
    return bool(first == second)


def there_and_back(frame: Frame) -> Frame:
    return messages.decode_frame({m.topic: m.data for m in messages.encode_frame(frame)})


def depth_of(frame: Frame) -> np.ndarray:
    encoded = {m.topic: m.data for m in messages.encode_frame(frame)}
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
    assert messages.encode_frame(stereo_frame(0))[-1].topic == FRAME_TOPIC


def test_missing_images_are_one_sentence() -> None:
    whole = {m.topic: m.data for m in messages.encode_frame(stereo_frame(0))}
    for topic in whole:
        rest = {name: data for name, data in whole.items() if name != topic}
        with pytest.raises(SessionError, match=r"cannot be understood: a frame lacks"):
            messages.decode_frame(rest)


def broken(whole: Mapping[str, bytes], topic: str, data: bytes) -> dict[str, bytes]:
    return {**whole, topic: data}


def test_json_messages_are_of_their_schemas() -> None:
    hands = (tracked_hand(Side.LEFT), tracked_hand(Side.RIGHT))
    event = Event(1, EventKind.GAP, "Gap.", {"frames": 2.0, "share": float("nan")})
    scene = messages.encode_scene(Scene(1, 2, hands, 3, {"find": 0.5}))
    for message in (*messages.encode_frame(stereo_frame(0)), scene, messages.encode_event(event)):
        schema = schema_for(message.topic)
        if schema.message_encoding == "json":
            jsonschema.validate(json.loads(message.data), json.loads(schema.data))


@pytest.mark.parametrize("data", [b"", b"\xff" * 20, b"{}", b"[]", b"3", b'{"captured_ns": null}'])
def test_messages_that_hold_something_else_are_one_sentence(data: bytes) -> None:
    whole = {m.topic: m.data for m in messages.encode_frame(stereo_frame(0))}
    for topic in whole:
        with pytest.raises(SessionError, match="cannot be understood"):
            messages.decode_frame(broken(whole, topic, data))
    for decode in (messages.decode_scene, messages.decode_event):
        with pytest.raises(SessionError, match="cannot be understood"):
            decode(data)


def test_an_image_shorter_than_it_says_is_one_sentence() -> None:
    whole = {m.topic: m.data for m in messages.encode_frame(stereo_frame(0))}
    topic = image_topic("left")
    small = encode_image(np.zeros((2, 3), np.uint8), "left", 0)
    short = small.replace(b"\x00\x00\x00\x00\x00\x00", b"\x00")
    with pytest.raises(SessionError):
        messages.decode_frame(broken(whole, topic, short))


@pytest.mark.parametrize("side", list(Side))
def test_a_scene_comes_back_with_the_vertices_of_its_hand_model(side: Side) -> None:
    scene = Scene(5, 123, (tracked_hand(side),), 456, {"find": 1.25, "network": 0.1 + 0.2})
    back = messages.decode_scene(messages.encode_scene(scene).data, load_hand_model())
    assert list(back.stage_ms.items()) == [("find", 1.25), ("network", 0.1 + 0.2)]
    np.testing.assert_allclose(back.hands[0].vertices, scene.hands[0].vertices, rtol=0, atol=1e-6)
    without = [replace(hand, vertices=hand.vertices[:0]) for hand in (*scene.hands, *back.hands)]
    assert same(without[0], without[1])
    assert (back.sequence, back.captured_ns, back.published_ns) == (5, 123, 456)


def test_a_scene_without_its_hand_model_has_no_vertices() -> None:
    scene = Scene(5, 123, (tracked_hand(Side.LEFT),))
    assert messages.decode_scene(messages.encode_scene(scene).data).hands[0].vertices.shape == (
        0,
        3,
    )


def test_numbers_that_json_lacks_come_back() -> None:
    hand = replace(
        tracked_hand(Side.RIGHT),
        joints=np.full((21, 3), np.nan),
        residual_m=float("inf"),
        confidence=np.full(21, -np.inf),
    )
    back = messages.decode_scene(messages.encode_scene(Scene(0, 0, (hand,))).data).hands[0]
    assert same(back.joints, hand.joints)
    assert same(back.confidence, hand.confidence)
    assert back.residual_m == float("inf")


def test_an_empty_scene_comes_back() -> None:
    scene = Scene(5, 123, ())
    assert messages.decode_scene(messages.encode_scene(scene).data) == scene


@pytest.mark.parametrize("kind", list(EventKind))
def test_an_event_comes_back(kind: EventKind) -> None:
    event = Event(99, kind, "3 frames were lost: the disk is slow – «ü».", {"frames": 3.0})
    assert messages.decode_event(messages.encode_event(event).data) == event


def test_a_header_comes_back() -> None:
    pose = RigidTransform(rotation_from_axis_angle(np.array([0.1, -0.2, 0.3])), np.arange(3) / 7)
    pictures = (PictureInfo("left", SMALL, pose),)
    full = replace(header(), pictures=pictures, profile="Ærø", part=3, depth_unit_m=0.0001)
    assert same(messages.decode_header(messages.encode_header(full)), full)
    assert all(isinstance(text, str) for text in messages.encode_header(full).values())


@pytest.mark.parametrize("name", [field.name for field in fields(SessionHeader)])
def test_a_header_that_lacks_something_is_one_sentence(name: str) -> None:
    metadata = messages.encode_header(header())
    del metadata[name]
    with pytest.raises(SessionError, match="its header"):
        messages.decode_header(metadata)


@pytest.mark.parametrize("name", [field.name for field in fields(SessionHeader)] + ["sha256"])
def test_a_header_that_was_changed_is_one_sentence(name: str) -> None:
    metadata = messages.encode_header(header())
    metadata[name] += "0"
    with pytest.raises(SessionError, match=r"header|open it with a newer"):
        messages.decode_header(metadata)


def test_a_header_of_the_future_says_what_to_do() -> None:
    metadata = messages.encode_header(replace(header(), format_version=2))
    with pytest.raises(SessionError, match=r"has format 2, .* reads up to 1; open it with a newer"):
        messages.decode_header(metadata)


def test_a_calibration_comes_back() -> None:
    camera = PinholeCamera(848, 480, 600.1, 601.7, 423.3, 239.9)
    assert decode_calibration(encode_calibration(camera, "depth", 5)) == camera


def test_hand_truth_without_a_mesh_comes_back() -> None:
    truth = HandTruth(Side.LEFT, np.full((21, 3), 0.25))
    frame = replace(quantised_frame(0), truth=(truth,))
    assert same(there_and_back(frame), frame)


def test_vertices_are_those_of_the_estimator() -> None:
    """The stored pose of a left hand belongs to the mirrored model."""
    hand: HandState = tracked_hand(Side.LEFT)
    pose = HandPose(hand.wrist_rotation, hand.wrist_position, hand.angles, hand.shape)
    mirrored = pose_hand(load_hand_model().mirrored(), pose).vertices
    np.testing.assert_array_equal(hand.vertices, mirrored.astype(np.float32))


def test_pictures_in_colour_come_back() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (12, 16, 3)).astype(np.uint8)
    picture = Picture("right", 4, SMALL, RigidTransform.identity(), pixels)
    frame = replace(quantised_frame(0), pictures=(picture,))
    assert same(there_and_back(frame), frame)
