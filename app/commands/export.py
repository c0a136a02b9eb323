"""`export SESSION --to glb|bvh|csv|npz|mp4`: recorded or tracked hands for other programs.

What the files hold stands in docs/export.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.commands.arguments import add_frames, add_profile, add_source, source_uri
from app.commands.export_arrays import write_npz
from app.commands.export_origin import Origin, open_origin
from app.commands.export_video import write_video
from app.progress import progress
from engine.adaptation.profile import program_version
from engine.atomic_file import OutputError, check_writable
from engine.errors import UserError
from engine.export.animated_hand import AnimatedHand, animated_hand
from engine.export.axes import DEFAULT_AXES, PRESETS, ExportFormat
from engine.export.bvh import write_bvh
from engine.export.csv_table import write_csv
from engine.export.glb import write_glb
from engine.export.record import sidecar_path
from engine.export.resampling import usual_rate
from engine.export.settings import ExportSettings
from engine.export.take import ExportError, Take
from engine.export.take_builder import HandChoice, build_take
from engine.hand.model import load_hand_model
from engine.messages import Side

RESAMPLED = (ExportFormat.GLB, ExportFormat.BVH, ExportFormat.MP4)
"""Formats that can have another frame rate than the recording."""
WITH_SIDECAR = (ExportFormat.BVH, ExportFormat.CSV)
"""Formats that cannot say their own axes and units."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source(parser, "F.mcap, or a source to track first, such as sim:", "SESSION")
    formats = [str(name) for name in ExportFormat]
    parser.add_argument("--to", choices=formats, help="format; may be left out with --out")
    parser.add_argument("--out", type=Path, metavar="F", help="default: named like the session")
    parser.add_argument("--axes", choices=list(PRESETS), help="whose axes and unit")
    parser.add_argument(
        "--hand", type=hand_choice, default=HandChoice(), metavar="left|right|ID", help="only that"
    )
    parser.add_argument("--fps", type=frame_rate, metavar="N", help="another frame rate")
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    add_frames(parser)
    add_profile(parser)


def hand_choice(text: str) -> HandChoice:
    """A side or a hand's id on the command line."""
    if text in list(Side):
        return HandChoice(side=Side(text))
    if text.isdecimal():
        return HandChoice(hand_id=int(text))
    raise argparse.ArgumentTypeError(f"expected left, right or a hand's number, found '{text}'")


