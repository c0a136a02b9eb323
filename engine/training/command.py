"""`python main.py train NETWORK`: options and run of a network's training."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.errors import UserError

_WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
DEFAULT_WEIGHTS = _WEIGHTS / "single_view_depth.safetensors"
DEFAULT_FUSION = _WEIGHTS / "fusion_depth.safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A sub-command a network. Imports no torch, so that --help is quick."""
    networks = parser.add_subparsers(dest="network", required=True, metavar="NETWORK")
    _add_depth_arguments(networks.add_parser("depth", help="the single-view network"))
    _add_fusion_arguments(
        networks.add_parser("fusion", help="what several views say of one hand (stage 2)")
    )
    _add_all_arguments(networks.add_parser("all", help="both, with and without labels (stage 3)"))
    _add_style_arguments(
        networks.add_parser("style", help="makes synthetic depth look like that of a real source")
    )
    _add_localiser_arguments(networks.add_parser("localiser", help="finds hands in whole frames"))
    _add_presence_arguments(
        networks.add_parser("presence", help="refits what the single-view network takes for a hand")
    )


def _add_depth_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(train=run_depth)
    _add_run_arguments(parser, "runs/depth", 5_000_000, 64, workers=1)
    parser.add_argument(
        "--weights-out", type=Path, help="weights file to write (default: OUT/weights.safetensors)"
    )
    parser.add_argument("--lr", type=float, default=2e-3, help="peak AdamW rate")
    parser.add_argument("--muon-lr", type=float, default=0.01, help="peak Muon rate")
    parser.add_argument("--optimizer", choices=("muon", "adamw"), default="muon")
    parser.add_argument("--width", type=float, default=0.5, help="channels relative to ResNet-18")
    parser.add_argument("--stacks", type=int, choices=(1, 2), default=1)
    parser.add_argument("--start-from", type=Path, help="checkpoint or weights to fine-tune")
    _add_style_option(parser)


def _add_run_arguments(
    parser: argparse.ArgumentParser, out: str, samples: int, batch: int, workers: int | None = 0
) -> None:
    """What every run takes; `workers` is None where a run makes its samples itself."""
    parser.add_argument("--out", type=Path, default=Path(out), help="checkpoints and logs")
    parser.add_argument("--samples", type=int, default=samples, help="end after so many samples")
    parser.add_argument("--minutes", type=float, help="end after so many minutes if that is sooner")
    parser.add_argument("--batch", type=int, default=batch, help="samples a step and process")
    if workers is not None:
        parser.add_argument(
            "--workers", type=int, default=workers, help="processes that make samples"
        )
    parser.add_argument("--threads", type=int, default=1, help="torch threads of each process")
    parser.add_argument("--seed", type=int, default=1)


def _add_fusion_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(train=run_fusion)
    _add_run_arguments(parser, "runs/fusion", 200_000, 32)
    parser.add_argument(
        "--weights", type=Path, default=DEFAULT_WEIGHTS, help="the single-view network"
    )
    parser.add_argument(
        "--weights-out", type=Path, help="weights file to write (default: OUT/fusion.safetensors)"
    )


def _add_all_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(train=run_all)
    _add_run_arguments(parser, "runs/all", 50_000, 8)
    parser.add_argument(
        "--weights", type=Path, default=DEFAULT_WEIGHTS, help="single-view network to begin with"
    )
    parser.add_argument(
        "--fusion", type=Path, default=DEFAULT_FUSION, help="fusion network to begin with"
    )
    parser.add_argument(
        "--weights-out", type=Path, help="file to write (default: OUT/weights.safetensors)"
    )
    parser.add_argument(
        "--fusion-out", type=Path, help="file to write (default: OUT/fusion.safetensors)"
    )
    parser.add_argument(
        "--unlabelled", metavar="SOURCE", help="learn from its hands (default: synthetic ones)"
    )
    parser.add_argument("--frames", type=int, default=2000, help="of the source, at most")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="TERM",
        help="leave a loss term or group out, for ablations; may be repeated",
    )
    parser.add_argument(
        "--distillation",
        type=float,
        default=1.0,
        help="what the fused answers count as teachers; the paper: 10 for real views or two stacks",
    )
    _add_style_option(parser)


