"""`run`, the default command: the window; without a display, the same path into files."""

from __future__ import annotations

import argparse
from dataclasses import replace

from app.commands.arguments import add_profile, add_rig, frame_count, source_uri
from app.commands.streaming import add_stream, streaming
from app.display import check_display, has_display
from engine.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", metavar="SOURCE", help="such as sim: (default: the last one)")
    parser.add_argument("--no-window", action="store_true", help="write a preview to out/ instead")
    parser.add_argument(
        "--frames", type=frame_count, default=300, metavar="N", help="frames of a preview (300)"
    )
    add_stream(parser)
    add_profile(parser)
    add_rig(parser)


def run(args: argparse.Namespace) -> int:
    if args.rig:
        if args.source is None:
            raise UserError("--rig goes with a stereo source; name it as well: --source uvc:0,1.")
        args.source = source_uri(args.source, args.rig)
    if args.no_window or not has_display():
        return _preview(args)
    check_display()
    if args.profile is not None:
        _remember(args.profile)
    return _window(args)


def _window(args: argparse.Namespace) -> int:
    from app.application import run_window

    if not args.stream:
        return run_window(args.source)
    with streaming(args.stream) as paced:
        return run_window(args.source, streams=paced.streams)


def _remember(name: str) -> None:
    """The window begins with the person that its settings name; raises where there is none."""
    from app.settings import default_path, load_settings, save_settings
    from engine.adaptation.profile_store import ProfileStore

    profile = ProfileStore().open(name).profile
    path = default_path()
    save_settings(replace(load_settings(path), profile=profile.name), path)


def _preview(args: argparse.Namespace) -> int:
    from app.preview import SIMULATED_CAMERA, write_preview

    uri = args.source or SIMULATED_CAMERA
    if args.stream:
        raise UserError(
            "A stream is for a window or for tracking, and this is a preview of neither; write "
            f"`python main.py track {uri} --stream {args.stream[0]}`."
        )
    if args.profile is not None:
        raise UserError(
            "A profile is for the window, and this is a preview without one; write "
            f"`python main.py track {uri} --profile {args.profile!r}`."
        )
    if not args.no_window:
        print("There is no display here, so there is no window.")
    print(f"Tracking {args.frames} frames of {uri} into files.", flush=True)
    print(write_preview(uri, args.frames))
    return 0
