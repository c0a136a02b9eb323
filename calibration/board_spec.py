"""Boards in words, as on the command line and in rig files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from calibration.board import AnyBoard, AprilGrid, CharucoBoard, Chessboard, bad_board

Make = Callable[[list[str]], AnyBoard]


def parse_board(spec: str) -> AnyBoard:
    """The board of a spec such as `chessboard:9x6:25mm`; `board.spec` says the same in return.

    Also `charuco:8x6:30mm:22mm` and `aprilgrid:6x6:35mm:10mm`.

    Raises:
        CalibrationError: the words are no board; one sentence with an example.
    """
    kind, _, rest = spec.strip().partition(":")
    words = rest.split(":")
    if kind not in KINDS or len(words) not in KINDS[kind][0]:
        raise bad_board(f"found '{spec}'")
    return KINDS[kind][1](words)


def _chessboard(words: list[str]) -> AnyBoard:
    return Chessboard(*_counts(words[0]), parse_length(words[1]))


def _charuco(words: list[str]) -> AnyBoard:
    square, marker = parse_length(words[1]), parse_length(words[2])
    return CharucoBoard(*_counts(words[0]), square, marker, *words[3:])


def _aprilgrid(words: list[str]) -> AnyBoard:
    return AprilGrid(*_counts(words[0]), parse_length(words[1]), parse_length(words[2]))


KINDS: Mapping[str, tuple[tuple[int, ...], Make]] = MappingProxyType(
    {
        "chessboard": ((2,), _chessboard),
        "charuco": ((3, 4), _charuco),
        "aprilgrid": ((3,), _aprilgrid),
    }
)
"""Kind -> how many words follow, and what they make."""


def _counts(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,3})x(\d{1,3})", text)
    if found is None:
        raise bad_board(f"found '{text}' where columns x rows are expected, such as 9x6")
    return int(found[1]), int(found[2])


def parse_length(text: str) -> float:
    """Metres of words such as 25mm, 2.5cm, 0.025m.

    Raises:
        CalibrationError: the words are no length.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(mm|cm|m)", text)
    if found is None:
        raise bad_board(f"found '{text}' where a length with its unit is expected, such as 25mm")
    return float(found[1]) / {"mm": 1000, "cm": 100, "m": 1}[found[2]]
