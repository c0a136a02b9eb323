"""`export --to npz`: the arrays of `track --out`, with times, angles and axes beside them.

| key | shape | |
|---|---|---|
| frame, side, hand_id, joints, vertices, confidence | | as `track --out` writes them |
| time_s | [N] float64 | seconds since the first frame |
| angles | [N, 22] float64 | radians, in the order of `angle_names`; NaN where no hand was found |
| angle_names | [22] str | |
| faces_right, faces_left | [F, 3] int32 | vertex indices; (b - a) x (c - a) points outwards |
| axes, unit | str | of joints and vertices |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.commands.npz_file import HandRows
from engine.export.axes import Axes
from engine.export.take_builder import HandChoice, nothing_seen
from engine.hand.articulation import ANGLE_COUNT, ANGLE_NAMES
from engine.hand.model import load_hand_model
from engine.messages import Scene
from engine.runtime.clock import NS_PER_S


def write_npz(
    source: str,
    timed_scenes: Iterable[tuple[int, Scene]],
    choice: HandChoice,
    axes: Axes,
    target: Path,
) -> str:
    """Write every frame, those without a hand too; a sentence on what was written.

    Raises:
        ExportError: no hand was seen, or none of those that were chosen.
    """
    rows, times_ns, angles = HandRows(), [], []
    found, others = 0, set[str]()
    frames = 0
    for time_ns, scene in timed_scenes:
        chosen, rest = choice.split(scene)
        others |= rest
        rows.add(_in_axes(chosen, axes))
        hands = chosen.hands or (None,)
        times_ns += [time_ns] * len(hands)
        angles += [np.full(ANGLE_COUNT, np.nan) if h is None else h.angles for h in hands]
        found += len(chosen.hands)
        frames += 1
    if not found:
        raise nothing_seen(source, frames, choice, others)
    model = load_hand_model()
    rows.write(
        target,
        time_s=(np.array(times_ns) - times_ns[0]) / NS_PER_S,
        angles=np.array(angles),
        angle_names=np.array(ANGLE_NAMES),
        faces_right=axes.faces(model.faces),
        faces_left=axes.faces(model.mirrored().faces),
        axes=np.array(axes.name),
        unit=np.array(axes.unit),
    )
    return f"{found} hands in {frames} frames; {axes.name} axes: {axes.words}."


def _in_axes(scene: Scene, axes: Axes) -> Scene:
    hands = tuple(
        replace(
            hand,
            joints=axes.points(hand.joints),
            vertices=axes.points(hand.vertices).astype(np.float32),
        )
        for hand in scene.hands
    )
    return replace(scene, hands=hands)
