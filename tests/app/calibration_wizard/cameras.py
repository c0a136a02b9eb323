"""Two cameras before a rendered board that a test moves about, as the wizard opens them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import cache

import numpy as np

from calibration.board import AnyBoard
from calibration.errors import UserError
from calibration.rig import StereoRig
from calibration.transforms import RigidTransform
from engine.errors import CameraDisconnected, EndOfStream
from engine.stereo.pair import PairInfo, RawPair
from tests.calibration.synthetic import (
    BOARD,
    Renderer,
    mirrored_picture,
    printed,
    random_poses,
    random_rig,
)

SIZE = (480, 360)
STEP_NS = 100_000_000
"""Between two pairs, on the source's own timeline."""
READ_S = 0.004


@cache
def rig() -> StereoRig:
    return random_rig(np.random.default_rng(5), *SIZE)


@cache
def poses(count: int = 40) -> tuple[RigidTransform, ...]:
    return tuple(
        random_poses(np.random.default_rng(6), rig(), BOARD, count, distances_m=(0.24, 0.55))
    )


@cache
def _renderers() -> tuple[Renderer, Renderer]:
    sheet = printed(BOARD, 6000)
    return Renderer(rig().left, sheet), Renderer(rig().right, sheet)


@cache
def pictures(index: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the board in one of the poses."""
    pose = poses()[index]
    left, right = _renderers()
    rng = np.random.default_rng(index)
    return left.picture(pose, rng), right.picture(rig().T_right_from_left @ pose, rng)


def empty() -> tuple[np.ndarray, np.ndarray]:
    """A room without a board."""
    room = np.full(SIZE[::-1], 120, np.uint8)
    return room, room


class Shown:
    """What is before the cameras; the test changes it, the cameras' thread reads it."""

    def __init__(self, board: AnyBoard = BOARD) -> None:
        self.board = board
        self.pair = empty()
        self.skew_ns = 0
        self.failure = ""
        self.live = True
        self.films: Sequence[int] = ()
        """Poses of a recording."""
        self.open = self.opened = 0
        self.reader: threading.Thread | None = None

    def show(self, index: int) -> None:
        self.pair = pictures(index)

    def show_mirrored(self, index: int) -> None:
        left, right = pictures(index)
        self.pair = mirrored_picture(left), mirrored_picture(right)

    def show_to_left_only(self, index: int) -> None:
        self.pair = pictures(index)[0], empty()[1]

    def show_swapped(self, index: int) -> None:
        left, right = pictures(index)
        self.pair = right, left

    def open_pairs(self, uri: str) -> ShownPairs:
        if self.failure:
            raise UserError(self.failure)
        return ShownPairs(self, uri)


class ShownPairs:
    """An open pair of cameras; counts how many are open."""

    def __init__(self, shown: Shown, uri: str) -> None:
        self._shown, self._sequence, self._closed = shown, 0, False
        shown.open += 1
        shown.opened += 1
        assert shown.open == 1, "a camera can be held only once"
        shown.reader = threading.current_thread()
        self.info = PairInfo(
            uri, "Rendered cameras", SIZE, SIZE, 30.0, shown.live,
            left_serial="L-17", right_serial="R-42",
        )  # fmt: skip

    def read_pair(self, timeout_s: float) -> RawPair:
        assert threading.current_thread() is self._shown.reader
        time.sleep(min(READ_S, timeout_s))
        films = self._shown.films
        if self._shown.failure:
            raise CameraDisconnected(self._shown.failure)
        if films and self._sequence >= len(films):
            raise EndOfStream(self.info.uri)
        if films:
            self._shown.show(films[self._sequence])
        self._sequence += 1
        at = self._sequence * STEP_NS
        left, right = self._shown.pair
        return RawPair(self._sequence, left, right, at, at + self._shown.skew_ns, source_ns=at)

    def close(self) -> None:
        if not self._closed:
            assert threading.current_thread() is self._shown.reader
            self._closed = True
            self._shown.open -= 1
