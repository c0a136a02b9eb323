"""Lengths and widths of a hand in millimetres, with how sure they are.

Everything is measured on the hand model at rest, so it is a function of the ten shape coefficients;
its uncertainty is the coefficients' covariance carried through the derivative (first order). What
the depth images did not show stays as wide as the prior: people differ by that much.

The model stretches all bones of a finger together, so the ratio of the bones within one finger is
that of the default hand; `MODEL_SHARE` is what this costs at least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import BONES, FINGERS, KEYPOINT_NAMES
from engine.hand.model import SHAPE_COUNT, HandModel
from engine.inference.fitting import KnownShape

Float64 = npt.NDArray[np.float64]
Pair = tuple[int, int]

TWO_SIDED_95 = 1.96
MODEL_SHARE = 0.005
"""Standard deviation, relative, that is added to every measure whatever the images say."""
_STEP = 1e-4
_SLAB_M = 0.006
"""Half length of the piece of a finger on which its width is measured."""

_BONE_WORDS = ("metacarpal", "proximal", "middle", "distal")
_THUMB_WORDS = ("wrist to thumb", "metacarpal", "proximal", "distal")


@dataclass(frozen=True, slots=True)
class Measure:
    """One length or width, millimetres."""

    name: str
    """"index proximal", "palm width"."""
    group: str
    """`bone` or `width`."""
    mm: float
    low_mm: float
    high_mm: float
    """The 95 % interval."""
    prior_share: float
    """Standard deviation over that of a stranger's hand: 1 means that nothing was seen."""

    @property
    def sure_mm(self) -> float:
        """Half of the interval."""
        return 0.5 * (self.high_mm - self.low_mm)

    @property
    def seen(self) -> bool:
        """Whether the images said more about this than is known of everybody."""
        return self.prior_share < 0.7


BONE_NAMES: tuple[str, ...] = tuple(
    f"{FINGERS[k // 4]} {(_THUMB_WORDS if k < 4 else _BONE_WORDS)[k % 4]}" for k in range(20)
)
"""In the order of engine.hand.keypoints.BONES."""
assert [KEYPOINT_NAMES[end].split("_")[0] for _, end in BONES] == [
    name.split(" ")[0] for name in BONE_NAMES
]


def bone_lengths_m(model: HandModel, shape: Float64) -> Float64:
    """[20] metres, in the order of BONE_NAMES."""
    keypoints = model.rest_keypoints(shape)
    start, end = np.array(BONES).T
    return np.asarray(np.linalg.norm(keypoints[end] - keypoints[start], axis=1))


def width_names() -> tuple[str, ...]:
    """Of the widths, in the order of `widths_m`."""
    return ("palm width", "palm thickness", *(f"{finger} width" for finger in FINGERS))


def widths_m(model: HandModel, shape: Float64) -> Float64:
    """[7] metres: palm across the knuckles, palm through its middle, each finger's base bone."""
    points, _ = model.shaped(shape)
    first, second = np.array(_width_pairs(_Rest(model))).T
    return np.asarray(np.linalg.norm(points[first] - points[second], axis=1))


def measures(model: HandModel, known: KnownShape, prior: KnownShape) -> tuple[Measure, ...]:
    """Every bone and width of a person, with its 95 % interval.

    `prior` is what is known of a stranger: it says how much the images have added.
    """
    found: list[Measure] = []
    for group, names, measure in (
        ("bone", BONE_NAMES, bone_lengths_m),
        ("width", width_names(), widths_m),
    ):
        values = measure(model, known.shape)
        sigma = _deviations(model, known, measure)
        stranger = _deviations(model, prior, measure)
        for k, name in enumerate(names):
            total = float(np.hypot(sigma[k], MODEL_SHARE * values[k]))
            half = TWO_SIDED_95 * total
            found.append(
                Measure(
                    name,
                    group,
                    1000.0 * float(values[k]),
                    1000.0 * float(values[k] - half),
                    1000.0 * float(values[k] + half),
                    float(sigma[k] / stranger[k]),
                )
            )
    return tuple(found)


def _deviations(
    model: HandModel, known: KnownShape, measure: Callable[[HandModel, Float64], Float64]
) -> Float64:
    """Standard deviation in metres of each measure."""
    shape, steps = known.shape, _STEP * np.eye(SHAPE_COUNT)
    derivative = np.stack(
        [(measure(model, shape + s) - measure(model, shape - s)) / (2 * _STEP) for s in steps], 1
    )
    variance = np.einsum("ki,ij,kj->k", derivative, known.covariance, derivative)
    return np.asarray(np.sqrt(variance))


class _Rest:
    """A model as a key of the cache: by identity, its arrays cannot be hashed."""

    def __init__(self, model: HandModel) -> None:
        self.model = model

    def __hash__(self) -> int:
        return hash((self.model.name, self.model.side, self.model.vertex_count))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rest) and other.model.points is self.model.points


@lru_cache(maxsize=4)
def _width_pairs(rest: _Rest) -> tuple[Pair, ...]:
    """Pairs of vertices between which the widths are measured, chosen on the mean hand."""
    model = rest.model
    vertices, keypoints = model.points[:-5], model.rest_keypoints()
    knuckles = keypoints[[5, 9, 13, 17], 1].mean()
    middle = 0.5 * knuckles
    at_knuckles = np.abs(vertices[:, 1] - 0.9 * knuckles) < 2 * _SLAB_M
    no_thumb = model.weights[:-5, 1:4].sum(1) < 0.2
    at_middle = np.abs(vertices[:, :2] - [keypoints[9, 0], middle]).max(1) < 2 * _SLAB_M
    return (
        _extremes(vertices, at_knuckles & no_thumb, np.array([1.0, 0, 0])),
        _extremes(vertices, at_middle & no_thumb, np.array([0, 0, 1.0])),
        *(_finger_pair(model, finger) for finger in range(5)),
    )


def _finger_pair(model: HandModel, finger: int) -> Pair:
    """Across the first free bone of a finger: thumb proximal, finger proximal."""
    keypoints, vertices = model.rest_keypoints(), model.points[:-5]
    start = 2 if finger == 0 else 1 + 4 * finger
    joint = 2 if finger == 0 else 1 + 3 * finger
    along = keypoints[start + 1] - keypoints[start]
    length = float(np.linalg.norm(along))
    along = along / length
    offset = (vertices - keypoints[start]) @ along - 0.6 * length
    around = (np.abs(offset) < _SLAB_M) & (model.weights[:-5, joint] > 0.5)
    across = np.cross(along, [0.0, 0.0, 1.0])
    return _extremes(vertices, around, across / np.linalg.norm(across))


def _extremes(vertices: Float64, among: npt.NDArray[np.bool_], direction: Float64) -> Pair:
    chosen = np.flatnonzero(among)
    along = vertices[chosen] @ direction
    return int(chosen[along.argmin()]), int(chosen[along.argmax()])
