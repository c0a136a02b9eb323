"""What each frame makes of the hands that are followed: one look, one fit, one filtered pose each.

A fit that ends badly is looked at afresh, a hand whose side changed is looked at as the other one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.belief import fit_evidence
from engine.inference.crops import CUBE_M
from engine.inference.depth_view import DepthView, mirror_points, mirror_pose
from engine.inference.first_look import glance
from engine.inference.fitting import KnownShape, nothing_known, trust
from engine.inference.followed_hand import FollowedHand
from engine.inference.hand_solver import HandSolver, SolvedHand
from engine.inference.hand_track import HandTrack, Place
from engine.inference.lanes import Lane
from engine.inference.seen import Seen, seen_at
from engine.inference.sighting import Sighting
from engine.inference.single_view import NetworkHand
from engine.messages import Frame, HandState, Side

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shown:
    """One hand of a scene, and what it was made from."""

    state: HandState
    sighting: Sighting


class HandFollower:
    """The followed hands of one source, by their number. Two may be worked on at a time."""

    def __init__(self, model: HandModel, weights_revision: int = 0) -> None:
        self._models = {Side.RIGHT: model, Side.LEFT: model.mirrored()}
        self._followed: dict[int, FollowedHand] = {}
        self.solver = HandSolver(model)
        self.known: Mapping[Side, KnownShape] = dict.fromkeys(Side, nothing_known())
        """The shape with which a hand of each side begins."""
        self.weights_revision = weights_revision
        """Of the networks that the lanes have."""

    def know_person(self, shapes: Mapping[Side, KnownShape]) -> None:
        """Begin every hand that is found from now on with a person's shape, learnt before."""
        self.known = {side: shapes.get(side, nothing_known()) for side in Side}

    def keep(self, numbers: Collection[int]) -> None:
        """Forget all hands but these."""
        self._followed = {k: hand for k, hand in self._followed.items() if k in numbers}

    def learn(self) -> None:
        """Learn the shapes of the hands in the last frame."""
        for hand in self._followed.values():
            hand.learn()

    def see(self, lane: Lane, place: Place, new_sides: Sequence[Side]) -> Seen:
        """Ask the network about a place; a hand that is new there is one of `new_sides`."""
        hand = self._followed.get(place.track_id) if place.track_id is not None else None
        if hand is None:
            return glance(lane, place, new_sides)
        centre = mirror_points(place.centre + hand.crop_offset, hand.side)
        lane.times.mark()
        network = lane.infer(hand.side, centre, hand.cube_m(self._models[Side.RIGHT]))
        right = network.same_side if hand.side is Side.RIGHT else 1.0 - network.same_side
        lane.times.lap("network")
        return seen_at(place, hand.side, network, right, hand.evidence(network))

    def follow(
        self, lane: Lane, frame: Frame, track: HandTrack, seen: Sequence[Seen]
    ) -> Shown | None:
        """One hand that the tracks show; None where nothing can be fitted."""
        found = min(seen, key=lambda s: float(np.linalg.norm(s.look.centre - track.centre)))
        if found.side is not track.side:
            known = self.known[track.side]
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
            hand = FollowedHand(track.side, solved, self.solver.new_shape(self.known[track.side]))
            self._followed[track.hand_id] = hand
        shown = hand.take(solved, found.network, frame.time_ns / 1e9)
        state = self._state(frame, track, found, solved, shown)
        lane.times.lap("filter")
        sighting = self._sighting(frame, track, lane.views[found.side], found.network, solved)
        return Shown(state, sighting)

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
            weights_revision=self.weights_revision,
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
        solved = self.solver.solve(
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
            known = self.known[found.side]
            return self.solver.solve(
                view, found.network, None, known.shape, lane.times, shape_weight=known.weight
            )
        expected = hand.expected(frame.time_ns / 1e9)
        return self.solver.solve(
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
            weights_revision=self.weights_revision,
        )
