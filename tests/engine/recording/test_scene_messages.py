"""Scenes and events come out of a session as they went in."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.messages import HandState, Scene, Side
from engine.recording.frame_messages import encode_frame
from engine.recording.layout import Event, EventKind, SessionError
from engine.recording.scene_messages import decode_event, decode_scene, encode_event, encode_scene
from engine.recording.schemas import schema_for
from tests.engine.recording.sameness import same
from tests.engine.recording.test_frame_messages import NO_MESSAGES
from tests.fakes.sessions import stereo_frame, tracked_hand


def test_json_messages_are_of_their_schemas() -> None:
    hands = (tracked_hand(Side.LEFT), tracked_hand(Side.RIGHT))
    event = Event(1, EventKind.GAP, "Gap.", {"frames": 2.0, "share": float("nan")})
    scene = encode_scene(Scene(1, 2, hands, 3, {"find": 0.5}))
    for message in (*encode_frame(stereo_frame(0)), scene, encode_event(event)):
        schema = schema_for(message.topic)
        if schema.message_encoding == "json":
            jsonschema.validate(json.loads(message.data), json.loads(schema.data))


@pytest.mark.parametrize("data", NO_MESSAGES)
def test_messages_of_something_else_are_one_sentence(data: bytes) -> None:
    for decode in (decode_scene, decode_event):
        with pytest.raises(SessionError, match="cannot be understood"):
            decode(data)


@pytest.mark.parametrize("side", list(Side))
def test_a_scene_comes_back_with_the_vertices_of_its_hand_model(side: Side) -> None:
    scene = Scene(5, 123, (tracked_hand(side),), 456, {"find": 1.25, "network": 0.1 + 0.2})
    back = decode_scene(encode_scene(scene).data, load_hand_model())
    assert list(back.stage_ms.items()) == [("find", 1.25), ("network", 0.1 + 0.2)]
    np.testing.assert_allclose(back.hands[0].vertices, scene.hands[0].vertices, rtol=0, atol=1e-6)
    without = [replace(hand, vertices=hand.vertices[:0]) for hand in (*scene.hands, *back.hands)]
    assert same(without[0], without[1])
    assert (back.sequence, back.captured_ns, back.published_ns) == (5, 123, 456)


def test_a_scene_without_its_hand_model_has_no_vertices() -> None:
    scene = Scene(5, 123, (tracked_hand(Side.LEFT),))
    assert decode_scene(encode_scene(scene).data).hands[0].vertices.shape == (
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
    back = decode_scene(encode_scene(Scene(0, 0, (hand,))).data).hands[0]
    assert same(back.joints, hand.joints)
    assert same(back.confidence, hand.confidence)
    assert back.residual_m == float("inf")


def test_an_empty_scene_comes_back() -> None:
    scene = Scene(5, 123, ())
    assert decode_scene(encode_scene(scene).data) == scene


@pytest.mark.parametrize("kind", list(EventKind))
def test_an_event_comes_back(kind: EventKind) -> None:
    event = Event(99, kind, "3 frames were lost: the disk is slow – «ü».", {"frames": 3.0})
    assert decode_event(encode_event(event).data) == event


def test_vertices_are_those_of_the_estimator() -> None:
    """The stored pose of a left hand belongs to the mirrored model."""
    hand: HandState = tracked_hand(Side.LEFT)
    pose = HandPose(hand.wrist_rotation, hand.wrist_position, hand.angles, hand.shape)
    mirrored = pose_hand(load_hand_model().mirrored(), pose).vertices
    np.testing.assert_array_equal(hand.vertices, mirrored.astype(np.float32))
