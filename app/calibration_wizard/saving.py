"""The last page: where a rig goes, whether it may, and what other programs get. Knows no Qt."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from app.rig_file import save_rig
from calibration.errors import CalibrationError
from calibration.formats.files import RigFormat, export_rig
from calibration.solve import StereoCalibration
from calibration.storage import load_rig
from calibration.stored_rig import StoredRig, quality_of, why_not_replace
from engine.atomic_file import check_writable, replacing
from engine.stereo.pair import PairInfo

EXPORTS = tuple(kind for kind in RigFormat if kind.can_export)


def rigs_folder() -> Path:
    """Where this user's rigs go unless told otherwise; HANDTUNE_RIGS names another folder."""
    named = os.environ.get("HANDTUNE_RIGS")
    return Path(named) if named else Path(platformdirs.user_data_dir("handtune")) / "rigs"


def suggested_path(stored: StoredRig, source_name: str) -> Path:
    """A name that says which cameras it is for: a new calibration replaces the old one's file."""
    serials = [s for s in (stored.left_serial, stored.right_serial) if s]
    words = re.findall(r"\w+", "-".join(dict.fromkeys(serials)) or source_name or "stereo")
    return rigs_folder() / f"{'-'.join(words)[:60]}.toml"


def stored_rig(result: StereoCalibration, info: PairInfo | None) -> StoredRig:
    """What to keep of a calibration."""
    return StoredRig(
        rig=result.rig,
        left_serial="" if info is None else info.left_serial,
        right_serial="" if info is None else info.right_serial,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        board=result.report.board,
        quality=quality_of(result.report),
    )


def why_ask(path: Path, stored: StoredRig) -> str:
    """What speaks against replacing what is at `path`; empty where nothing does."""
    if not path.exists():
        return ""
    try:
        reason = why_not_replace(stored, load_rig(path))
    except CalibrationError:
        return "There is a file of that name that is no rig file."
    return "" if reason is None else f"There is a calibration of that name already, and {reason}."


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written."""

    rig: Path
    exports: tuple[Path, ...]


def save(path: Path, stored: StoredRig, exports: Sequence[RigFormat]) -> Saved:
    """Write the rig, and beside it a folder for each other program.

    Raises:
        CalibrationError: a format cannot say what the rig is; nothing was written.
        OutputError: the place cannot be written.
    """
    files = {kind: export_rig(kind, stored) for kind in exports}
    check_writable(path)
    save_rig(path, stored)
    written: list[Path] = []
    for kind, texts in files.items():
        folder = path.with_name(f"{path.stem}-{kind.name.lower()}")
        for name, text in texts.items():
            with replacing(folder / name) as partial:
                partial.write_text(text, encoding="utf-8")
            written.append(folder / name)
    return Saved(path, tuple(written))
