"""The live estimator from frame to scene, with a network that knows the truth and is off by 8 mm.

Hands are rendered with a forearm and a wall; everything else is the real thing: tracks, inverse
kinematics, fitting, shape, filter, and the mirror for left hands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from calibration.transforms import rotation_from_axis_angle
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, PosedHand, pose_hand
from engine.inference.crops import Crop
from engine.inference.depth_estimator import DepthEstimator
from engine.inference.depth_view import DepthView, mirror_points, mirror_pose
from engine.inference.followed_hand import FRESH_PAUSE
from engine.inference.hand_track import Place
from engine.inference.hand_tracks import SEARCH_EVERY
from engine.inference.single_view import NetworkHand
from engine.messages import Frame, FrameSet, HandState, Scene, Side
from engine.render.forearm import forearm_mesh
from engine.render.raycast import cast_depth, join_meshes

CAMERA = PinholeCamera(320, 240, 238.0, 238.0, 151.0, 123.0)
"""Its principal point is off the middle, so the mirrored camera is another one."""
FRAME_NS = 33_333_333
MODELS = {Side.RIGHT: load_hand_model(), Side.LEFT: load_hand_model().mirrored()}
PALM = [0, 5, 9, 13, 17]
R_PALM = np.array([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
"""A right hand's fingers up, its palm to the camera."""
SHAPE = np.array([0.6, 0.3, -0.4, 0.5, 0.2, -0.3, 0.4, -0.5, 0.0, 0.3])


@dataclass(frozen=True, slots=True)
class TrueHand:
    side: Side
    pose: HandPose
    """In the camera frame, of the model of its side."""

    @property
    def posed(self) -> PosedHand:
        return pose_hand(MODELS[self.side], self.pose)


def hand_at(side: Side, time: int, x: float = 0.0) -> TrueHand:
    """A hand that waves, turns and curls slowly, `x` metres out on its side; `time` in frames."""
    phase = 2 * np.pi * time / 60
    angles = np.zeros(22)
    angles[[6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21]] = 0.35 + 0.3 * np.sin(phase)
    tilt = rotation_from_axis_angle(np.array([0.15, 0.25 * np.sin(phase), 0.1]))
    at = np.array([x + 0.02 * np.sin(phase), 0.09, 0.48 + 0.02 * np.cos(phase)])
    right = HandPose(tilt @ R_PALM, at, angles, SHAPE)
    return TrueHand(side, mirror_pose(right, side))


@dataclass(slots=True)
class World:
    """What is before the camera now; network and finder read it instead of the image."""

    hands: list[TrueHand] = field(default_factory=list)
    time: int = 0
    noise_m: float = 0.001

    def frame_set(self) -> FrameSet:
        depth = np.full((240, 320), 1.1, np.float32)
        if self.hands:
            seen = cast_depth(CAMERA, *join_meshes(*self._meshes())).depth_m
            depth = np.where(seen > 0, seen, depth)
        noise = np.random.default_rng(self.time).normal(0, self.noise_m, depth.shape)
        frame = Frame(
            "test", self.time, self.time * FRAME_NS, CAMERA, (depth + noise).astype(np.float32)
        )
        return FrameSet((frame,))

    def _meshes(self) -> list[tuple[np.ndarray, np.ndarray]]:
        meshes = []
        for hand in self.hands:
            model = MODELS[hand.side]
            meshes.append((hand.posed.vertices, model.faces))
            arm, faces = forearm_mesh(np.random.default_rng(5), model.rest_keypoints())
            meshes.append((arm @ hand.pose.wrist_rotation.T + hand.pose.wrist_position, faces))
        return meshes


