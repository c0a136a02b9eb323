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
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.keypoints import PALM_KEYPOINTS
from engine.hand.model import HandModel, load_hand_model
from engine.inference.backend import AUTO, NetworkFile, create_backend
from engine.inference.depth_view import FrameViews, mirror_points
from engine.inference.first_look import FirstLook
from engine.inference.fitting import KnownShape
from engine.inference.hand_follower import HandFollower
from engine.inference.hand_track import Place
from engine.inference.hand_tracks import MOST_HANDS, HandTracks
from engine.inference.lanes import Lanes
from engine.inference.localiser import create_localiser
from engine.inference.seen import seen_at
from engine.inference.sighting import Sighting
from engine.inference.single_view import SingleViewInference, single_view_network
from engine.inference.stage_times import StageTimes
from engine.messages import Float32, Frame, FrameSet, Scene, Side

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
        self._networks = tuple(networks)
        self._finder = finder
        self._tracks = HandTracks()
        self._hands = HandFollower(model, weights_revision)
        self._first_look = FirstLook(self._hands.solver, self._hands.known)
        self._unsettled: Frame | None = None
        self._proposed: Sequence[Place] | None = None
        self.sightings: tuple[Sighting, ...] = ()
        """Of the hands shown in the last frame."""

    def reset(self) -> None:
        self._tracks.reset()
        self._hands.keep(())
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
        self._hands.weights_revision = revision

    def know_person(self, shapes: Mapping[Side, KnownShape]) -> None:
        """Begin every hand that is found from now on with a person's shape, learnt before."""
        self._hands.know_person(shapes)
        self._first_look = FirstLook(self._hands.solver, self._hands.known)

    def estimate(self, frame_set: FrameSet) -> Scene:
        self.settle()
        frame = frame_set.frames[0]
        times, views = StageTimes(), FrameViews(frame)
        candidates = self._candidates(frame)
        times.lap("find")
        places = self._tracks.places(frame.time_ns, candidates or ())
        in_front = [place for place in places if place.centre[2] > NEAREST_M]
        lanes = Lanes(self._networks, views, times)
        sides, room = self._tracks.sides_of_new, self._tracks.room(frame.time_ns)
        glanced = lanes.work(lambda lane, place: self._hands.see(lane, place, sides), in_front)
        seen = self._first_look.take(lanes, glanced, sides, room)
        looks = [s.look for s in seen]
        shown = self._tracks.update(frame.time_ns, looks, searched=candidates is not None)
        self._hands.keep({track.hand_id for track in self._tracks.tracks})
        self._unsettled = frame
        follow = self._hands.follow
        found = lanes.work(lambda lane, track: follow(lane, frame, track, seen), shown)
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
        self._hands.learn()
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
