"""The command line: `python main.py [COMMAND] ...`.

One module a command in app/commands/, each with `add_arguments(parser)` and `run(args) -> int`
(the exit status). Only the module of the chosen command is imported, so that the window never
waits for what the trainer needs. A UserError is one sentence on stderr and exit status 2.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from engine.errors import UserError

DEFAULT_COMMAND = "run"
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "open the window (the default); without a display, write a preview to out/",
        "track": "track hands in any source and write joints, meshes, figures, video",
        "record": "record a source and its hands as a session file",
        "export": "write recorded or tracked hands as glb, bvh, csv, npz or mp4",
        "compare": "replay a session through two trackers and compare them",
        "verify": "read every byte of a recorded session and say what is wrong",
        "repair": "write a whole session from a damaged or unfinished one",
        "enrol": "get to know a new person's hand in a guided minute",
        "profiles": "list, show, reset, delete, rename the people that are known",
        "newcomers": "measure enrolment and adaptation on simulated new people",
        "calibrate": "calibrate two cameras from pictures of a board",
        "eval": "measure accuracy and speed on a data set with ground truth",
        "bench": "measure latency on frames in memory",
        "train": "train a network",
        "prepare": "do now what the first start would otherwise do (compile, export)",
        "doctor": "say what is there, what is missing, and how to get it",
    }
)
"""Command -> summary, in the order of `--help`."""
MODULES: Mapping[str, str] = MappingProxyType({"eval": "evaluate"})
"""Modules whose name differs from their command's: `eval` is a Python builtin."""

USER_ERROR_STATUS = 2
INTERRUPTED_STATUS = 130
PIPE_CLOSED_STATUS = 141
"""What a shell reports of a program that wrote to a reader who had left (`... | head`)."""


def main(argv: Sequence[str]) -> int:
    """Run one command; the exit status."""
    args = parse(argv)
    try:
        status = int(args.run(args))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Python writes what is left as it ends, and would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED_STATUS
    except UserError as error:
        print(f"handtune: {error}", file=sys.stderr)
        return USER_ERROR_STATUS
    except KeyboardInterrupt:
        print("\nhandtune: interrupted", file=sys.stderr)
        return INTERRUPTED_STATUS


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Arguments of the chosen command; `run` is its entry point."""
    words = list(argv)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, DEFAULT_COMMAND)
    parser = argparse.ArgumentParser(
        prog="python main.py",
        description="HandTune: a live, metric 3D hand mesh from a depth camera.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == words[0]:
            module = importlib.import_module(f"app.commands.{MODULES.get(name, name)}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser.parse_args(words)
