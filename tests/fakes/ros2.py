"""ROS 2's Python modules as far as the bridge uses them, without ROS.

Stands at the boundary: messages have the fields of the .msg files and refuse what ROS's own setters
refuse (an int where a float is due, a float where an int is due, values out of range).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest


class _Checked:
    """A message: knows its fields, and their types from the defaults."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in type(self).__dataclass_fields__:
            raise AttributeError(f"{type(self).__name__} has no field '{name}'")
        wanted = type(getattr(self, name, value))
        assert isinstance(value, wanted), f"{name} must be of type '{wanted.__name__}'"
        if name == "nanosec":
            assert 0 <= value < 2**32
        super().__setattr__(name, value)


@dataclass
class Time(_Checked):
    sec: int = 0
    nanosec: int = 0


@dataclass
class Header(_Checked):
    stamp: Time = field(default_factory=Time)
    frame_id: str = ""


@dataclass
class Point(_Checked):
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


class Vector3(Point):
    pass


@dataclass
class Quaternion(_Checked):
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    w: float = 1.0


@dataclass
class Pose(_Checked):
    position: Point = field(default_factory=Point)
    orientation: Quaternion = field(default_factory=Quaternion)


@dataclass
class PoseArray(_Checked):
    header: Header = field(default_factory=Header)
    poses: list[Pose] = field(default_factory=list)


@dataclass
class Transform(_Checked):
    translation: Vector3 = field(default_factory=Vector3)
    rotation: Quaternion = field(default_factory=Quaternion)


@dataclass
class TransformStamped(_Checked):
    header: Header = field(default_factory=Header)
    child_frame_id: str = ""
    transform: Transform = field(default_factory=Transform)


@dataclass
class ColorRGBA(_Checked):
    r: float = 0.0
    g: float = 0.0
    b: float = 0.0
    a: float = 0.0


@dataclass
class Marker(_Checked):
    header: Header = field(default_factory=Header)
    ns: str = ""
    id: int = 0
    type: int = 0
    action: int = 0
    pose: Pose = field(default_factory=Pose)
    scale: Vector3 = field(default_factory=Vector3)
    color: ColorRGBA = field(default_factory=ColorRGBA)
    lifetime: Time = field(default_factory=Time)
    points: list[Point] = field(default_factory=list)


Marker.ADD, Marker.LINE_LIST, Marker.SPHERE_LIST = 0, 5, 7  # type: ignore[attr-defined]


@dataclass
class MarkerArray(_Checked):
    markers: list[Marker] = field(default_factory=list)


class FakeRos:
    """One ROS graph: what was published where, and whether ROS still runs."""

    def __init__(self) -> None:
        self.published: dict[str, list[Any]] = {}
        self.transforms: list[TransformStamped] = []
        self.warnings: list[str] = []
        self.running = False
        self.shut_down = False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In place of the modules of ROS, until the test ends."""
        for name, content in self._modules().items():
            module = ModuleType(name)
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, name, module)

    def _modules(self) -> dict[str, dict[str, Any]]:
        return {
            "rclpy": {
                "init": self._init,
                "ok": lambda: self.running,
                "create_node": lambda _name: _Node(self),
                "spin_once": lambda _node, timeout_sec: None,  # noqa: ARG005 - by that name
                "try_shutdown": self._shutdown,
            },
            "geometry_msgs": {},
            "geometry_msgs.msg": {
                kind.__name__: kind for kind in (Point, Pose, PoseArray, TransformStamped)
            },
            "visualization_msgs": {},
            "visualization_msgs.msg": {"Marker": Marker, "MarkerArray": MarkerArray},
            "tf2_ros": {"TransformBroadcaster": lambda _node: _Broadcaster(self)},
        }

    def _init(self) -> None:
        self.running = True

    def _shutdown(self) -> None:
        self.running, self.shut_down = False, True


class _Node:
    def __init__(self, ros: FakeRos) -> None:
        self._ros = ros

    def create_publisher(self, kind: type, topic: str, depth: int) -> _Publisher:
        assert depth > 0
        return _Publisher(kind, self._ros.published.setdefault(topic, []))

    def get_logger(self) -> _Logger:
        return _Logger(self._ros)

    def destroy_node(self) -> None:
        assert self._ros.running or not self._ros.shut_down


class _Publisher:
    def __init__(self, kind: type, messages: list[Any]) -> None:
        self._kind, self._messages = kind, messages

    def publish(self, message: Any) -> None:
        assert isinstance(message, self._kind)
        self._messages.append(message)


class _Logger:
    def __init__(self, ros: FakeRos) -> None:
        self._ros = ros

    def warning(self, text: str) -> None:
        self._ros.warnings.append(text)


class _Broadcaster:
    def __init__(self, ros: FakeRos) -> None:
        self._ros = ros

    def sendTransform(self, transform: TransformStamped) -> None:
        assert isinstance(transform, TransformStamped)
        self._ros.transforms.append(transform)
