"""The path from camera to picture without a window: a video, a picture and a line of figures."""

from __future__ import annotations

import math
from pathlib import Path

import cv2

from app.commands.tracking_run import TrackingRun, load_estimator
from app.commands.video_file import Image, video_file
from app.viewport.still import compose_preview
from engine.atomic_file import replacing
from engine.capture.sources import open_camera
from engine.evaluation.report import EvalReport, Percentiles

SIMULATED_CAMERA = "sim:"
FOLDER = Path("out")


def write_preview(uri: str, frames: int, folder: Path = FOLDER) -> str:
    """Track so many frames into `preview.mp4` and `preview.png`; the lines to print.

    The picture is the last one with a hand, or the last one where none was found.
    """
    picture_path, video_path = folder / "preview.png", folder / "preview.mp4"
    picture: Image | None = None
    seen_hand = False
    with open_camera(uri) as camera, video_file(video_path, camera.info.fps) as video:
        tracking = TrackingRun(camera, load_estimator(), frames, "preview")
        for frame, scene in tracking:
            image = compose_preview(frame, scene)
            video.write(image)
            if scene.hands or not seen_hand:
                picture, seen_hand = image, bool(scene.hands)
    if picture is not None:
        write_png(picture_path, picture)
    return f"Wrote {picture_path} and {video_path}.\n{figures_line(tracking.report())}"


def write_png(target: Path, picture: Image) -> None:
    """Write an RGB picture [H, W, 3] whole or not at all."""
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    with replacing(target) as partial:
        partial.write_bytes(data.tobytes())


def figures_line(report: EvalReport) -> str:
    """Frame rate, latency as median / p95 by stage, residual: one line."""
    stages = ", ".join(f"{name} {_ms(t)}" for name, t in report.latency.stages.items())
    residual = f"{report.residual_mm:.1f} mm" if math.isfinite(report.residual_mm) else "no hand"
    return (
        f"{report.fps:.0f} frames a second, hand in {report.found} of {report.frames}; "
        f"latency median / p95 {_ms(report.latency.total)} ms ({stages}); "
        f"mesh to depth {residual}"
    )


def _ms(times: Percentiles) -> str:
    return f"{times.median:.1f} / {times.p95:.1f}"
