"""The live estimator for a depth camera: find, infer, fit, filter.

Every frame: look where hands are followed (and, when one is missing, where the localiser points),
ask the network about each place, let the tracks decide which hands there are, fit the hand model to
the observed depth, filter. A left hand is handled in the mirror (engine.inference.depth_view).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.backend import create_backend
from engine.inference.crops import CUBE_M, Crop
from engine.inference.depth_view import DepthView, mirror_points, mirror_pose, view_for
from engine.inference.fitting import ShapeEstimator
from engine.inference.hand_solver import HandSolver, SolvedHand
from engine.inference.hand_tracks import HandTrack, HandTracks, Look, Place
from engine.inference.localiser import create_localiser
from engine.inference.pose_filter import PoseFilter
from engine.inference.single_view import NetworkHand, SingleViewInference, single_view_network
from engine.messages import Float32, Frame, FrameSet, HandState, Scene, Side

Float64 = npt.NDArray[np.float64]

PALM_KEYPOINTS = (0, 5, 9, 13, 17)
SHAPE_EVERY = 4
"""Frames between two that the shape is learnt from: neighbours say the same."""
SHAPE_RATE = 0.08
"""Share of the way to the estimated shape that the mesh goes in a frame, so that it never jumps."""
ADULT_PALM_M = 0.090
"""Wrist to middle knuckle at which a crop's cube has its nominal size."""


def create_estimator(
    backend: str = "onnxruntime", weights: Path | None = None, threads: int = 1
) -> DepthEstimator:
    """The estimator with the shipped hand model, localiser and network, ready to run.

    Raises:
        WeightsError: a file of weights is missing, damaged or of another kind.
        UserError: there is no such backend.
    """
    network = create_backend(backend, single_view_network(weights), threads)
    return DepthEstimator(load_hand_model(), SingleViewInference(network), create_localiser())


class Finder(Protocol):
    """What the estimator needs of a localiser."""

    def find(self, depth_m: Float32, camera: PinholeCamera) -> Sequence[Place]:
        """Places that may be hands, the best first."""
        ...


@dataclass(slots=True)
class _Memory:
    """What is remembered of a followed hand between frames."""

    pose: HandPose
    """Last fitted pose in the frame of the hand's view, unfiltered."""
    side: Side
    crop_offset: Float64
    """[3] metres, camera frame: crop centre less palm centre."""
    filter: PoseFilter
    shape: ShapeEstimator
    frames: int = 0
    """Frames since it was first fitted."""

    def learn_shape(self, solved: SolvedHand) -> None:
        """Take the frame into the shape estimate and move the pose's shape slowly towards it."""
        if self.frames % SHAPE_EVERY == 0 and not solved.from_network:
            self.shape.add(solved.observation, solved.fit)
        shape = self.pose.shape + SHAPE_RATE * (self.shape.shape - self.pose.shape)
        self.pose = replace(self.pose, shape=shape)
        self.frames += 1


@dataclass(frozen=True, slots=True)
class _Seen:
    """The network's answer at one place, in the view of `side`."""

    look: Look
    side: Side
    network: NetworkHand


