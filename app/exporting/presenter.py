"""Exporting a session: what is wished, how far it is, what came of it. Knows nothing of Qt.

The window runs the very command that people type, in a process of its own; so both write the same.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.background import Watch, Work
from app.banner import Action, Banner, Tone
from engine.export.axes import DEFAULT_AXES, PRESETS, ExportFormat
from engine.runtime.clock import NS_PER_S

DONE_S = 15.0
FIRST_SHARE = 0.8
"""Of the work, roughly, is going through the session; what comes after is writing."""
KINDS: tuple[tuple[ExportFormat, str], ...] = (
    (ExportFormat.GLB, "glTF: animated, skinned hands (.glb)"),
    (ExportFormat.BVH, "BVH: an animated skeleton (.bvh)"),
    (ExportFormat.CSV, "Table: joints, angles, times (.csv)"),
    (ExportFormat.NPZ, "NumPy: joints and meshes (.npz)"),
    (ExportFormat.MP4, "Video: hands drawn on the images (.mp4)"),
)
HANDS = (("", "All hands"), ("right", "Right hand"), ("left", "Left hand"))
_BUSY = "Tracking goes on meanwhile."


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What is to be written."""

    session: Path
    kind: ExportFormat
    target: Path
    axes: str = ""
    """Name of a preset; empty for what is usual for the format."""
    hand: str = ""
    """left, right; empty for all."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """As on the command line. Whoever wished has seen that the target is replaced."""
        axes = ("--axes", self.axes) if self.axes and has_axes(self.kind) else ()
        hand = ("--hand", self.hand) if self.hand else ()
        target = ("--to", str(self.kind), "--out", str(self.target.absolute()), "--force")
        return (str(self.session.absolute()), *target, *axes, *hand)


def has_axes(kind: ExportFormat) -> bool:
    """Whether a format has numbers in it, and so axes."""
    return kind in DEFAULT_AXES


def axes_words(kind: ExportFormat, axes: str) -> str:
    """Where the axes of a wish point."""
    return PRESETS[axes or DEFAULT_AXES[kind]].words if has_axes(kind) else "A video has no axes."


def usual_target(session: Path, kind: ExportFormat) -> Path:
    """Beside the session, named like it."""
    return session.with_suffix(f".{kind}")


class ExportPresenter:
    """At most one export at a time. One thread."""

    def __init__(self, start: Callable[[ExportWish], Work[str]]) -> None:
        self._start = start
        self._wish: ExportWish | None = None
        self._work: Work[str] | None = None
        self._outcome: Banner | None = None
        self._until_ns: int | None = None
        self.latest: Path | None = None
        """What was written last."""

    @property
    def working(self) -> bool:
        return self._work is not None

    def begin(self, wish: ExportWish) -> None:
        """Start; nothing happens while another export goes on."""
        if self._work is None:
            self._wish, self._work, self._outcome = wish, self._start(wish), None

    def poll(self, now_ns: int) -> None:
        """Take what has ended."""
        if self._work is None or not self._work.poll():
            return
        work, self._work = self._work, None
        assert self._wish is not None
        if work.failure:
            title = "The session was not exported"
            self._say(Banner(Tone.ERROR, title, work.failure, Action.DISMISS), None)
        elif work.result is not None:
            self.latest = self._wish.target
            until_ns = now_ns + int(DONE_S * NS_PER_S)
            self._say(_done(self._wish, work.result), until_ns)

    def banner(self, now_ns: int) -> Banner | None:
        """What to say now, if anything."""
        if self._work is not None and self._wish is not None:
            title = f"Exporting {self._wish.target.name}"
            share = self._work.share
            return Banner(Tone.BUSY, title, _BUSY, Action.CANCEL, share=share)
        if self._until_ns is not None and now_ns > self._until_ns:
            self._outcome = None
        return self._outcome

    def act(self, action: Action) -> None:
        """A button of the banner was pressed."""
        if action is Action.CANCEL and self._work is not None:
            self._work.cancel()
        elif action is not Action.SHOW_FOLDER:
            self._outcome = None

    def close(self) -> None:
        """The window goes: what is under way leaves nothing behind."""
        if self._work is not None:
            self._work.close()
            self._work = None

    def _say(self, banner: Banner, until_ns: int | None) -> None:
        self._outcome, self._until_ns = banner, until_ns


def _done(wish: ExportWish, said: str) -> Banner:
    """`said` is what the command prints: "Wrote a-left.bvh, a-right.bvh: 90 frames, ..."."""
    first = said.partition("\n")[0].removeprefix("Wrote ")
    names, _, summary = first.partition(f".{wish.kind}: ")
    written = [Path(name).name for name in f"{names}.{wish.kind}".split(", ")]
    title = f"Exported {', '.join(written)}"
    return Banner(Tone.CALM, title, summary, Action.SHOW_FOLDER, (Action.DISMISS,))


def export_session(watch: Watch, arguments: tuple[str, ...]) -> str:
    """Run `export`; what it prints. In a process of its own.

    Raises:
        UserError: it cannot be exported; nothing was written.
    """
    from app.cli import parse
    from app.progress import told_to

    labels: list[str] = []

    def listen(label: str, share: float) -> None:
        if label not in labels:
            labels.append(label)
        first = len(labels) == 1
        watch(FIRST_SHARE * share if first else FIRST_SHARE + (1.0 - FIRST_SHARE) * share)

    args = parse(["export", *arguments])
    said = io.StringIO()
    with told_to(listen), contextlib.redirect_stdout(said):
        args.run(args)
    return said.getvalue()
