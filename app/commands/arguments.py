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


def add_source(parser: argparse.ArgumentParser, words: str, metavar: str = "SOURCE") -> None:
    """The source as the first argument, and its rig; `source_uri` puts them together."""
    parser.add_argument("source", metavar=metavar, help=words)
    add_rig(parser)


def add_rig(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rig",
        metavar="F.toml",
        default="",
        help="how the cameras of uvc:, video: or images: stand (see calibrate); same as ?rig=",
    )


def source_uri(source: str, rig: str) -> str:
    """The source with the rig file that was named beside it, if one was.

    Raises:
        SourceError: the source takes no rig, or the file's name cannot stand in a source.
    """
    if not rig:
        return source
    from engine.capture.sources import RIG_SCHEMES, with_rig
    from engine.errors import SourceError

    if source.partition(":")[0] not in RIG_SCHEMES:
        known = ", ".join(f"{scheme}:" for scheme in RIG_SCHEMES)
        raise SourceError(
            f"--rig goes with a source of two cameras that do not know how they stand ({known}), "
            f"found '{source}'; leave --rig out."
        )
    if "," in rig:
        raise SourceError(
            f"A rig file whose name holds a comma cannot be opened, found '{rig}'; rename it."
        )
    # The window remembers the source, and may be started elsewhere the next time.
    return with_rig(source, str(Path(rig).expanduser().absolute()))