class DepthEstimator:
    """Follows up to two hands in the depth frames of one camera. Belongs to one thread."""

    def __init__(
        self,
        model: HandModel,
        network: SingleViewInference,
        finder: Finder,
        weights_revision: int = 0,
    ) -> None:
        self._models = {Side.RIGHT: model, Side.LEFT: model.mirrored()}
        self._network = network
        self._finder = finder
        self._solver = HandSolver(model)
        self._tracks = HandTracks()
        self._memories: dict[int, _Memory] = {}
        self._revision = weights_revision

    def reset(self) -> None:
        self._tracks.reset()
        self._memories.clear()

    def estimate(self, frame_set: FrameSet) -> Scene:
        frame = frame_set.frames[0]
        stages = _Stages()
        views = _Views(frame)
        searched = self._tracks.wants_search()
        candidates = self._finder.find(frame.depth_m, frame.camera) if searched else ()
        stages.lap("find")
        places = self._tracks.places(frame.captured_ns, candidates)
        seen = [found for place in places for found in self._see(views, place)]
        stages.lap("network")
        shown = self._tracks.update(frame.captured_ns, [s.look for s in seen], searched)
        self._forget_lost()
        hands = [self._hand(frame, views, track, seen, stages) for track in shown]
        return Scene(
            sequence=frame.sequence,
            captured_ns=frame.captured_ns,
            hands=tuple(hand for hand in hands if hand is not None),
            stage_ms=stages.freeze(),
            published_ns=time.monotonic_ns(),
        )

    def _see(self, views: _Views, place: Place) -> list[_Seen]:
        """Ask the network about a place."""
        memory = self._memories.get(place.track_id) if place.track_id is not None else None
        if place.centre[2] < 0.05:
            return []
        if memory is None:
            return [self._see_new(views, place)]
        centre = mirror_points(place.centre + memory.crop_offset, memory.side)
        cube = _cube(self._models[memory.side], memory)
        network = self._infer(views[memory.side], centre, cube)
        right = network.same_side if memory.side is Side.RIGHT else 1.0 - network.same_side
        return [_seen(place, memory.side, network, right)]

    def _see_new(self, views: _Views, place: Place) -> _Seen:
        """Ask about a place for the first time: on both sides, then centred on its fingers."""
        crops = [
            Crop(views[side].camera, mirror_points(place.centre, side), CUBE_M) for side in Side
        ]
        answers = dict(
            zip(Side, self._network.infer([views[side] for side in Side], crops), strict=True)
        )
        log_odds = _logit(answers[Side.RIGHT].same_side) - _logit(answers[Side.LEFT].same_side)
        right = 1.0 / (1.0 + np.exp(-log_odds - _logit(place.right)))
        side = Side.RIGHT if right >= 0.5 else Side.LEFT
        centre = _finger_centre(answers[side], mirror_points(place.centre, side))
        return _seen(place, side, self._infer(views[side], centre, CUBE_M), float(right))

    def _infer(self, view: DepthView, centre: Float64, cube_m: float) -> NetworkHand:
        return self._network.infer([view], [Crop(view.camera, centre, cube_m)])[0]

    def _hand(
        self,
        frame: Frame,
        views: _Views,
        track: HandTrack,
        seen: Sequence[_Seen],
        stages: _Stages,
    ) -> HandState | None:
        """The state of one hand that the tracks show; None where nothing can be fitted."""
        found = min(seen, key=lambda s: float(np.linalg.norm(s.look.centre - track.centre)))
        memory = self._memories.get(track.hand_id)
        network = found.network
        if found.side is not track.side:
            centre = mirror_points(
                mirror_points(network.joints[1:].mean(0), found.side), track.side
            )
            network = self._infer(
                views[track.side], centre, _cube(self._models[track.side], memory)
            )
        known = memory if memory is not None and memory.side is track.side else None
        shape = network.pose.shape if known is None else known.pose.shape
        previous = None if known is None else known.pose
        solved = self._solver.solve(views[track.side], network, previous, shape, stages.ms)
        stages.mark()
        if solved is None:
            return None
        memory = known or _Memory(
            solved.fit.pose, track.side, np.zeros(3), PoseFilter(), self._solver.new_shape(shape)
        )
        keypoints, memory.pose = solved.fit.keypoints, solved.fit.pose
        offset = keypoints[1:].mean(0) - keypoints[list(PALM_KEYPOINTS)].mean(0)
        memory.crop_offset = mirror_points(offset, track.side)
        memory.learn_shape(solved)
        self._memories[track.hand_id] = memory
        filtered = memory.filter(memory.pose, frame.captured_ns / 1e9)
        state = self._state(frame, track, network, solved, filtered, found.look.presence)
        stages.lap("filter")
        return state

    def _state(
        self,
        frame: Frame,
        track: HandTrack,
        network: NetworkHand,
        solved: SolvedHand,
        filtered: HandPose,
        presence: float,
    ) -> HandState:
        model = self._models[track.side]
        pose = mirror_pose(filtered, track.side)
        posed = pose_hand(model, pose)
        return HandState(
            hand_id=track.hand_id,
            side=track.side,
            captured_ns=frame.captured_ns,
            wrist_rotation=pose.wrist_rotation,
            wrist_position=pose.wrist_position,
            angles=pose.angles,
            shape=pose.shape,
            joints=posed.keypoints,
            vertices=posed.vertices.astype(np.float32),
            confidence=network.confidence,
            network_joints=mirror_points(network.joints, track.side),
            residual_m=solved.fit.residual_m,
            presence=presence,
            weights_revision=self._revision,
        )

    def _forget_lost(self) -> None:
        followed = {track.hand_id for track in self._tracks.tracks}
        self._memories = {k: m for k, m in self._memories.items() if k in followed}


class _Views:
    """A frame as seen for either side, made when first asked for."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._made: dict[Side, DepthView] = {}

    def __getitem__(self, side: Side) -> DepthView:
        if side not in self._made:
            self._made[side] = view_for(self._frame, side)
        return self._made[side]


class _Stages:
    """Milliseconds of each stage of one frame, summed over hands."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Count the time since the last mark for `stage`."""
        last = self._last
        self.mark()
        self.ms[stage] = self.ms.get(stage, 0.0) + 1000 * (self._last - last)

    def mark(self) -> None:
        self._last = time.perf_counter()

    def freeze(self) -> Mapping[str, float]:
        return MappingProxyType(self.ms)


def _cube(model: HandModel, memory: _Memory | None) -> float:
    """Side of the crop's cube for this person's hand, as training chose it."""
    if memory is None:
        return CUBE_M
    keypoints = model.rest_keypoints(memory.pose.shape)
    palm = float(np.linalg.norm(keypoints[9] - keypoints[0])) / ADULT_PALM_M
    return CUBE_M * float(np.clip(palm, 0.8, 1.15)) ** 0.5


def _seen(place: Place, side: Side, network: NetworkHand, right: float) -> _Seen:
    palm = mirror_points(network.joints[list(PALM_KEYPOINTS)].mean(0), side)
    return _Seen(Look(place, palm, network.presence, right), side, network)


def _logit(probability: float) -> float:
    p = float(np.clip(probability, 1e-3, 1 - 1e-3))
    return float(np.log(p / (1 - p)))


def _finger_centre(network: NetworkHand, fallback: Float64) -> Float64:
    """Where the network says the fingers are; the place itself where that makes no sense."""
    centre = network.joints[1:].mean(0)
    sensible = np.isfinite(centre).all() and np.linalg.norm(centre - fallback) < 0.15
    return centre if sensible else fallback
