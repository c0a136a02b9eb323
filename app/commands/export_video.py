"""`export --to mp4`: what was tracked, drawn on the images that it was tracked in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from app.commands.video_file import Image, video_file
from app.viewport.still import StillComposer
from engine.export.take_builder import HandChoice, nothing_seen
from engine.messages import Frame, Scene
from engine.runtime.clock import NS_PER_S

T = TypeVar("T")


def write_video(
    source: str,
    pictures: Iterable[tuple[int, tuple[Frame, Scene]]],
    choice: HandChoice,
    fps: float,
    target: Path,
) -> str:
    """Write a video that keeps the time of the frames; a sentence on what was written.

    Raises:
        ExportError: no hand was seen, or none of those that were chosen.
    """
    composer = StillComposer()
    seen = _Seen(choice)
    picture: Image | None = None
    latest: object = None
    with video_file(target, fps) as video:
        for pair in at_even_times(seen.watch(pictures), fps):
            if pair is not latest or picture is None:
                frame, scene = latest = pair
                picture = composer.compose(frame, scene)
            video.write(picture)
        if not seen.hands:
            raise nothing_seen(source, seen.frames, choice, seen.others)
    return f"{seen.frames} frames, {seen.hands} hands; {video.count} pictures, {fps:g} a second."


class _Seen:
    """Counts what passes by, and leaves only the chosen hands in it."""

    def __init__(self, choice: HandChoice) -> None:
        self._choice = choice
        self.frames = 0
        self.hands = 0
        self.others: set[str] = set()

    def watch(
        self, pictures: Iterable[tuple[int, tuple[Frame, Scene]]]
    ) -> Iterator[tuple[int, tuple[Frame, Scene]]]:
        for time_ns, (frame, scene) in pictures:
            chosen, others = self._choice.split(scene)
            self.frames += 1
            self.hands += len(chosen.hands)
            self.others |= others
            yield time_ns, (frame, chosen)


def at_even_times(items: Iterable[tuple[int, T]], fps: float) -> Iterator[T]:
    """For every tick of a clock that starts with the first item, the newest item at that time.

    An item may come half a tick late and still be shown at its tick, so that frames with jitter
    are shown once each; one that is missing leaves the former standing.
    """
    step_ns = NS_PER_S / fps
    due_ns: float | None = None
    newest: tuple[T, ...] = ()
    for time_ns, item in items:
        if due_ns is None:
            due_ns = float(time_ns)
        while newest and due_ns + step_ns / 2 <= time_ns:
            yield newest[0]
            due_ns += step_ns
        newest = (item,)
    yield from newest
