"""The bridge to ROS 2: the real script and the real stream, with ROS's modules made up."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np
import pytest

from calibration.transforms import rotation_from_quaternion
from engine.export.axes import PRESETS
from engine.hand.keypoints import BONES, JOINT_KEYPOINTS, TIP_JOINTS, TIP_KEYPOINTS
from engine.messages import Side
from engine.runtime.clock import NS_PER_S
from engine.streaming.address import parse_address
from engine.streaming.websocket_stream import WebSocketStream
from tests.engine.streaming.hands import free_port, random_hand, scene_of
from tests.fakes.ros2 import FakeRos
from tests.fakes.waiting import wait_until
from tests.shared_data import REPOSITORY

SCRIPT = REPOSITORY / "scripts" / "ros2_bridge.py"
ROS = PRESETS["ros"]


@pytest.fixture(scope="module")
def bridge() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ros2_bridge", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch) -> FakeRos:
    made = FakeRos()
    made.install(monkeypatch)
    return made


@pytest.fixture
def stream() -> Iterator[WebSocketStream]:
    made = WebSocketStream(parse_address(f"websocket:{free_port()}"))
    made.start()
    yield made
    assert made.stop()


@contextmanager
def running(
    bridge: ModuleType, ros: FakeRos, port: int, *options: str
) -> Iterator[Callable[[], int]]:
    """The bridge in a thread; ends with ROS. Gives the exit status once it has ended."""
    ended: list[int] = []
    arguments = ["--url", f"ws://127.0.0.1:{port}", *options]
    thread = threading.Thread(target=lambda: ended.append(bridge.main(arguments)))
    thread.start()
    try:
        wait_until(lambda: ros.running or bool(ended))
        yield lambda: ended[0]
    finally:
        ros.running = False
        thread.join(5)
        assert not thread.is_alive()


def test_names_and_orders_are_the_program_s(bridge: ModuleType) -> None:
    assert bridge.BONES == BONES
    for joint, keypoint in enumerate(JOINT_KEYPOINTS):
        assert bridge.JOINT_OF_KEYPOINT[keypoint] == joint
    for joint, keypoint in zip(TIP_JOINTS, TIP_KEYPOINTS, strict=True):
        assert bridge.JOINT_OF_KEYPOINT[keypoint] == joint


def test_a_hand_arrives_in_ros_axes(
    bridge: ModuleType, ros: FakeRos, stream: WebSocketStream
) -> None:
    hand = random_hand(1, Side.LEFT)
    with running(bridge, ros, stream.address.port):
        wait_until(lambda: stream.status().clients == 1)
        stream.offer_scene(scene_of(hand))
        wait_until(lambda: bool(ros.published["handtune/markers"]))
    (poses,) = ros.published["handtune/left/joints"]
    assert not ros.published["handtune/right/joints"]
    assert poses.header.frame_id == "camera_link"
    assert 0 <= poses.header.stamp.nanosec < NS_PER_S
    assert poses.header.stamp.sec > 1_700_000_000
    positions = [[pose.position.x, pose.position.y, pose.position.z] for pose in poses.poses]
    np.testing.assert_allclose(positions, ROS.points(hand.joints), atol=1e-6)
    first = poses.poses[0].orientation
    np.testing.assert_allclose(
        rotation_from_quaternion(np.array([first.x, first.y, first.z, first.w])),
        ROS.rotations(hand.wrist_rotation),
        atol=1e-5,
    )
    (transform,) = ros.transforms
    assert transform.child_frame_id == "handtune/left_wrist"
    assert transform.header == poses.header
    wrist = transform.transform.translation
    np.testing.assert_allclose([wrist.x, wrist.y, wrist.z], positions[0], atol=1e-9)
    assert transform.transform.rotation == first
    spheres, lines = ros.published["handtune/markers"][0].markers
    assert (len(spheres.points), len(lines.points)) == (21, 40)
    assert spheres.ns != lines.ns
    assert spheres.lifetime.nanosec > 0
    assert ros.shut_down


def test_two_hands_and_other_names(
    bridge: ModuleType, ros: FakeRos, stream: WebSocketStream
) -> None:
    hands = random_hand(1), random_hand(2, Side.LEFT)
    options = ("--axes", "opencv", "--frame", "optical", "--namespace", "robot/hands")
    with running(bridge, ros, stream.address.port, *options):
        wait_until(lambda: stream.status().clients == 1)
        stream.offer_scene(scene_of(*hands))
        wait_until(lambda: bool(ros.published["robot/hands/markers"]))
    for hand in hands:
        (poses,) = ros.published[f"robot/hands/{hand.side}/joints"]
        assert poses.header.frame_id == "optical"
        tip = poses.poses[20].position
        np.testing.assert_allclose([tip.x, tip.y, tip.z], hand.joints[20], atol=1e-6)
    assert len(ros.published["robot/hands/markers"][0].markers) == 4


def test_no_hand_publishes_nothing(
    bridge: ModuleType, ros: FakeRos, stream: WebSocketStream
) -> None:
    with running(bridge, ros, stream.address.port):
        wait_until(lambda: stream.status().clients == 1)
        stream.offer_scene(scene_of())
        stream.offer_scene(scene_of(random_hand(1)))
        wait_until(lambda: bool(ros.published["handtune/markers"]))
    assert len(ros.published["handtune/markers"]) == 1


def test_it_waits_for_a_stream_and_comes_back_to_it(bridge: ModuleType, ros: FakeRos) -> None:
    port = free_port()
    with running(bridge, ros, port):
        wait_until(lambda: bool(ros.warnings))
        assert re.match(r"No stream at ws://127\.0\.0\.1:\d+ \(.*\); trying on\.", ros.warnings[0])
        for count in (1, 2):
            stream = WebSocketStream(parse_address(f"websocket:{port}"))
            stream.start()
            wait_until(lambda: stream.status().clients == 1)  # noqa: B023 - asked at once
            stream.offer_scene(scene_of(random_hand(count)))
            wait_until(lambda: len(ros.published["handtune/right/joints"]) == count)  # noqa: B023
            assert stream.stop()


def test_another_version_is_refused(
    bridge: ModuleType,
    ros: FakeRos,
    stream: WebSocketStream,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bridge, "VERSION", 2)
    with running(bridge, ros, stream.address.port) as status:
        wait_until(lambda: ros.shut_down)
    assert status() == 2
    assert "speaks version 1, and version 2 is expected" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["hello", "[1]", '"a"', "{}", '{"version": 1}'])
def test_what_is_no_message_is_a_sentence(bridge: ModuleType, text: str) -> None:
    with pytest.raises(bridge.BridgeError, match="is no message of HandTune"):
        bridge._understood(text, "ws://there")


def test_without_ros_it_says_what_to_do() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert re.fullmatch(
        r"ros2_bridge: 'rclpy' is needed and is not in the Python at .*; source ROS 2's "
        r"setup\.bash in this shell and run this with the system's python3\.\n",
        done.stderr,
    )
