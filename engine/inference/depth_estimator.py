"""The live estimator for a depth camera: find, infer, fit, filter.

Every frame: look where hands are followed (and, when one is missing, where the localiser points),
ask the network about each place, let the tracks decide which hands there are, fit the hand model to
the observed depth, filter. A left hand is handled in the mirror (engine.inference.depth_view).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.backend import create_backend
from engine.inference.crops import CUBE_M, Crop
from engine.inference.depth_view import DepthView, FrameViews, mirror_points, mirror_pose
from engine.inference.followed_hand import PALM_KEYPOINTS, FollowedHand
from engine.inference.hand_solver import HandSolver, SolvedHand
from engine.inference.hand_tracks import HandTrack, HandTracks, Look, Place
from engine.inference.localiser import create_localiser
from engine.inference.single_view import NetworkHand, SingleViewInference, single_view_network
from engine.inference.stage_times import StageTimes
from engine.messages import Float32, Frame, FrameSet, HandState, Scene, Side

Float64 = npt.NDArray[np.float64]

NEAREST_M = 0.05


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


@dataclass(frozen=True, slots=True)
class _Seen:
    """The network's answer at one place, in the view of `side`; new hands are fitted already."""

    look: Look
    side: Side
    network: NetworkHand
    solved: SolvedHand | None = None


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
        self._followed: dict[int, FollowedHand] = {}
        self._revision = weights_revision

    def reset(self) -> None:
        self._tracks.reset()
        self._followed.clear()

    def estimate(self, frame_set: FrameSet) -> Scene:
        frame = frame_set.frames[0]
        times, views = StageTimes(), FrameViews(frame)
        searched = self._tracks.wants_search()
        candidates = self._finder.find(frame.depth_m, frame.camera) if searched else ()
        times.lap("find")
        places = self._tracks.places(frame.time_ns, candidates)
        seen = [self._see(views, place, times) for place in places if place.centre[2] > NEAREST_M]
        shown = self._tracks.update(frame.time_ns, [s.look for s in seen], searched)
        self._forget_lost()
        hands = [self._hand(frame, views, track, seen, times) for track in shown]
        return Scene(
            sequence=frame.sequence,
            captured_ns=frame.captured_ns,
            hands=tuple(hand for hand in hands if hand is not None),
            stage_ms=times.freeze(),
            published_ns=time.monotonic_ns(),
        )

    def _see(self, views: FrameViews, place: Place, times: StageTimes) -> _Seen:
        """Ask the network about a place."""
        hand = self._followed.get(place.track_id) if place.track_id is not None else None
        if hand is None:
            return self._see_new(views, place, times)
        centre = mirror_points(place.centre + hand.crop_offset, hand.side)
        network = self._infer(views[hand.side], centre, hand.cube_m(self._models[Side.RIGHT]))
        right = network.same_side if hand.side is Side.RIGHT else 1.0 - network.same_side
        times.lap("network")
        return _seen(place, hand.side, network, right)

    def _see_new(self, views: FrameViews, place: Place, times: StageTimes) -> _Seen:
        """Look at a place for the first time: as a right and as a left hand, both fitted.

        The depth itself tells which: the wrong hand fits worse.
        """
        tries = {side: self._try_side(views, place, side, times) for side in Side}
        log_odds = _side_evidence(tries[Side.RIGHT]) - _side_evidence(tries[Side.LEFT])
        right = float(1.0 / (1.0 + np.exp(-log_odds - _logit(place.right))))
        chosen = tries[Side.RIGHT if right >= 0.5 else Side.LEFT]
        return replace(chosen, look=replace(chosen.look, right=right))

    def _try_side(self, views: FrameViews, place: Place, side: Side, times: StageTimes) -> _Seen:
        """A place seen as a hand of `side`: centred on its fingers, then fitted."""
        centre = mirror_points(place.centre, side)
        first = self._infer(views[side], centre, CUBE_M)
        network = self._infer(views[side], _finger_centre(first, centre), CUBE_M)
        times.lap("network")
        solved = self._solver.solve(views[side], network, None, network.pose.shape, times)
        return _seen(place, side, network, 0.5, solved)

    def _infer(self, view: DepthView, centre: Float64, cube_m: float) -> NetworkHand:
        return self._network.infer([view], [Crop(view.camera, centre, cube_m)])[0]

    def _hand(
        self,
        frame: Frame,
        views: FrameViews,
        track: HandTrack,
        seen: Sequence[_Seen],
        times: StageTimes,
    ) -> HandState | None:
        """The state of one hand that the tracks show; None where nothing can be fitted."""
        found = min(seen, key=lambda s: float(np.linalg.norm(s.look.centre - track.centre)))
        if found.side is not track.side:
            found = self._seen_as(views, found, track.side, times)
        hand = self._followed.get(track.hand_id)
        if hand is not None and hand.side is not track.side:
            hand = None
        solved = found.solved or self._solve(views, found, hand, times)
        if hand is not None and (solved is None or solved.poor):
            found, solved = self._rescued(views, found, solved, times)
        if solved is None:
            return None
        if hand is None:
            guess = solved.fit.pose.shape
            hand = FollowedHand(track.side, solved, self._solver.new_shape(guess))
            self._followed[track.hand_id] = hand
        shown = hand.take(solved, frame.time_ns / 1e9)
        state = self._state(frame, track, found, solved, shown)
        times.lap("filter")
        return state

    def _rescued(
        self, views: FrameViews, found: _Seen, solved: SolvedHand | None, times: StageTimes
    ) -> tuple[_Seen, SolvedHand | None]:
        """A second, fresh look at a followed hand that fits badly: it may have jumped."""
        again = self._seen_as(views, found, found.side, times)
        fresh = again.solved
        if fresh is None or (solved is not None and solved.fit.score <= fresh.fit.score):
            return found, solved
        return again, fresh

    def _seen_as(self, views: FrameViews, found: _Seen, side: Side, times: StageTimes) -> _Seen:
        """The same place looked at as a hand of the other side, because the tracks say so."""
        joints = mirror_points(found.network.joints[1:], found.side)
        place = replace(found.look.place, centre=joints.mean(0))
        return self._try_side(views, place, side, times)

    def _solve(
        self, views: FrameViews, found: _Seen, hand: FollowedHand | None, times: StageTimes
    ) -> SolvedHand | None:
        previous = None if hand is None else hand.pose
        shape = found.network.pose.shape if hand is None else hand.pose.shape
        return self._solver.solve(views[found.side], found.network, previous, shape, times)

    def _state(
        self, frame: Frame, track: HandTrack, found: _Seen, solved: SolvedHand, shown: HandPose
    ) -> HandState:
        pose = mirror_pose(shown, track.side)
        posed = pose_hand(self._models[track.side], pose)
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
            confidence=found.network.confidence,
            network_joints=mirror_points(found.network.joints, track.side),
            residual_m=solved.fit.residual_m,
            presence=found.look.presence,
            weights_revision=self._revision,
        )

    def _forget_lost(self) -> None:
        alive = {track.hand_id for track in self._tracks.tracks}
        self._followed = {k: hand for k, hand in self._followed.items() if k in alive}


def _seen(
    place: Place, side: Side, network: NetworkHand, right: float, solved: SolvedHand | None = None
) -> _Seen:
    palm = mirror_points(network.joints[list(PALM_KEYPOINTS)].mean(0), side)
    return _Seen(Look(place, palm, network.presence, right), side, network, solved)


def _side_evidence(seen: _Seen) -> float:
    """Log-odds, up to a constant, that a place shows a hand of the side it was tried as.

    Weights by logistic regression on simulated frames (docs/benchmarks.md).
    """
    score_mm = 30.0 if seen.solved is None else 1000.0 * seen.solved.fit.score
    network = 1.2 * _logit(seen.network.same_side) + 8.0 * float(seen.network.confidence.mean())
    return network - 0.7 * score_mm


def _logit(probability: float) -> float:
    p = float(np.clip(probability, 1e-3, 1 - 1e-3))
    return float(np.log(p / (1 - p)))


def _finger_centre(network: NetworkHand, fallback: Float64) -> Float64:
    """Where the network says the fingers are; the place itself where that makes no sense."""
    centre: Float64 = network.joints[1:].mean(0)
    sensible = np.isfinite(centre).all() and np.linalg.norm(centre - fallback) < 0.15
    return centre if sensible else fallback
