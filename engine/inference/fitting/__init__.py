"""Articulated model fitting to observed depth, compiled: the last word on every frame's mesh.

Everything here is right-handed: mirror a left hand's observation before and the result after.
"""

from engine.inference.fitting.fitter import FitResult, HandFitter
from engine.inference.fitting.guard import stray_m, trust
from engine.inference.fitting.inverse_kinematics import solve_pose, wrist_from_palm
from engine.inference.fitting.judgement import Judgement
from engine.inference.fitting.kernels.surface import Surface, surface_of
from engine.inference.fitting.observation import HandObservation, observe_hand
from engine.inference.fitting.settings import FitSettings
from engine.inference.fitting.shape import (
    KnownShape,
    ShapeEstimator,
    ShapeSettings,
    estimate_shape,
    nothing_known,
)

__all__ = [
    "FitResult",
    "FitSettings",
    "HandFitter",
    "HandObservation",
    "Judgement",
    "KnownShape",
    "ShapeEstimator",
    "ShapeSettings",
    "Surface",
    "estimate_shape",
    "nothing_known",
    "observe_hand",
    "solve_pose",
    "stray_m",
    "surface_of",
    "trust",
    "wrist_from_palm",
]
