"""Writing rig files: whole or not at all, and never a worse one over a better one unasked."""

from __future__ import annotations

from pathlib import Path

from calibration.errors import CalibrationError, CalibrationProblem
from calibration.storage import load_rig, to_toml
from calibration.stored_rig import StoredRig, why_not_replace
from engine.atomic_file import replacing


def check_replaceable(path: Path, stored: StoredRig) -> None:
    """
    Raises:
        CalibrationError: something is there that is better than `stored`, or that is no rig file.
    """
    if not path.exists():
        return
    try:
        reason = why_not_replace(stored, load_rig(path))
    except CalibrationError:
        reason = "it is not a rig file that can be read"
    if reason is not None:
        raise CalibrationError(
            CalibrationProblem.WORSE,
            f"Not written: '{path}' is there already, and {reason}; name another file, or say "
            "--force to replace it.",
        )


def save_rig(path: Path, stored: StoredRig) -> None:
    """Write a rig file in one step.

    Raises:
        OutputError: the place cannot be written, or the disk is full.
    """
    with replacing(path) as partial:
        partial.write_text(to_toml(stored), encoding="utf-8")
