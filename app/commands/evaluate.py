"""`eval DATASET PATH`: accuracy against ground truth, and speed."""

from __future__ import annotations

import argparse

from app.commands.adapted_evaluation import add_adapt, run_adapted
from app.commands.arguments import add_frames, add_json, add_out, add_profile
from app.commands.json_file import write_json
from app.commands.known_person import estimator_for, open_profile
from app.commands.npz_file import HandRows
from app.commands.tracking_run import TrackingRun
from engine.adaptation.profile import Profile
from engine.atomic_file import check_writable
from engine.capture.camera import CameraInfo
from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.evaluation.table import report_lines
from engine.evaluation.takes import ForgetBetweenTakes

DATASETS = ("cvar", "nyu", "msra", "icvl", "sim", "sim-stereo")
UNSEEN_SIMULATION = "mode=shuffled,frames=2000"
"""What `eval sim` means: unconnected frames over all views, poses and sensors. Options given as
PATH come after it and win."""
UNSEEN_STEREO = "mode=takes,frames=300"
"""What `eval sim-stereo` means: ten takes of smooth motion, each with another person, skin, room,
light, rig and calibration."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", choices=DATASETS, help=", ".join(DATASETS))
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        default="",
        help="its folder; for sim, options such as mode=empty,frames=1000",
    )
    add_frames(parser)
    add_out(parser)
    add_json(parser)
    add_profile(parser)
    add_adapt(parser)


def run(args: argparse.Namespace) -> int:
    for target in filter(None, (args.out, args.json)):
        check_writable(target)
    person = open_profile(args.profile)
    uri = source_uri(args.dataset, args.path)
    with open_camera(uri) as camera:
        _check_truth(camera.info)
    return run_adapted(args, uri, person) if args.adapt else _run_plain(args, uri, person)


def _run_plain(args: argparse.Namespace, uri: str, person: Profile | None) -> int:
    rows = HandRows() if args.out is not None else None
    with open_camera(uri) as camera:
        estimator = ForgetBetweenTakes(estimator_for(person))
        tracking = TrackingRun(camera, estimator, args.frames, "evaluating", use_truth=True)
        for _, scene in tracking:
            if rows is not None:
                rows.add(scene)
    report = tracking.report()
    print("\n".join(report_lines(report)))
    if rows is not None:
        rows.write(args.out)
    if args.json is not None:
        write_json(args.json, report.to_json())
    return 0


def source_uri(dataset: str, path: str) -> str:
    """The source that holds a data set."""
    if dataset == "sim":
        return f"sim:{UNSEEN_SIMULATION},{path}"
    if dataset == "sim-stereo":
        return f"sim-stereo:{UNSEEN_STEREO},{path}"
    if not path:
        raise SourceError(
            f"The data set {dataset} needs its folder; write `python main.py eval {dataset} PATH`."
        )
    return f"{dataset}:{path}"


def _check_truth(info: CameraInfo) -> None:
    if not info.has_truth:
        raise SourceError(
            f"'{info.uri}' has no ground truth to measure against; a labelled data set is "
            f"expected. Use `python main.py track {info.uri}` for the figures that need none."
        )
