"""Label files of data sets: lines of numbers, and one sentence where they are not."""

from __future__ import annotations

from collections.abc import Sequence
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
        raise SourceError(
            f"{folder}: expected a folder with {holds}, found {found}; check the path."
        )
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


def counted_lines(path: Path) -> list[str]:
    """The lines after the first one, which tells their number.

    Raises:
        SourceError: missing, or another number of lines than announced.
    """
    lines = read_lines(path)
    announced = lines[0].strip() if lines else ""
    if not announced.isdecimal():
        raise SourceError(
            f"{path}: the first line must be the number of frames, found '{announced[:40]}'."
        )
    if len(lines) - 1 != int(announced) or len(lines) < 2:
        raise SourceError(
            f"{path}: the first line says {announced} frames, found {len(lines) - 1} lines of "
            "labels; copy the file again."
        )
    return lines[1:]


def parse_joints(
    path: Path, rows: Sequence[Sequence[str]], joint_count: int, first_line: int
) -> Float64:
    """Joints [N, J, 3] of N rows of 3 J numbers; `first_line` is the number of the first row's
    line, for the sentence.

    Raises:
        SourceError: too few or too many numbers in a row, or something else than numbers.
    """
    joints = np.empty((len(rows), joint_count * 3))
    for index, row in enumerate(rows):
        try:
            joints[index] = [float(field) for field in row]
        except ValueError:
            raise SourceError(
                f"{path}, line {first_line + index}: expected {joint_count * 3} numbers "
                f"({joint_count} joints), found {len(row)} fields."
            ) from None
    return joints.reshape(len(rows), joint_count, 3)
