"""The renderer in a process of its own, so that drawing never holds the tracker's interpreter lock.

Open3D holds the lock while it draws (3-7 ms a picture with software GL): in a thread of the
window's process that stalls tracking and window alike. Here the window sends a request down a pipe
and later finds the picture in shared memory. Two slots alternate, so the picture on screen is never
written to. One request is under way at a time; a newer one waits in place of an older. A crash of
the graphics driver ends this process, not the program.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory

import cv2
import numpy as np
import numpy.typing as npt

from app.viewport.orbit import ViewPose
from app.viewport.overlay import draw_skeleton
from app.viewport.viewport import Content, Renderer, RgbImage

MAX_WIDTH_PX, MAX_HEIGHT_PX = 2560, 1600
SLOT_BYTES = MAX_WIDTH_PX * MAX_HEIGHT_PX * 4
SLOTS = 2
JOINT_BGR, STALE_BGR = (246, 246, 244), (150, 145, 140)
JOINT_RADIUS_PX = 2.6
NICENESS = 5
"""Tracking goes first where cores are few; only starting up does not wait for it."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One picture to draw; `token` and `captured_ns` come back with it."""

    token: int
    captured_ns: int
    content: Content
    pose: ViewPose
    drawn_px: tuple[int, int]
    """(width, height) that Open3D draws."""
    shown_px: tuple[int, int]
    """(width, height) of the finished picture: scaling costs the window nothing here."""


@dataclass(frozen=True, slots=True)
class RenderReply:
    """A finished picture in a slot of the shared memory, or a failure in words."""

    token: int
    captured_ns: int
    pose: ViewPose
    drawn_px: tuple[int, int]
    shown_px: tuple[int, int]
    slot: int = 0
    render_ms: float = 0.0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture. The pixels stay valid until the next `poll` that returns one."""

    reply: RenderReply
    pixels: npt.NDArray[np.uint8]
    """[height, width, 4] in the order blue, green, red, unused: what Qt paints fastest."""


class RenderProcess:
    """The window's end. All methods belong to one thread and none of them waits, save `close`."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._memory = SharedMemory(create=True, size=SLOTS * SLOT_BYTES)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._memory.name), name="viewport", daemon=True
        )
        self._process.start()
        theirs.close()
        self._slot = 0
        self._pending: RenderRequest | None = None
        self._under_way = False
        self._failure = ""

    @property
    def failure(self) -> str:
        """Empty while well, else why there is no picture."""
        return self._failure

    def request(self, request: RenderRequest) -> None:
        """Ask for a picture; replaces one that was asked for and has not begun."""
        if self._failure:
            return
        self._pending = request
        self._send()

    def poll(self) -> Picture | None:
        """The picture that was finished since the last call, if any."""
        if self._failure or not self._under_way:
            return None
        try:
            if not self._pipe.poll():
                return None
            reply: RenderReply = self._pipe.recv()
        except (EOFError, OSError):
            self._failure = "The 3D view stopped; tracking goes on. Restart the program to see it."
            return None
        self._under_way = False
        if reply.failure:
            self._failure = reply.failure
            return None
        self._slot = reply.slot
        self._send()
        return Picture(reply, _slot_image(self._memory, reply.slot, reply.shown_px))

    def close(self) -> None:
        """End the process; waits at most two seconds. Safe to call twice."""
        if self._pipe.closed:
            return
        self._pipe.close()
        self._process.join(1.0)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(1.0)
        self._memory.unlink()
        with contextlib.suppress(BufferError):
            # A picture is still looked at: the memory goes with the last of them.
            self._memory.close()

    def _send(self) -> None:
        if self._pending is None or self._under_way:
            return
        try:
            self._pipe.send((self._pending, 1 - self._slot))
        except OSError:
            self._failure = "The 3D view stopped; tracking goes on. Restart the program to see it."
            return
        self._pending, self._under_way = None, True


def _slot_image(memory: SharedMemory, slot: int, size_px: tuple[int, int]) -> npt.NDArray[np.uint8]:
    width, height = size_px
    return np.ndarray((height, width, 4), np.uint8, buffer=memory.buf, offset=slot * SLOT_BYTES)


def _serve(pipe: Connection, memory_name: str) -> None:
    """The process: draw until the other end closes."""
    # Imported here: the parent never needs Open3D's 1.5 s.
    from app.viewport.open3d_renderer import Open3DRenderer

    # Ctrl-C is the window's to handle; this process ends with its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    memory = SharedMemory(name=memory_name)
    renderer: Open3DRenderer | None = None
    try:
        while True:
            request, slot = pipe.recv()
            first = renderer is None
            try:
                renderer = renderer or Open3DRenderer()
                pipe.send(_draw(renderer, request, slot, memory))
                if first and hasattr(os, "nice"):
                    os.nice(NICENESS)
            except (RuntimeError, ImportError) as error:
                pipe.send(_failed(request, error))
                return
    except (EOFError, OSError):
        return
    finally:
        if renderer is not None:
            renderer.close()
        memory.close()


def _draw(
    renderer: Renderer, request: RenderRequest, slot: int, memory: SharedMemory
) -> RenderReply:
    # Processor time: what other programs take of the core must not look like slow graphics.
    started = time.process_time()
    image = renderer.draw(request.content, request.pose, request.drawn_px)
    render_ms = (time.process_time() - started) * 1e3
    target = _slot_image(memory, slot, request.shown_px)
    _put(image, target)
    paint_skeletons(request.content, request.pose, target)
    return RenderReply(
        request.token,
        request.captured_ns,
        request.pose,
        request.drawn_px,
        request.shown_px,
        slot,
        render_ms,
    )


def paint_skeletons(content: Content, pose: ViewPose, image: npt.NDArray[np.uint8]) -> None:
    """Joints and bones over a finished picture [h, w, 3 or 4], in place."""
    height, width = image.shape[:2]
    color = STALE_BGR if content.stale else JOINT_BGR
    for skeleton in content.skeletons:
        pixels = pose.project(skeleton.joints, (width, height))
        draw_skeleton(image, pixels, skeleton.confidence, color, JOINT_RADIUS_PX)


def _put(image: RgbImage, target: npt.NDArray[np.uint8]) -> None:
    """Scale and reorder a drawn picture into the shared memory."""
    painted = cv2.cvtColor(image, cv2.COLOR_RGB2BGRA)
    height, width = target.shape[:2]
    if painted.shape == target.shape:
        target[:] = painted
    else:
        cv2.resize(painted, (width, height), dst=target, interpolation=cv2.INTER_LINEAR)


def _failed(request: RenderRequest, error: Exception) -> RenderReply:
    sentence = (
        f"The 3D view could not start ({error}); run `python main.py doctor` for what is missing."
    )
    return RenderReply(
        request.token,
        request.captured_ns,
        request.pose,
        request.drawn_px,
        request.shown_px,
        failure=sentence,
    )