class KnowingNetwork:
    """Stands in for SingleViewInference: the truth at the crop, with an error of about 8 mm."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = np.random.default_rng(0)
        self.calls = 0

    def infer(self, views: Sequence[DepthView], crops: Sequence[Crop]) -> list[NetworkHand]:
        self.calls += len(crops)
        return [self._answer(view, crop) for view, crop in zip(views, crops, strict=True)]

    def _answer(self, view: DepthView, crop: Crop) -> NetworkHand:
        side = Side.RIGHT if view.camera == CAMERA else Side.LEFT
        near = [h for h in self._world.hands if self._apart(h, crop, side) < 0.10]
        if not near:
            return self._nothing(crop)
        hand = min(near, key=lambda h: self._apart(h, crop, side))
        noise = self._rng.normal
        pose = mirror_pose(hand.pose, side)
        return NetworkHand(
            joints=mirror_points(hand.posed.keypoints, side) + noise(0, 0.005, (21, 3)),
            confidence=np.full(21, 0.8),
            pose=replace(
                pose,
                wrist_rotation=rotation_from_axis_angle(noise(0, 0.08, 3)) @ pose.wrist_rotation,
                wrist_position=pose.wrist_position + noise(0, 0.006, 3),
                angles=pose.angles + noise(0, 0.12, 22),
                shape=np.zeros(10),
            ),
            presence=0.97,
            same_side=0.95 if hand.side is side else 0.05,
        )

    @staticmethod
    def _apart(hand: TrueHand, crop: Crop, side: Side) -> float:
        middle = mirror_points(hand.posed.keypoints[1:].mean(0), side)
        return float(np.linalg.norm(middle - crop.centre))

    @staticmethod
    def _nothing(crop: Crop) -> NetworkHand:
        rest = HandPose(R_PALM, crop.centre, np.zeros(22), np.zeros(10))
        joints = pose_hand(MODELS[Side.RIGHT], rest).keypoints
        return NetworkHand(joints, np.full(21, 0.1), rest, presence=0.02, same_side=0.5)


def _networks(world: World) -> list[KnowingNetwork]:
    """One for each of two hands: they are asked at the same time."""
    return [KnowingNetwork(world), KnowingNetwork(world)]


class KnowingFinder:
    """Stands in for the localiser: every palm, a centimetre off, left or right with some doubt."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.searches = 0

    def find(self, _depth_m: np.ndarray, _camera: PinholeCamera) -> list[Place]:
        self.searches += 1
        return [
            Place(
                None, h.posed.keypoints[PALM].mean(0) + 0.006, 0.8 if h.side is Side.RIGHT else 0.2
            )
            for h in self._world.hands
        ]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def estimator(world: World) -> DepthEstimator:
    return DepthEstimator(MODELS[Side.RIGHT], _networks(world), KnowingFinder(world))  # type: ignore[arg-type]


def _watch(
    world: World, estimator: DepthEstimator, frames: int, *sides: Side
) -> list[tuple[list[TrueHand], Scene]]:
    """Run frames with a hand of each side; of two, each on its own half of the picture."""
    x = 0.11 if len(sides) == 2 else 0.0
    watched = []
    for _ in range(frames):
        world.time += 1
        world.hands = [hand_at(side, world.time, x) for side in sides]
        watched.append((world.hands, estimator.estimate(world.frame_set())))
    return watched


def _error_m(state: HandState, truth: TrueHand) -> float:
    """Mean distance of the finger joints."""
    apart = np.linalg.norm(state.joints - truth.posed.keypoints, axis=1)
    return float(apart[1:].mean())


@pytest.mark.parametrize("side", list(Side))
def test_one_hand_is_followed_and_fitted_better_than_the_network_saw_it(
    world: World, estimator: DepthEstimator, side: Side
) -> None:
    watched = _watch(world, estimator, 24, side)
    states = [scene.hands[0] for _, scene in watched]
    assert {state.side for state in states} == {side}
    assert {state.hand_id for state in states} == {1}
    settled = list(zip(watched, states, strict=True))[10:]
    fitted = np.mean([_error_m(state, hands[0]) for (hands, _), state in settled])
    network = np.mean(
        [
            np.linalg.norm(state.network_joints - hands[0].posed.keypoints, axis=1).mean()
            for (hands, _), state in settled
        ]
    )
    assert 0.006 < network < 0.010
    assert fitted < 0.006
    assert np.mean([state.residual_m for _, state in settled]) < 0.0025


