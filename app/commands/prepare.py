"""`prepare`: do now what the first start would otherwise do, which takes a minute or two.

Compiles the tracker's kernels and makes the networks' ONNX files, by tracking a few simulated
frames of two hands. `make` runs it after an update; a second run takes some seconds.
"""

from __future__ import annotations

import argparse
import time

from engine.capture.sources import open_camera
from engine.inference.depth_estimator import create_estimator
from engine.offline import run_offline

FRAMES = 12
"""Enough for a hand to be found, fitted, followed and its shape to be learnt."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Returns the exit status."""
    del args
    print("Preparing the tracker; the first time this takes a minute or two.", flush=True)
    started = time.monotonic()
    with open_camera("sim:hands=2") as camera:
        seen = sum(len(scene.hands) for _, scene in run_offline(camera, create_estimator(), FRAMES))
    print(f"Prepared in {time.monotonic() - started:.0f} s ({seen} hands in {FRAMES} frames).")
    return 0
