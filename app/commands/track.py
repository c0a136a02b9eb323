"""`track SOURCE`: hands in every frame of a source, written as arrays, figures, video.

Whatever goes wrong on the way, what was tracked by then is written where it can be.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from app.commands.arguments import (
    add_frames,
    add_json,
    add_out,
    add_profile,
    add_source,
    source_uri,
    video_path,
)
from app.commands.json_file import write_json
from app.commands.known_person import adapting, estimator_for, open_profile
from app.commands.npz_file import HandRows
from app.commands.stereo_text import stereo_lines, stereo_of
from app.commands.streaming import PacedStreams, add_stream, streaming
from app.commands.tracking_run import TrackingRun
from app.commands.video_file import VideoWriter, video_file
from app.viewport.still import compose_preview
from engine.atomic_file import OutputError, check_writable
from engine.capture.sources import open_camera
from engine.errors import SourceError, UserError
from engine.evaluation.report import EvalReport
from engine.evaluation.table import report_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source(parser, "such as sim: or folder:PATH")
    add_frames(parser)
    add_out(parser)
    add_json(parser)
    parser.add_argument(
        "--video", type=video_path, metavar="F.mp4", help="write a video to look at"
    )
    add_stream(parser)
    add_profile(parser)
    parser.add_argument(
        "--adapt",
        action="store_true",
        help="learn from the frames meanwhile; with --profile what was learnt is kept",
    )


def run(args: argparse.Namespace) -> int:
    for target in filter(None, (args.out, args.json, args.video)):
        check_writable(target)
    rows = HandRows() if args.out is not None else None
    person = open_profile(args.profile)
    with (
        streaming(args.stream) as streams,
        open_camera(source_uri(args.source, args.rig)) as camera,
        adapting(args.adapt, person) as adaptation,
    ):
        tracking = TrackingRun(
            camera, estimator_for(person), args.frames, "tracking", adaptation=adaptation
        )
        failures = _film(tracking, rows, args.video, camera.info.fps, streams)
    report = tracking.report()
    print("\n".join([*report_lines(report), *stereo_lines(stereo_of(camera))]))
    failures += _write(report, rows, args)
    if failures:
        raise UserError(" ".join(str(failure) for failure in failures))
    return 0


def _film(
    tracking: TrackingRun,
    rows: HandRows | None,
    video: Path | None,
    fps: float,
    streams: PacedStreams,
) -> list[UserError]:
    """Track everything, into a video where one is wanted."""
    failures: list[UserError] = []
    try:
        with ExitStack() as stack:
            film = stack.enter_context(video_file(video, fps)) if video is not None else None
            failures += _follow(tracking, rows, film, streams)
    except OutputError as error:
        failures.append(error)
    return failures


def _follow(
    tracking: TrackingRun,
    rows: HandRows | None,
    film: VideoWriter | None,
    streams: PacedStreams,
) -> list[SourceError]:
    """Run to the end, to Ctrl-C, or to a frame that cannot be read."""
    try:
        for frame, scene in tracking:
            streams.send(frame, scene)
            if rows is not None:
                rows.add(scene)
            if film is not None:
                film.write(compose_preview(frame, scene))
    except KeyboardInterrupt:
        print("\nStopped; keeping what was tracked so far.", file=sys.stderr)
    except SourceError as error:
        if not tracking.frames:
            raise
        print(f"\nKeeping the {tracking.frames} frames so far.", file=sys.stderr)
        return [error]
    return []


def _write(
    report: EvalReport, rows: HandRows | None, args: argparse.Namespace
) -> list[OutputError]:
    """Write each file, whether or not another one failed."""
    failures = []
    try:
        if rows is not None:
            rows.write(args.out)
    except OutputError as error:
        failures.append(error)
    try:
        if args.json is not None:
            write_json(args.json, report.to_json())
    except OutputError as error:
        failures.append(error)
    return failures
