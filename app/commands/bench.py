"""`bench`: latency from a frame in memory to its scene, stage by stage.

Frames are 640x480, made and kept in memory beforehand, so neither a disk nor a camera is measured.
With `--adaptation`: latency with adaptation off and on, at a camera's pace (adaptation_bench).
With `--stereo`: from a pair of pictures in memory to its scene (stereo_bench).
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psutil

from app.commands.adaptation_bench import AdaptationBench, adaptation_lines
from app.commands.arguments import add_json, frame_count
from app.commands.json_file import write_json
from app.commands.stereo_bench import measure_stereo, stereo_lines
from app.commands.tracking_run import load_estimator
from app.progress import progress
from engine.adaptation.live import create_adaptation
from engine.atomic_file import check_writable
from engine.capture.sources import open_camera
from engine.evaluation.log import RunLog
from engine.evaluation.report import EvalReport, build_report, latency_to_json, without_nan
from engine.evaluation.table import latency_lines
from engine.messages import Frame, FrameSet

WARM_UP_FRAMES = 30
"""Compilation, caches, and hands to be found: not part of a steady state."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """Of one source. `found` counts the frames in which all its hands were followed."""

    hands: int
    found: int
    report: EvalReport

    def to_json(self) -> dict[str, Any]:
        return {
            "frames": self.report.frames,
            "found": self.found,
            "fps": self.report.fps,
            "latency_ms": latency_to_json(self.report.latency),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--frames", type=frame_count, default=300, metavar="N", help="frames a case (300)"
    )
    parser.add_argument(
        "--adaptation",
        action="store_true",
        help="measure what adaptation costs and when it first helps (minutes)",
    )
    parser.add_argument(
        "--stereo", action="store_true", help="measure stereo pairs: matching and estimating"
    )
    parser.add_argument(
        "--rounds",
        type=frame_count,
        default=6,
        metavar="N",
        help="turns of 10 s off and 10 s on with --adaptation (6)",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    if args.json is not None:
        check_writable(args.json)
    if args.stereo:
        return _run_stereo(args)
    return _run_adaptation(args) if args.adaptation else _run_latency(args)


def _run_adaptation(args: argparse.Namespace) -> int:
    figures = AdaptationBench(load_estimator(), create_adaptation()).measure(args.rounds)
    print("\n".join(adaptation_lines(figures)))
    if args.json is not None:
        report = {"adaptation": figures.to_json(), "machine": _machine()}
        write_json(args.json, without_nan(report))
    return 0


def _run_stereo(args: argparse.Namespace) -> int:
    figures = measure_stereo(load_estimator(), args.frames)
    print("\n".join(stereo_lines(figures)))
    if args.json is not None:
        report = {"stereo": figures.to_json(), "machine": _machine()}
        write_json(args.json, without_nan(report))
    return 0


def _run_latency(args: argparse.Namespace) -> int:
    one, two = (_bench(hands, args.frames) for hands in (1, 2))
    ratio = two.report.latency.total.median / one.report.latency.total.median
    memory_mb = psutil.Process().memory_info().rss / 1e6
    for result in (one, two):
        print(f"\n{result.hands} hand(s), followed in {result.found} of {args.frames} frames")
        print("\n".join(latency_lines(result.report.latency)))
    print(f"\ntwo hands take {ratio:.2f} times as long as one; resident memory {memory_mb:.0f} MB")
    if args.json is not None:
        figures = {
            "one_hand": one.to_json(),
            "two_hands": two.to_json(),
            "two_to_one": ratio,
            "resident_mb": memory_mb,
            "machine": _machine(),
        }
        write_json(args.json, without_nan(figures))
    return 0


def _bench(hands: int, count: int) -> BenchResult:
    frames = _frames_in_memory(hands, WARM_UP_FRAMES + count)
    estimator = load_estimator()
    log, found = RunLog(use_truth=False), 0
    for index, frame in enumerate(progress(frames, len(frames), f"{hands} hand(s)")):
        now = replace(frame, captured_ns=time.monotonic_ns())
        scene = estimator.estimate(FrameSet((now,)))
        estimator.settle()
        if index < WARM_UP_FRAMES:
            continue
        found += len(scene.hands) == hands
        log.add(frame, scene)
    return BenchResult(hands, found, build_report(log))


def _frames_in_memory(hands: int, count: int) -> list[Frame]:
    with open_camera(f"sim:hands={hands}") as camera:
        return [camera.read() for _ in range(count)]


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cores": os.cpu_count(),
    }
