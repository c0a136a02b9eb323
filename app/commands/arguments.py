"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path


def frame_count(text: str) -> int:
    """A number of frames on the command line: at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number of frames from 1 up, found '{text}'")
    return int(text)


def video_path(text: str) -> Path:
    """A place for a video: OpenCV takes the format from the ending."""
    if not text.lower().endswith(".mp4"):
        raise argparse.ArgumentTypeError(f"expected a file name ending in .mp4, found '{text}'")
    return Path(text)


def add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--frames", type=frame_count, metavar="N", help="stop after this many frames"
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, metavar="F.npz", help="write joints, meshes and confidence"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="F.json", help="write the figures")


def add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile", metavar="NAME", help="track a person who was enrolled (see enrol, profiles)"
    )


def add_rig(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rig",
        metavar="F.toml",
        default="",
        help="how the two cameras of a stereo source stand (see calibrate)",
    )