def frame_rate(text: str) -> float:
    """A frame rate on the command line: above 0, at most 1000."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(
            f"expected frames a second, above 0 and up to 1000, found '{text}'"
        )
    return rate


def run(args: argparse.Namespace) -> int:
    export_format = _format(args.to, args.out)
    _refuse_pointless(export_format, args)
    uri = source_uri(args.source, args.rig)
    target = args.out or _default_target(args.source, export_format)
    check_writable(target)
    with open_origin(uri, args.frames, args.profile) as origin:
        # After what cannot be read: the usual target may be of something else.
        _refuse_existing(_written(target, export_format), args.force)
        lines = _WRITERS[export_format](origin, target, args)
        print("\n".join(lines))
        if origin.failures:
            raise UserError(" ".join(str(failure) for failure in origin.failures))
    return 0


def _format(name: str | None, out: Path | None) -> ExportFormat:
    """As asked with --to, or by the ending of --out."""
    ending = "" if out is None else out.suffix.lower().lstrip(".")
    known = ", ".join(ExportFormat)
    if name is None and ending not in list(ExportFormat):
        found = "neither" if out is None else f"'{out}'"
        raise ExportError(
            f"--to with one of {known}, or --out with such an ending, is expected; "
            f"found {found}. Add --to glb, for example."
        )
    if name is not None and out is not None and ending != name:
        raise ExportError(
            f"--to {name} writes a file that ends in .{name}; --out says '{out}'. "
            "Change one of the two."
        )
    return ExportFormat(name or ending)


def _refuse_pointless(export_format: ExportFormat, args: argparse.Namespace) -> None:
    if args.axes is not None and export_format not in DEFAULT_AXES:
        raise ExportError(f"--axes {args.axes} is for numbers; a video has no axes. Leave it out.")
    if args.fps is not None and export_format not in RESAMPLED:
        raise ExportError(
            f"--fps is for {', '.join(RESAMPLED)}; a .{export_format} has every frame as it was "
            "tracked, with its time. Leave it out."
        )


def _default_target(source: str, export_format: ExportFormat) -> Path:
    path = Path(source)
    if path.is_file():
        return path.with_suffix(f".{export_format}")
    return Path(f"hands.{export_format}")


def _written(target: Path, export_format: ExportFormat) -> list[Path]:
    return [target, sidecar_path(target)] if export_format in WITH_SIDECAR else [target]


def _refuse_existing(paths: list[Path], force: bool) -> None:
    existing = next((path for path in paths if path.exists() and not path.is_dir()), None)
    if existing is not None and not force:
        raise OutputError(
            f"'{existing}' is there already, and nothing was changed. Name another file with "
            "--out, or add --force to replace it."
        )


def _settings(export_format: ExportFormat, args: argparse.Namespace) -> ExportSettings:
    axes = PRESETS[args.axes or DEFAULT_AXES[export_format]]
    return ExportSettings(axes, args.fps, f"HandTune {program_version()}")


def _take(origin: Origin, args: argparse.Namespace) -> Take:
    model = load_hand_model()
    return build_take(origin.name, origin.scenes(), model, args.hand, origin.camera)


def _write_glb(origin: Origin, target: Path, args: argparse.Namespace) -> list[str]:
    settings = _settings(ExportFormat.GLB, args)
    take = _take(origin, args)
    animated_hands = tuple(animated_hand(take, hand) for hand in take.hands)
    write_glb(take, animated_hands, target, settings)
    return [f"Wrote {target}: {_summary(take, settings)}", *map(_bones_line, animated_hands)]


def _write_bvh(origin: Origin, target: Path, args: argparse.Namespace) -> list[str]:
    """One file a hand: BVH has one root."""
    settings = _settings(ExportFormat.BVH, args)
    take = _take(origin, args)
    by_path = {_of_hand(target, hand.name, take): animated_hand(take, hand) for hand in take.hands}
    written = [file for path in by_path for file in _written(path, ExportFormat.BVH)]
    _refuse_existing(written, args.force)
    write_bvh(take, by_path, settings)
    names = ", ".join(str(path) for path in by_path)
    return [
        f"Wrote {names}: {_summary(take, settings)}",
        *map(_bones_line, by_path.values()),
    ]


def _of_hand(target: Path, name: str, take: Take) -> Path:
    """`hands-right.bvh` where there are several hands."""
    if len(take.hands) == 1:
        return target
    return target.with_name(f"{target.stem}-{name}{target.suffix}")


def _write_csv(origin: Origin, target: Path, args: argparse.Namespace) -> list[str]:
    settings = _settings(ExportFormat.CSV, args)
    take = _take(origin, args)
    write_csv(take, target, settings, lambda lines, total: progress(lines, total, "writing"))
    return [f"Wrote {target}: {_summary(take, settings)}"]


def _write_npz(origin: Origin, target: Path, args: argparse.Namespace) -> list[str]:
    axes = _settings(ExportFormat.NPZ, args).axes
    summary = write_npz(origin.name, origin.scenes(meshes=True), args.hand, axes, target)
    return [f"Wrote {target}: {summary}"]


def _write_mp4(origin: Origin, target: Path, args: argparse.Namespace) -> list[str]:
    fps = args.fps or usual_rate(origin.fps)
    summary = write_video(origin.name, origin.pictures(), args.hand, fps, target)
    return [f"Wrote {target}: {summary}"]


_WRITERS: dict[ExportFormat, Callable[[Origin, Path, argparse.Namespace], list[str]]] = {
    ExportFormat.GLB: _write_glb,
    ExportFormat.BVH: _write_bvh,
    ExportFormat.CSV: _write_csv,
    ExportFormat.NPZ: _write_npz,
    ExportFormat.MP4: _write_mp4,
}


def _summary(take: Take, settings: ExportSettings) -> str:
    frames = len(take.times_s)
    hands = ", ".join(f"{hand.name} in {len(hand.frames)}" for hand in take.hands)
    return (
        f"{frames} frames, {take.duration_s:.1f} s; {hands}; "
        f"{settings.axes.name} axes: {settings.axes.words}."
    )


def _bones_line(animated: AnimatedHand) -> str:
    mean, most = 1e3 * np.mean(animated.deviations_m), 1e3 * np.max(animated.deviations_m)
    return (
        f"  {animated.name}: bones of one length throughout; its joints lie {mean:.1f} mm from the "
        f"tracked ones on average, {most:.1f} mm in the worst frame."
    )
