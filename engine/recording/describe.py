"""The header of a session: where it comes from and what it was tracked with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from engine.capture.camera import CameraInfo
from engine.hand.model import DEFAULT_PATH, load_hand_model
from engine.messages import Frame
from engine.recording.layout import PictureInfo, SessionHeader
from engine.recording.tracked_with import TrackedWith
from engine.runtime.clock import monotonic_ns
from engine.weights_manifest import sha256_of

Describe = Callable[[Frame], SessionHeader]
"""Makes the header when the first frame is there; in the recorder's thread."""


def description(
    info: Callable[[], CameraInfo | None], tracked_with: TrackedWith | None = None
) -> Describe:
    """The header of a source's session; `tracked_with` is None where that is not known, or
    nothing is tracked."""

    def describe(first: Frame) -> SessionHeader:
        from engine.adaptation.profile import program_version  # numba loads on use

        source = info()
        header = SessionHeader(
            program_version=program_version(),
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
            started_ns=monotonic_ns(),
            source_uri=source.uri if source else first.camera_id,
            source_name=source.name if source else first.camera_id,
            camera=first.camera,
            fps=source.fps if source else 30.0,
            depth_unit_m=first.depth_unit_m,
            pictures=tuple(
                PictureInfo(picture.name, picture.camera, picture.T_depth_from_picture)
                for picture in first.pictures
            ),
            live=source.live if source else True,
            has_truth=bool(source and source.has_truth),
            device=source.device if source else "",
            firmware=source.firmware if source else "",
        )
        return header if tracked_with is None else _with_hands(header, tracked_with)

    return describe


def _with_hands(header: SessionHeader, tracked_with: TrackedWith) -> SessionHeader:
    return replace(
        header,
        hand_model=load_hand_model().name,
        hand_model_sha256=sha256_of(DEFAULT_PATH),
        weights_sha256=sha256_of(tracked_with.weights),
        profile=tracked_with.profile,
    )
