"""Weights and scales of the fit. One place, so that every number has a name and a unit."""

from __future__ import annotations

from typing import NamedTuple


class FitSettings(NamedTuple):
    """Settings of `HandFitter`; a named tuple so that the compiled kernels can read it.

    Weights are relative to a depth point, whose residual counts as (metres / noise_m) squared.
    """

    noise_m: float = 0.003
    """Expected deviation of a depth point from the model surface."""
    robust_m: float = 0.012
    """Geman-McClure scale: points much further away stop pulling."""
    reach_m: float = 0.040
    """Points further than this from the surface are unexplained and pull on nothing."""
    normal_weight_m: float = 0.006
    """How far apart opposite normals are in the six-dimensional search, halved."""
    normal_cosine: float = 0.35
    """Least cosine between the normals of a point and of its match."""
    tangent_weight: float = 0.6
    """Weight of sideways distance; without it fingertips are not pulled along the finger."""
    tangent_slack_m: float = 0.002
    """Sideways distance that costs nothing."""
    silhouette_weight: float = 0.05
    """Pull of vertices outside the hand mask to its border; sensors lose edge pixels, so much of it
    makes hands small, and 1 or more loses fingers."""
    silhouette_robust_m: float = 0.006
    no_data_share: float = 0.3
    """A pixel without data says this much less than one that shows the background."""
    free_space_weight: float = 0.05
    """Push of vertices in front of the observed depth."""
    free_space_slack_m: float = 0.005
    free_space_robust_m: float = 0.010
    joint_weight: float = 4.0
    """Pull of one fully confident network joint, relative to a depth point."""
    joint_noise_m: float = 0.012
    """Expected error of a network joint."""
    joint_robust_m: float = 0.030
    """Geman-McClure scale of network joints."""
    collision_weight: float = 1.0
    """Weight of a metre of penetration between fingers, relative to a depth point."""
    prior_weight: float = 1.5
    """Pull of the angles to their rest values, in units of (angle / sigma) squared."""
    coupling_weight: float = 1.0
    coupling_ratio: float = 0.6
    """DIP flexion follows PIP flexion by this ratio ..."""
    coupling_sigma: float = 0.26
    """... within this many radians."""
    limit_sigma: float = 0.05
    """Softness of the joint limits, radians."""
    limit_slack: float = 0.09
    """No angle goes beyond its limit by more than this, radians."""
    previous_weight: float = 3.0
    previous_sigma: float = 0.26
    """Pull to the previous frame's angles: weight and radians."""
    shape_weight: float = 5.0
    """Pull of the shape coefficients to the start's, in units of standard deviations squared."""
    wrist_cut_m: float = 0.016
    """Points that are not at least this far in front of the wrist count as forearm."""
    max_step_m: float = 0.030
    max_step_rad: float = 0.44
    damping_translation: float = 1.0e5
    damping_angle: float = 10.0


DEFAULT_SETTINGS = FitSettings()
