"""Tracked hands as an .npz file: one row a frame and hand, NaN where no hand was found.

| key | shape | |
|---|---|---|
| frame | [N] int64 | the frame's number in its source; two hands share it |
| side | [N] str | "left", "right", or "" where no hand was found |
| hand_id | [N] int64 | stable while a hand is followed; -1 where none was found |
| joints | [N, 21, 3] float64 | metres, camera frame: wrist, thumb CMC MCP IP TIP, index MCP ... |
| vertices | [N, V, 3] float32 | metres, camera frame |
| confidence | [N, 21] float64 | 0 to 1 |
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.atomic_file import replacing
from engine.messages import KEYPOINT_COUNT, HandState, Scene


class HandRows:
    """Collects the hands of a run. Meshes stay in memory until `write`: about 20 kB a row."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, HandState | None]] = []

    def add(self, scene: Scene) -> None:
        hands: tuple[HandState | None, ...] = scene.hands or (None,)
        self._rows += [(scene.sequence, hand) for hand in hands]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The content of the file, by key."""
        hands = [hand for _, hand in self._rows]
        no_joints = np.full((KEYPOINT_COUNT, 3), np.nan)
        no_mesh = np.full((self._vertex_count(), 3), np.nan, np.float32)
        no_confidence = np.full(KEYPOINT_COUNT, np.nan)
        return {
            "frame": np.array([frame for frame, _ in self._rows], np.int64),
            "side": np.array([str(hand.side) if hand else "" for hand in hands], "<U5"),
            "hand_id": np.array([hand.hand_id if hand else -1 for hand in hands], np.int64),
            "joints": np.array([hand.joints if hand else no_joints for hand in hands]),
            "vertices": np.array([hand.vertices if hand else no_mesh for hand in hands]),
            "confidence": np.array([hand.confidence if hand else no_confidence for hand in hands]),
        }

    def write(self, target: Path, **more: npt.NDArray[Any]) -> None:
        """Write the file whole or not at all, with `more` arrays by their keys."""
        arrays = self.arrays() | more
        with replacing(target) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def _vertex_count(self) -> int:
        """Of the hands found, or of the default model where none was."""
        for _, hand in self._rows:
            if hand is not None:
                return len(hand.vertices)
        from engine.hand.model import load_hand_model

        return load_hand_model().vertex_count