def test_a_left_hand_is_handled_as_its_mirror_image(world: World) -> None:
    """Both sides end equally well: no term knows only right hands."""
    errors = []
    for side in Side:
        world.time = 0
        estimator = DepthEstimator(MODELS[Side.RIGHT], _networks(world), KnowingFinder(world))  # type: ignore[arg-type]
        watched = _watch(world, estimator, 14, side)[6:]
        errors.append(np.mean([_error_m(scene.hands[0], hands[0]) for hands, scene in watched]))
    assert errors[0] == pytest.approx(errors[1], abs=0.0015)


def test_two_hands_keep_their_sides_and_numbers(world: World, estimator: DepthEstimator) -> None:
    watched = _watch(world, estimator, 12, Side.RIGHT, Side.LEFT)
    numbers = {}
    for hands, scene in watched:
        assert {state.side for state in scene.hands} == set(Side)
        for state in scene.hands:
            truth = next(hand for hand in hands if hand.side is state.side)
            assert _error_m(state, truth) < 0.012
            assert numbers.setdefault(state.side, state.hand_id) == state.hand_id
    assert len(set(numbers.values())) == 2


def test_a_scene_tells_when_and_how_long(world: World, estimator: DepthEstimator) -> None:
    (_, scene), *_ = _watch(world, estimator, 1, Side.RIGHT)
    assert scene.sequence == world.time
    assert scene.captured_ns == world.time * FRAME_NS
    assert scene.published_ns > 0
    assert {"find", "network", "fit", "filter"} <= set(scene.stage_ms)
    assert all(ms >= 0 for ms in scene.stage_ms.values())


