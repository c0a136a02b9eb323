"""The live estimator for a depth camera: find, infer, fit, filter.

Every frame: look where hands are followed (and, when one is missing, where the localiser points),
ask the network about each place, let the tracks decide which hands there are, fit the hand model to
the observed depth, filter. Between two frames (`settle`) it does what no scene waits for: learn the
person's shape, look for a second hand. A left hand is handled in the mirror
(engine.inference.depth_view).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.model import HandModel, load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.backend import AUTO, NetworkFile, create_backend
from engine.inference.belief import fit_evidence
from engine.inference.crops import CUBE_M
from engine.inference.depth_view import DepthView, FrameViews, mirror_points, mirror_pose
from engine.inference.first_look import FirstLook, glance
from engine.inference.fitting import KnownShape, nothing_known, trust
from engine.inference.followed_hand import PALM_KEYPOINTS, FollowedHand
from engine.inference.hand_solver import HandSolver, SolvedHand
from engine.inference.hand_track import HandTrack, Place
from engine.inference.hand_tracks import MOST_HANDS, HandTracks
from engine.inference.lanes import Lane, Lanes
from engine.inference.localiser import create_localiser
from engine.inference.seen import Seen, seen_at
from engine.inference.sighting import Sighting
from engine.inference.single_view import NetworkHand, SingleViewInference, single_view_network
from engine.inference.stage_times import StageTimes
from engine.messages import Float32, Frame, FrameSet, HandState, Scene, Side

Float64 = npt.NDArray[np.float64]

NEAREST_M = 0.05


def create_estimator(
    backend: str = AUTO, weights: Path | None = None, threads: int = 1
) -> DepthEstimator:
    """The estimator with the shipped hand model, localiser and network, ready to run.

    Raises:
        WeightsError: a file of weights is missing, damaged or of another kind.
        UserError: there is no such backend.
    """
    networks = create_networks(backend, single_view_network(weights), threads)
    return DepthEstimator(load_hand_model(), networks, create_localiser())


def create_networks(
    backend: str, file: NetworkFile, threads: int = 1
) -> tuple[SingleViewInference, ...]:
    """A network for each of two hands, warmed up; for `create_estimator` and `use_networks`."""
    networks = tuple(
        SingleViewInference(create_backend(backend, file, threads)) for _ in range(MOST_HANDS)
    )
    for network in networks:
        network.warm_up()
    return networks


class Finder(Protocol):
    """What the estimator needs of a localiser."""

    def find(self, depth_m: Float32, camera: PinholeCamera) -> Sequence[Place]:
        """Places that may be hands, the best first."""
        ...


@dataclass(frozen=True, slots=True)
class _Shown:
    """One hand of a scene, and what it was made from."""

    state: HandState
    sighting: Sighting


class DepthEstimator:
    """Follows up to two hands in the depth frames of one camera. Belongs to one thread.

    Two hands are worked on side by side, each with a network of its own (`networks`).
    """

    def __init__(
        self,
        model: HandModel,
        networks: Sequence[SingleViewInference],
        finder: Finder,
        weights_revision: int = 0,
    ) -> None:
        self._models = {Side.RIGHT: model, Side.LEFT: model.mirrored()}
        self._networks = tuple(networks)
        self._finder = finder
        self._solver = HandSolver(model)
        self._tracks = HandTracks()
        self._followed: dict[int, FollowedHand] = {}
        self._revision = weights_revision
        self._known = dict.fromkeys(Side, nothing_known())
        self._first_look = FirstLook(self._solver, self._known)
        self._unsettled: Frame | None = None
        self._proposed: Sequence[Place] | None = None
        self.sightings: tuple[Sighting, ...] = ()
        """Of the hands shown in the last frame."""

    def reset(self) -> None:
        self._tracks.reset()
        self._followed.clear()
        self._unsettled = self._proposed = None
        self.sightings = ()

    @property
    def networks(self) -> tuple[SingleViewInference, ...]:
        """Those in use."""
        return self._networks

    def use_networks(self, networks: Sequence[SingleViewInference], revision: int) -> None:
        """Go on with other weights from the next frame on; hands are followed as before."""
        if len(networks) != len(self._networks):
            raise ValueError(f"expected {len(self._networks)} networks, found {len(networks)}")
        self._networks = tuple(networks)
        self._revision = revision

    def know_person(self, shapes: Mapping[Side, KnownShape]) -> None:
        """Begin every hand that is found from now on with a person's shape, learnt before."""
        self._known = {side: shapes.get(side, nothing_known()) for side in Side}
        self._first_look = FirstLook(self._solver, self._known)

    def estimate(self, frame_set: FrameSet) -> Scene:
        self.settle()
        frame = frame_set.frames[0]
        times, views = StageTimes(), FrameViews(frame)
        candidates = self._candidates(frame)
        times.lap("find")
        places = self._tracks.places(frame.time_ns, candidates or ())
        in_front = [place for place in places if place.centre[2] > NEAREST_M]
        lanes = Lanes(self._networks, views, times)
        glanced = lanes.work(self._see, in_front)
        sides, room = self._tracks.sides_of_new, self._tracks.room(frame.time_ns)
        seen = self._first_look.take(lanes, glanced, sides, room)
        looks = [s.look for s in seen]
        shown = self._tracks.update(frame.time_ns, looks, searched=candidates is not None)
        self._forget_lost()
        self._unsettled = frame

        def hand_of(lane: Lane, track: HandTrack) -> _Shown | None:
            return self._hand(lane, frame, track, seen)

        found = lanes.work(hand_of, shown)
        hands = [hand for hand in found if hand is not None]
        self.sightings = tuple(hand.sighting for hand in hands)
        return Scene(
            sequence=frame.sequence,
            captured_ns=frame.captured_ns,
            hands=tuple(hand.state for hand in hands),
            stage_ms=times.freeze(),
            published_ns=time.monotonic_ns(),
        )

    def settle(self) -> None:
        """Learn the shapes of the hands in the last frame; look there for a hand not followed
        yet, which the next frame then looks at."""
        frame, self._unsettled = self._unsettled, None
        if frame is None:
            return
        for hand in self._followed.values():
            hand.learn()
        self._test_side(frame)
        if self._tracks.may_search:
            self._proposed = self._finder.find(frame.depth_m, frame.camera)

    def _test_side(self, frame: Frame) -> None:
        """Fit a hand whose side is open as each side; the next frame's vote counts it in."""
        hand_id = self._tracks.side_to_test
        seen = next((s for s in self.sightings if s.hand_id == hand_id), None)
        if seen is None:
            return
        palm = mirror_points(seen.network.joints[list(PALM_KEYPOINTS)].mean(0), seen.side)
        place = Place(seen.hand_id, palm, 0.5)
        lanes = Lanes(self._networks, FrameViews(frame), StageTimes())
        again = seen_at(place, seen.side, seen.network, 0.5, 0.0)
        self._tracks.take_test(self._first_look.again(lanes, again).look)

    def _candidates(self, frame: Frame) -> Sequence[Place] | None:
        """What the localiser proposes; None where it was not asked."""
        proposed, self._proposed = self._proposed, None
        if self._tracks.must_search(frame.time_ns):
            return self._finder.find(frame.depth_m, frame.camera)
        return proposed

    def _see(self, lane: Lane, place: Place) -> Seen:
        """Ask the network about a place."""
        hand = self._followed.get(place.track_id) if place.track_id is not None else None
        if hand is None:
            return glance(lane, place, self._tracks.sides_of_new)
        centre = mirror_points(place.centre + hand.crop_offset, hand.side)
        lane.times.mark()
        network = lane.infer(hand.side, centre, hand.cube_m(self._models[Side.RIGHT]))
        right = network.same_side if hand.side is Side.RIGHT else 1.0 - network.same_side
        lane.times.lap("network")
        return seen_at(place, hand.side, network, right, hand.evidence(network))

    def _hand(
        self, lane: Lane, frame: Frame, track: HandTrack, seen: Sequence[Seen]
    ) -> _Shown | None:
        """One hand that the tracks show; None where nothing can be fitted."""
        found = min(seen, key=lambda s: float(np.linalg.norm(s.look.centre - track.centre)))
        if found.side is not track.side:
            known = self._known[track.side]
            found = self._seen_as(lane, found, track.side, known.shape, known.weight)
        hand = self._followed.get(track.hand_id)
        if hand is not None and hand.side is not track.side:
            hand = None
        solved = found.solved or self._solve(lane, frame, found, hand)
        if hand is not None and (solved is None or solved.poor):
            found, solved = self._rescued(lane, frame, hand, found, solved)
        if solved is None:
            return None
        if hand is None:
            hand = FollowedHand(track.side, solved, self._solver.new_shape(self._known[track.side]))
            self._followed[track.hand_id] = hand
        shown = hand.take(solved, found.network, frame.time_ns / 1e9)
        state = self._state(frame, track, found, solved, shown)
        lane.times.lap("filter")
        sighting = self._sighting(frame, track, lane.views[found.side], found.network, solved)
        return _Shown(state, sighting)

    def _sighting(
        self,
        frame: Frame,
        track: HandTrack,
        view: DepthView,
        network: NetworkHand,
        solved: SolvedHand,
    ) -> Sighting:
        trusted = trust(solved.fit, network.joints, network.confidence)
        return Sighting(
            hand_id=track.hand_id,
            side=track.side,
            time_ns=frame.time_ns,
            view=view,
            network=network,
            fit=solved.fit,
            trusted=0.0 if solved.from_network else trusted,
            shape=self._followed[track.hand_id].shape,
            weights_revision=self._revision,
        )

    def _rescued(
        self,
        lane: Lane,
        frame: Frame,
        hand: FollowedHand,
        found: Seen,
        solved: SolvedHand | None,
    ) -> tuple[Seen, SolvedHand | None]:
        """A second, fresh look at a followed hand that fits badly: it may have jumped."""
        if not hand.may_look_afresh(frame.sequence):
            return found, solved
        again = self._seen_as(lane, found, found.side, hand.shape, hand.shape_weight)
        fresh = again.solved
        hand.looked_afresh(frame.sequence, helped=fresh is not None and not fresh.poor)
        better = fresh is not None and (solved is None or fresh.fit.score < solved.fit.score)
        return (again, fresh) if better else (found, solved)

    def _seen_as(
        self, lane: Lane, found: Seen, side: Side, shape: Float64, shape_weight: float
    ) -> Seen:
        """The same hand looked at anew, as one of `side`, centred on the fingers as seen before."""
        fingers = mirror_points(found.network.joints[1:], found.side).mean(0)
        lane.times.mark()
        network = lane.infer(side, mirror_points(fingers, side), CUBE_M)
        lane.times.lap("network")
        solved = self._solver.solve(
            lane.views[side], network, None, shape, lane.times, True, shape_weight
        )
        evidence = fit_evidence(solved, network)
        return seen_at(found.look.place, side, network, 0.5, evidence, solved)

    def _solve(
        self, lane: Lane, frame: Frame, found: Seen, hand: FollowedHand | None
    ) -> SolvedHand | None:
        view = lane.views[found.side]
        lane.times.mark()
        if hand is None:
            known = self._known[found.side]
            return self._solver.solve(
                view, found.network, None, known.shape, lane.times, shape_weight=known.weight
            )
        expected = hand.expected(frame.time_ns / 1e9)
        return self._solver.solve(
            view, found.network, expected, hand.shape, lane.times, shape_weight=hand.shape_weight
        )

    def _state(
        self, frame: Frame, track: HandTrack, found: Seen, solved: SolvedHand, shown: HandPose
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
