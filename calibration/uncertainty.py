"""How sure each parameter of a calibration is, in its own unit and one standard deviation.

From the corners' own scatter and the geometry of the views. It says nothing of what all views
share: a board that is not flat, a wrong square, a lens of another kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from calibration.estimate import Estimate
from calibration.refinement import Refined

Matrix = npt.NDArray[np.float64]

UNITS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "fx": ("px", 1.0), "fy": ("px", 1.0), "cx": ("px", 1.0), "cy": ("px", 1.0),
        "rx": ("deg", 180 / np.pi), "ry": ("deg", 180 / np.pi), "rz": ("deg", 180 / np.pi),
        "tx": ("mm", 1000.0), "ty": ("mm", 1000.0), "tz": ("mm", 1000.0),
    }
)  # fmt: skip
"""Parameter -> its unit for people, and how many of them a native one is."""


@dataclass(frozen=True, slots=True)
class ParameterUncertainty:
    """A value and its standard deviation, in the unit named."""

    camera: int
    name: str
    value: float
    deviation: float
    unit: str


def parameter_uncertainties(refined: Refined) -> tuple[ParameterUncertainty, ...]:
    """Of every parameter of the cameras."""
    x = refined.parameters.vector(refined.estimate)
    deviations = np.sqrt(np.maximum(np.diag(refined.covariance), 0.0))
    found = []
    for full, value, deviation in zip(refined.parameters.names, x, deviations, strict=False):
        camera, _, name = full.partition(".")
        unit, scale = UNITS.get(name, ("", 1.0))
        found.append(
            ParameterUncertainty(
                int(camera), name, scale * float(value), scale * float(deviation), unit
            )
        )
    return tuple(found)


def deviation_of(refined: Refined, figure: Callable[[Estimate], Matrix]) -> Matrix:
    """Standard deviations [N] of any figures [N] of the estimate, to first order.

    `figure` must not depend on the poses of the board.
    """
    rig = replace(refined.estimate, T_rig_from_board=())
    parameters = replace(refined.parameters, start=rig)
    x = parameters.vector(rig)
    if not np.isfinite(refined.covariance).all():
        return np.full(np.shape(figure(refined.estimate)), np.inf)
    scales = np.maximum(np.sqrt(np.maximum(np.diag(refined.covariance), 0.0)), 1e-9)
    columns = []
    for k in range(len(x)):
        step = np.zeros(len(x))
        step[k] = 0.1 * scales[k]
        above = figure(parameters.estimate(x + step))
        below = figure(parameters.estimate(x - step))
        columns.append((np.asarray(above) - np.asarray(below)) / (2 * step[k]))
    J = np.stack(columns, -1)
    return np.sqrt(np.einsum("...i,ij,...j->...", J, refined.covariance, J))
