"""Hand poses into ROS 2: listens to HandTune's WebSocket stream and publishes what it hears.

    python main.py run --stream websocket:8765          # HandTune, in its own environment
    python3 scripts/ros2_bridge.py                      # here, with ROS 2 sourced

It runs in ROS 2's Python, so it uses nothing of HandTune: only rclpy and its messages, and
websocket-client (Debian and Ubuntu: python3-websocket). Publishes below --namespace:

    <side>/joints   geometry_msgs/PoseArray: 21 keypoints, each turned as its joint; per hand
    markers         visualization_msgs/MarkerArray: joints and bones, for RViz
    TF              --frame -> <namespace>/<side>_wrist

Without --frame that is "camera_link", in ROS axes (x forward, y left, z up). For an optical frame
(x right, y down, z forward) write --axes opencv --frame camera_depth_optical_frame.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

VERSION = 1
"""Of the messages that are understood here (docs/streaming.md)."""
RETRY_S = 1.0
SILENCE_S = 1.0
MARKER_LIFE_NS = 300_000_000
"""A hand that is no longer heard of disappears from RViz after this."""
JOINT_SIZE_M, BONE_SIZE_M = 0.012, 0.005
COLORS = {"left": (0.25, 0.6, 0.95), "right": (0.95, 0.55, 0.2)}

BONES = tuple((0 if k % 4 == 1 else k - 1, k) for k in range(1, 21))
"""Pairs of the 21 keypoints: wrist, then four of each digit from the palm outwards."""
JOINT_OF_KEYPOINT = tuple(
    0 if k == 0 else 1 + 3 * ((k - 1) // 4) + min((k - 1) % 4, 2) for k in range(21)
)
"""Which of the 16 rotations each keypoint has; a tip has that of its last joint."""


class BridgeError(Exception):
    """Something that the user can mend; one sentence."""


def main(argv: Sequence[str]) -> int:
    args = _arguments(argv)
    try:
        _bridge(args)
    except BridgeError as error:
        print(f"ros2_bridge: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="HandTune's hand poses into ROS 2.")
    parser.add_argument("--url", default="ws://127.0.0.1:8765", help="of HandTune's stream")
    parser.add_argument("--frame", default="camera_link", help="TF frame of the camera")
    parser.add_argument(
        "--axes", choices=("ros", "opencv"), default="ros", help="of that frame (ros)"
    )
    parser.add_argument("--namespace", default="handtune", help="of topics and TF frames")
    return parser.parse_args(argv)


def _bridge(args: argparse.Namespace) -> None:
    """Until ROS shuts down."""
    rclpy, websocket = _import("rclpy"), _import("websocket")
    rclpy.init()
    try:
        node = rclpy.create_node("handtune_bridge")
        publisher = HandPublisher(node, args.frame, args.namespace)
        told = ""
        while rclpy.ok():
            try:
                _relay(rclpy, websocket, publisher, f"{args.url.rstrip('/')}/handtune", args.axes)
                told = ""
            except (OSError, websocket.WebSocketException) as error:
                if str(error) != told:  # Once, not every second.
                    node.get_logger().warning(f"No stream at {args.url} ({error}); trying on.")
                told = str(error)
                rclpy.spin_once(node, timeout_sec=RETRY_S)
        node.destroy_node()
    finally:
        rclpy.try_shutdown()


def _relay(rclpy: Any, websocket: Any, publisher: HandPublisher, url: str, axes: str) -> None:
    """One connection, until it ends or ROS does."""
    stream = websocket.create_connection(
        f"{url}?axes={axes}", timeout=SILENCE_S, suppress_origin=True
    )
    try:
        while rclpy.ok():
            try:
                text = stream.recv()
            except websocket.WebSocketTimeoutException:
                continue  # Nothing is tracked at the moment.
            if not text:
                return
            message = _understood(text, url)
            if message.get("type") == "scene":
                publisher.publish(message)
    finally:
        stream.close()


def _understood(text: str, url: str) -> dict[str, Any]:
    """A message of the stream; BridgeError where it is none, or of another version."""
    try:
        message = json.loads(text)
        version, _ = message["version"], message["type"]
    except (ValueError, TypeError, KeyError):
        raise BridgeError(f"What came from {url} is no message of HandTune; check --url.") from None
    if version != VERSION:
        raise BridgeError(
            f"The stream at {url} speaks version {version}, and version {VERSION} is expected; "
            "take the ros2_bridge.py of that HandTune."
        )
    return message


def _import(name: str) -> Any:
    """A module of this environment; BridgeError where it is missing."""
    remedies = {
        "websocket": "install it there: apt install python3-websocket, or pip install "
        "websocket-client",
    }
    remedy = remedies.get(
        name, "source ROS 2's setup.bash in this shell and run this with the system's python3"
    )
    try:
        return __import__(name, fromlist=["_"])
    except ImportError:
        raise BridgeError(
            f"'{name}' is needed and is not in the Python at {sys.executable}; {remedy}."
        ) from None


class HandPublisher:
    """Scenes of the stream as ROS messages."""

    def __init__(self, node: Any, frame: str, namespace: str) -> None:
        self._geometry = _import("geometry_msgs.msg")
        self._visualization = _import("visualization_msgs.msg")
        self._frame, self._namespace = frame, namespace
        self._joints = {
            side: node.create_publisher(self._geometry.PoseArray, f"{namespace}/{side}/joints", 10)
            for side in COLORS
        }
        self._markers = node.create_publisher(
            self._visualization.MarkerArray, f"{namespace}/markers", 10
        )
        self._transforms = _import("tf2_ros").TransformBroadcaster(node)

    def publish(self, scene: dict[str, Any]) -> None:
        """One message of the stream, with all its hands."""
        markers = self._visualization.MarkerArray()
        for hand in scene["hands"]:
            self._publish_joints(scene, hand)
            self._transforms.sendTransform(self._wrist(scene, hand))
            markers.markers += [self._spheres(scene, hand), self._lines(scene, hand)]
        if markers.markers:
            self._markers.publish(markers)

    def _publish_joints(self, scene: dict[str, Any], hand: dict[str, Any]) -> None:
        poses = self._geometry.PoseArray()
        self._stamp(poses.header, scene)
        for position, joint in zip(hand["joints"], JOINT_OF_KEYPOINT, strict=True):
            pose = self._geometry.Pose()
            _set_xyz(pose.position, position)
            _set_xyzw(pose.orientation, hand["rotations_global"][joint])
            poses.poses.append(pose)
        self._joints[hand["side"]].publish(poses)

    def _wrist(self, scene: dict[str, Any], hand: dict[str, Any]) -> Any:
        transform = self._geometry.TransformStamped()
        self._stamp(transform.header, scene)
        transform.child_frame_id = f"{self._namespace}/{hand['side']}_wrist"
        _set_xyz(transform.transform.translation, hand["wrist"]["position"])
        _set_xyzw(transform.transform.rotation, hand["wrist"]["rotation"])
        return transform

    def _spheres(self, scene: dict[str, Any], hand: dict[str, Any]) -> Any:
        marker = self._marker(scene, hand, "joints")
        marker.type = self._visualization.Marker.SPHERE_LIST
        marker.scale.x = marker.scale.y = marker.scale.z = JOINT_SIZE_M
        marker.points = [self._point(position) for position in hand["joints"]]
        return marker

    def _lines(self, scene: dict[str, Any], hand: dict[str, Any]) -> Any:
        marker = self._marker(scene, hand, "bones")
        marker.type = self._visualization.Marker.LINE_LIST
        marker.scale.x = BONE_SIZE_M
        marker.points = [self._point(hand["joints"][end]) for bone in BONES for end in bone]
        return marker

    def _marker(self, scene: dict[str, Any], hand: dict[str, Any], part: str) -> Any:
        marker = self._visualization.Marker()
        self._stamp(marker.header, scene)
        marker.ns, marker.id = f"{hand['side']}_{part}", hand["id"]
        marker.action = self._visualization.Marker.ADD
        marker.pose.orientation.w = 1.0
        marker.lifetime.nanosec = MARKER_LIFE_NS
        marker.color.r, marker.color.g, marker.color.b = COLORS[hand["side"]]
        marker.color.a = 1.0
        return marker

    def _point(self, position: Sequence[float]) -> Any:
        point = self._geometry.Point()
        _set_xyz(point, position)
        return point

    def _stamp(self, header: Any, scene: dict[str, Any]) -> None:
        """When the camera took the picture, by the wall clock, which is ROS's."""
        nanoseconds = round(scene["unix_time_s"] * 1e9)
        header.stamp.sec, header.stamp.nanosec = divmod(nanoseconds, 1_000_000_000)
        header.frame_id = self._frame


def _set_xyz(target: Any, values: Sequence[float]) -> None:
    target.x, target.y, target.z = (float(value) for value in values)


def _set_xyzw(target: Any, values: Sequence[float]) -> None:
    target.x, target.y, target.z, target.w = (float(value) for value in values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
