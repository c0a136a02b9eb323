"""OSC in VMC's names, received by python-osc's own server and dispatcher."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from calibration.transforms import rotation_from_axis_angle, rotation_from_quaternion
from engine.messages import Scene, Side
from engine.streaming.address import StreamError, parse_address
from engine.streaming.osc_stream import OscStream, exposure
from engine.streaming.vmc import BONE_NAMES, VmcMessages
from tests.engine.hand.random_poses import rest_pose
from tests.engine.streaming.hands import posed, random_hand, scene_of
from tests.engine.streaming.vmc_poses import bone_rotations
from tests.fakes.waiting import wait_until

Message = tuple[str, tuple[Any, ...]]


class Receiver:
    """An OSC server on a port of its own."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(lambda address, *values: self._take(address, values))
        self._server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def _take(self, address: str, values: tuple[Any, ...]) -> None:
        self.messages.append((address, values))

    def of(self, address: str) -> list[tuple[Any, ...]]:
        return [values for given, values in tuple(self.messages) if given == address]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def stream(receiver: Receiver) -> Iterator[OscStream]:
    made = OscStream(parse_address(f"osc:127.0.0.1:{receiver.port}"))
    made.start()
    yield made
    assert made.stop()
    assert not made.running


def send(stream: OscStream, scene: Scene) -> None:
    """And wait until it was sent."""
    sent = stream.status().sent
    stream.offer_scene(scene)
    wait_until(lambda: stream.status().sent == sent + 1)


def test_a_receiver_gets_what_vmc_says(stream: OscStream, receiver: Receiver) -> None:
    right, left = random_hand(1), replace(random_hand(2, Side.LEFT), hand_id=2)
    send(stream, scene_of(right, left))
    wait_until(lambda: len(receiver.of("/VMC/Ext/Bone/Pos")) == 30)
    assert receiver.of("/VMC/Ext/OK") == [(1, 3, 0, 1)]
    ((time_s,),) = receiver.of("/VMC/Ext/T")
    assert isinstance(time_s, float)
    assert 0.0 <= time_s < 60.0
    bones = receiver.of("/VMC/Ext/Bone/Pos")
    names = [bone[0] for bone in bones]
    assert names == [f"{side}{name}" for side in ("Right", "Left") for name in BONE_NAMES]
    for bone in bones:
        assert [type(value) for value in bone] == [str] + [float] * 7
        assert np.linalg.norm(bone[4:]) == pytest.approx(1.0, abs=1e-5)
    trackers = {values[0]: values[1:] for values in receiver.of("/VMC/Ext/Tra/Pos")}
    assert trackers.keys() == {"HandTuneRightHand", "HandTuneLeftHand"}
    np.testing.assert_allclose(
        trackers["HandTuneRightHand"][:3], right.wrist_position * [1, -1, 1], atol=1e-6
    )


def test_what_arrives_is_what_was_meant(stream: OscStream, receiver: Receiver) -> None:
    hand = random_hand(5)
    send(stream, scene_of(hand))
    wait_until(lambda: len(receiver.of("/VMC/Ext/Bone/Pos")) == 15)
    arrived = rotation_from_quaternion(
        np.array([values[4:] for values in receiver.of("/VMC/Ext/Bone/Pos")])
    )
    np.testing.assert_allclose(arrived, bone_rotations(VmcMessages(), hand), atol=1e-5)


def test_no_hand_is_said_too(stream: OscStream, receiver: Receiver) -> None:
    send(stream, scene_of())
    wait_until(lambda: bool(receiver.of("/VMC/Ext/T")))
    assert receiver.of("/VMC/Ext/OK") == [(1, 3, 0, 0)]
    assert not receiver.of("/VMC/Ext/Bone/Pos")


@pytest.mark.parametrize("side", Side)
def test_the_tracker_is_unturned_in_the_t_pose(
    stream: OscStream, receiver: Receiver, side: Side
) -> None:
    """Of somebody who looks where the camera looks: back of the hand up, fingers to the side."""
    right = 1.0 if side is Side.RIGHT else -1.0
    x_hand, y_hand, z_hand = [0, 0, -right], [right, 0, 0], [0, -1, 0]
    t_pose = np.array([x_hand, y_hand, z_hand], np.float64).T
    assert np.linalg.det(t_pose) == pytest.approx(1.0)
    turned = t_pose @ rotation_from_axis_angle(np.array([0.0, 0.3, 0.0]))
    for rotation, angle in ((t_pose, 0.0), (turned, 0.3)):
        receiver.messages.clear()
        send(stream, scene_of(posed(replace(rest_pose(), wrist_rotation=rotation), side)))
        wait_until(lambda: len(receiver.of("/VMC/Ext/Tra/Pos")) == 1)
        ((_, *values),) = receiver.of("/VMC/Ext/Tra/Pos")
        assert 2 * np.arccos(min(abs(values[6]), 1.0)) == pytest.approx(angle, abs=1e-3)


def test_nobody_there_is_no_error() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stream = OscStream(parse_address(f"osc:{port}"))
    stream.start()
    try:
        for sequence in range(20):
            send(stream, scene_of(random_hand(1), sequence=sequence))
        assert stream.status().dropped == 0
        assert not stream.status().failed
    finally:
        assert stream.stop()


def test_a_network_that_refuses_is_told_and_tried_again(
    stream: OscStream, receiver: Receiver
) -> None:
    there = stream._target
    stream._target = ("127.0.0.1", 0)  # No port that can be sent to.
    stream.offer_scene(scene_of())
    wait_until(lambda: stream.status().dropped == 1)
    assert "The network does not take what goes to osc:127.0.0.1" in stream.status().sentence
    stream._target = there
    send(stream, scene_of())
    assert stream.status().sentence.startswith("Hand poses as OSC")
    wait_until(lambda: bool(receiver.of("/VMC/Ext/T")))


def test_a_host_without_an_address_is_one_sentence() -> None:
    stream = OscStream(parse_address("osc:no-such-host.invalid:39539"))
    with pytest.raises(StreamError, match=r"Cannot stream to 'no-such-host\.invalid'"):
        stream.start()
    assert not stream.running


def test_where_it_goes_is_said() -> None:
    assert "on this machine" in exposure(parse_address("osc:5"))
    assert "unencrypted over the network" in exposure(parse_address("osc:10.0.0.7:5"))


def test_ten_thousand_scenes_are_sent_or_counted(stream: OscStream) -> None:
    empty = scene_of()
    for _ in range(10_000):
        stream.offer_scene(empty)
    wait_until(lambda: stream.status().sent + stream.status().dropped == 10_000, timeout_s=20)
    assert stream.health().dropped == stream.status().dropped
