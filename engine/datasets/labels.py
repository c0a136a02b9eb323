"""Label files of data sets: lines of numbers, and one sentence where they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.errors import SourceError
from engine.messages import Float64


def require_folder(folder: Path, holds: str) -> Path:
    """The folder itself.

    Raises:
        SourceError: it is no folder; the sentence tells what it should hold.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise SourceError(f"{folder}: expected a folder with {holds}, found {found}.")
    return folder


def read_lines(path: Path) -> list[str]:
    """The lines that are not empty.

    Raises:
        SourceError: missing or no text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SourceError(f"{path} is missing; expected the data set's labels there.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as labels ({error}).") from error
    return [line for line in text.splitlines() if line.strip()]


def read_count(path: Path, line: str) -> int:
    """The number of frames that heads a label file.

    Raises:
        SourceError: it is no whole number.
    """
    try:
        return int(line)
    except ValueError:
        raise SourceError(
            f"{path}: the first line must be the number of frames, found '{line[:40]}'."
        ) from None


def parse_joints(path: Path, line_number: int, fields: list[str], joint_count: int) -> Float64:
    """Joints [J, 3] of the 3 J numbers of one line; `line_number` is for the sentence.

    Raises:
        SourceError: too few or too many numbers, or something else than numbers.
    """
    try:
        numbers = np.array(fields, np.float64)
    except ValueError:
        numbers = np.empty(0)
    if numbers.size != joint_count * 3:
        raise SourceError(
            f"{path}, line {line_number}: expected {joint_count * 3} numbers ({joint_count} "
            f"joints), found {len(fields)} fields."
        )
    return numbers.reshape(joint_count, 3)