def _add_style_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(train=run_style)
    _add_run_arguments(parser, "runs/style", 40_000, 4)
    parser.add_argument(
        "--real", required=True, metavar="SOURCE", help="whose depth is to be looked like"
    )
    parser.add_argument("--frames", type=int, default=2000, help="of the source, at most")
    parser.add_argument(
        "--weights-out", type=Path, help="file to write (default: OUT/style.safetensors)"
    )
    parser.add_argument("--width", type=float, default=0.25, help="channels relative to 64")
    parser.add_argument("--blocks", type=int, default=9, help="residual blocks of the generators")


def _add_style_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--style", type=Path, metavar="FILE", help="half of the labelled crops in this style"
    )


def _add_localiser_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(train=run_localiser)
    _add_run_arguments(parser, "runs/localiser", 400_000, 24, workers=None)
    parser.add_argument("--weights-out", type=Path, help="weights file to write (default: in OUT)")


def _add_presence_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(train=run_presence)
    parser.add_argument("--weights", type=Path, default=DEFAULT_WEIGHTS, help="to be refitted")
    parser.add_argument("--weights-out", type=Path, help="file to write (default: the same)")
    parser.add_argument("--samples", type=int, default=6000, help="crops to fit on")
    parser.add_argument("--threads", type=int, default=1, help="torch threads")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> int:
    """Train the chosen network. Returns the exit status."""
    status: int = args.train(args)
    return status


def run_depth(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt)."""
    _check_counts(args)
    from engine.nets.single_view import SingleViewConfig
    from engine.training.trainer import Trainer, TrainSettings

    settings = TrainSettings(
        out=args.out,
        weights_out=args.weights_out or args.out / "weights.safetensors",
        samples=args.samples,
        minutes=args.minutes,
        batch=args.batch,
        lr=args.lr,
        muon_lr=args.muon_lr,
        optimizer=args.optimizer,
        workers=args.workers,
        threads=args.threads,
        seed=args.seed,
        start_from=args.start_from,
        style=args.style,
        network=SingleViewConfig(args.width, args.stacks),
    )
    error = Trainer(settings).run()
    print(f"{settings.weights_out}: validation error {error:.2f} mm")
    return 0


def run_fusion(args: argparse.Namespace) -> int:
    """Train the fusion network (or resume from OUT/checkpoint.pt)."""
    _check_counts(args)
    from engine.training import fusion_stage

    return fusion_stage.run(args)


def run_all(args: argparse.Namespace) -> int:
    """Train both networks (or resume from OUT/checkpoint.pt)."""
    _check_counts(args, "samples", "batch", "threads", "frames")
    from engine.training import all_stage

    return all_stage.run(args)


def run_style(args: argparse.Namespace) -> int:
    """Train the style transfer (or resume from OUT/checkpoint.pt)."""
    _check_counts(args, "samples", "batch", "threads", "frames")
    from engine.training import style_stage

    return style_stage.run(args)


def run_localiser(args: argparse.Namespace) -> int:
    """Train (or resume from OUT/checkpoint.pt)."""
    _check_counts(args)
    from engine.training import localiser

    return localiser.run(args)


def run_presence(args: argparse.Namespace) -> int:
    """Refit the decisions of trained weights."""
    _check_counts(args, "samples", "threads")
    from engine.training import presence

    return presence.run(args)


def _check_counts(args: argparse.Namespace, *names: str) -> None:
    for name in names or ("samples", "batch", "threads"):
        if getattr(args, name) < 1:
            raise UserError(f"--{name}: expected at least 1, found {getattr(args, name)}")
