"""Motion where nothing was seen: which gaps are bridged, and what a fixed frame rate shows.

A hand that is missed for a moment is interpolated. Over a longer gap nothing is made up: the hand
stays as it was last seen for one frame and is then hidden, in formats that can hide, or it stays
until it is seen again.
"""

from __future__ import annotations

import numpy as np

from calibration.transforms import rotation_from_quaternion
from engine.export.animated_hand import HandMotion
from engine.export.quaternions import continuous_quaternions, slerp
from engine.messages import Float64

BRIDGED_S = 0.1
"""Gaps up to this long are interpolated: a finger moves by less than its width meanwhile."""
BRIDGED_STEPS = 1.5
"""Where frames are further apart than BRIDGED_S, steps of this many frames are no gap."""

SAME_MOMENT_S = 1e-6
"""Clocks count in floats: a frame may lie this much before the sighting that it shows."""


def longest_bridge_s(rate_hz: float) -> float:
    """The longest time between two sightings that is interpolated, at a take's frame rate."""
    return max(BRIDGED_S, BRIDGED_STEPS / rate_hz) + 1e-9


def visible_spans(times_s: Float64, rate_hz: float, end_s: float) -> Float64:
    """[S, 2] seconds: from when until when a hand that was seen at `times_s` [M] is shown.

    Each sighting lasts for one frame; the last span ends with the take, at `end_s`, at the latest.
    """
    breaks = np.flatnonzero(np.diff(times_s) > longest_bridge_s(rate_hz))
    starts = times_s[np.r_[0, breaks + 1]]
    ends = times_s[np.r_[breaks, len(times_s) - 1]] + 1.0 / rate_hz
    return np.stack([starts, np.minimum(ends, max(end_s, times_s[-1]))], -1)


def resampled(motion: HandMotion, times_s: Float64, rate_hz: float) -> HandMotion:
    """The motion at other times [K]: interpolated, held through gaps and at both ends.

    Args:
        motion: As seen.
        times_s: Increasing.
        rate_hz: Of the frames that `motion` was seen in.
    """
    seen = motion.times_s
    after = np.clip(np.searchsorted(seen, times_s, side="right"), 1, max(len(seen) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(seen) - 1)
    step = seen[after] - seen[before]
    share = np.clip((times_s - seen[before]) / np.where(step > 0, step, 1.0), 0.0, 1.0)
    # In a gap the former pose is held until the very moment of the next sighting.
    held = (step > longest_bridge_s(rate_hz)) & (times_s < seen[after] - SAME_MOMENT_S)
    share = np.where(held, 0.0, share)
    quaternions = continuous_quaternions(motion.rotations)
    mixed = slerp(quaternions[before], quaternions[after], np.repeat(share[:, None], 16, axis=1))
    at = motion.wrist_positions
    wrists = at[before] + share[:, None] * (at[after] - at[before])
    return HandMotion(times_s, rotation_from_quaternion(mixed), wrists)


def with_holds(motion: HandMotion, spans: Float64, rate_hz: float) -> HandMotion:
    """The motion as seen, and once more at the end of each span [S, 2] that a gap follows, so that
    a player does not drift towards what comes after the gap."""
    ends = spans[:-1, 1]
    times = np.sort(np.concatenate([motion.times_s, ends]))
    return resampled(motion, times, rate_hz)


def spans_on_ticks(spans: Float64, rate_hz: float) -> Float64:
    """Spans [S, 2] that begin at ticks of a clock: before its first tick a span has no pose."""
    starts = np.ceil(spans[:, 0] * rate_hz - SAME_MOMENT_S) / rate_hz
    on_ticks = np.stack([starts, spans[:, 1]], -1)[starts < spans[:, 1]]
    return on_ticks if len(on_ticks) else spans


def even_times(duration_s: float, rate_hz: float) -> Float64:
    """[K] seconds from 0 in steps of one frame, as many as there are in the duration."""
    return np.arange(int(np.floor(duration_s * rate_hz + 1e-6)) + 1) / rate_hz


def usual_rate(rate_hz: float) -> float:
    """A measured frame rate as its whole number where it is within 2 % of one."""
    whole = round(rate_hz)
    return float(whole) if whole and abs(rate_hz - whole) <= 0.02 * whole else rate_hz