@pytest.mark.parametrize("side", list(Side))
def test_mesh_and_joints_are_of_one_hand(
    world: World, estimator: DepthEstimator, side: Side
) -> None:
    _, scene = _watch(world, estimator, 3, side)[-1]
    state = scene.hands[0]
    pose = HandPose(state.wrist_rotation, state.wrist_position, state.angles, state.shape)
    posed = pose_hand(MODELS[side], pose)
    np.testing.assert_allclose(state.vertices, posed.vertices, atol=1e-6)
    np.testing.assert_allclose(state.joints, posed.keypoints, atol=1e-9)
    np.testing.assert_allclose(state.wrist_rotation @ state.wrist_rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(state.wrist_rotation) == pytest.approx(1)


def test_no_hand_gives_an_empty_scene(world: World, estimator: DepthEstimator) -> None:
    for _, scene in _watch(world, estimator, 4):
        assert scene.hands == ()
        assert scene.published_ns > 0


def test_a_hand_that_leaves_is_gone_at_once_and_comes_back_with_its_number(
    world: World, estimator: DepthEstimator
) -> None:
    before = _watch(world, estimator, 6, Side.RIGHT)[-1][1].hands[0]
    assert all(scene.hands == () for _, scene in _watch(world, estimator, 10))
    after = [scene.hands for _, scene in _watch(world, estimator, 4, Side.RIGHT)]
    assert all(len(hands) == 1 for hands in after), "found in the first frame, not half a second on"
    assert {hands[0].hand_id for hands in after} == {before.hand_id}


def test_another_hand_after_a_pause_is_another_hand(
    world: World, estimator: DepthEstimator
) -> None:
    _watch(world, estimator, 4, Side.RIGHT)
    _watch(world, estimator, 8)
    after = _watch(world, estimator, 3, Side.LEFT)[-1][1].hands[0]
    assert after.side is Side.LEFT
    assert after.hand_id == 2


def test_reset_forgets_everything(world: World, estimator: DepthEstimator) -> None:
    _watch(world, estimator, 3, Side.LEFT)
    estimator.reset()
    _, scene = _watch(world, estimator, 1, Side.RIGHT)[0]
    assert [(state.hand_id, state.side) for state in scene.hands] == [(1, Side.RIGHT)]


def test_searching_stops_while_both_hands_are_followed(world: World) -> None:
    finder = KnowingFinder(world)
    estimator = DepthEstimator(MODELS[Side.RIGHT], _networks(world), finder)  # type: ignore[arg-type]
    _watch(world, estimator, 8, Side.RIGHT, Side.LEFT)
    assert finder.searches <= 2


def _calls_a_frame(world: World, frames: int, *sides: Side) -> list[int]:
    """How often the networks were asked in each of so many frames with one hand, and in one more
    with hands of `sides`; what is done between frames does not count."""
    networks = _networks(world)
    estimator = DepthEstimator(MODELS[Side.RIGHT], networks, KnowingFinder(world))  # type: ignore[arg-type]
    calls = []
    for shown in [(Side.RIGHT,)] * frames + [sides]:
        world.time += 1
        world.hands = [hand_at(side, world.time, x=0.11) for side in shown]
        estimator.settle()
        before = sum(network.calls for network in networks)
        estimator.estimate(world.frame_set())
        calls.append(sum(network.calls for network in networks) - before)
    return calls


def test_following_asks_once_and_a_second_hand_is_met_with_two_looks(world: World) -> None:
    *_, last, met = _calls_a_frame(world, SEARCH_EVERY, Side.RIGHT, Side.LEFT)
    assert last == 1
    assert met == 3, "the followed hand; a glance at the new one and a look centred on it"


@pytest.mark.parametrize("side", list(Side))
def test_a_hand_taken_for_the_other_one_at_first_soon_changes_its_side(
    side: Side, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a vote of every frame alone it takes over twenty."""
    right_answer = KnowingNetwork._answer

    def answer(network: KnowingNetwork, view: DepthView, crop: Crop) -> NetworkHand:
        told = right_answer(network, view, crop)
        mistaken = 0.0001 if told.same_side > 0.5 else 0.9999
        return replace(told, same_side=mistaken) if world.time == 1 else told

    monkeypatch.setattr(KnowingNetwork, "_answer", answer)
    estimator = DepthEstimator(MODELS[Side.RIGHT], _networks(world), KnowingFinder(world))  # type: ignore[arg-type]
    hands = [scene.hands[0] for _, scene in _watch(world, estimator, 14, side)]
    assert hands[0].side is side.other
    assert hands[-1].side is side
    assert {hand.hand_id for hand in hands} == {1}


def test_a_side_that_is_told_is_not_tested_again(world: World) -> None:
    networks = _networks(world)
    estimator = DepthEstimator(MODELS[Side.RIGHT], networks, KnowingFinder(world))  # type: ignore[arg-type]
    _watch(world, estimator, SEARCH_EVERY, Side.RIGHT)
    estimator.settle()
    before = sum(network.calls for network in networks)
    for _ in range(SEARCH_EVERY):
        _watch(world, estimator, 1, Side.RIGHT)
        estimator.settle()
    assert sum(network.calls for network in networks) - before == SEARCH_EVERY


def test_a_hand_that_goes_on_fitting_badly_is_looked_at_afresh_now_and_then(world: World) -> None:
    """The work of a frame is bounded on average: no second look in every frame."""
    world.noise_m = 0.008
    calls = np.array(_calls_a_frame(world, 20, Side.RIGHT))[1:]
    fresh = np.flatnonzero(calls == 2)
    assert len(fresh) >= 2
    assert set(calls) <= {1, 2}
    assert (np.diff(fresh) == FRESH_PAUSE + 1).all()


def test_the_same_frames_give_the_same_scenes(world: World) -> None:
    runs = []
    for _ in range(2):
        world.time = 0
        estimator = DepthEstimator(MODELS[Side.RIGHT], _networks(world), KnowingFinder(world))  # type: ignore[arg-type]
        runs.append([scene.hands[0].joints for _, scene in _watch(world, estimator, 4, Side.RIGHT)])
    np.testing.assert_array_equal(runs[0], runs[1])
