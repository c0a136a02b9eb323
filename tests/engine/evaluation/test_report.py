"""From frames and scenes to a report: matching, counting, JSON."""

import json

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from engine.evaluation.log import RunLog, match_hands, parse_labels
from engine.evaluation.report import build_report
from engine.evaluation.table import report_lines
from engine.messages import Frame, HandState, HandTruth, Scene, Side

CAMERA = PinholeCamera(32, 24, fx=30.0, fy=30.0, cx=16.0, cy=12.0)
JOINTS = np.random.default_rng(0).normal(0, 0.04, (21, 3)) + [0.0, 0.0, 0.5]
ACCURACY_KEYS = [
    "mpjpe_mm",
    "distal_mm",
    "aligned_mm",
    "root_relative_mm",
    "pa_mpjpe_mm",
    "px",
    "within20",
    "within30",
    "within50",
]


def state(joints: np.ndarray, side: Side = Side.RIGHT, hand_id: int = 0) -> HandState:
    return HandState(
        hand_id=hand_id,
        side=side,
        captured_ns=0,
        wrist_rotation=np.eye(3),
        wrist_position=joints[0],
        angles=np.zeros(22),
        shape=np.zeros(10),
        joints=joints,
        vertices=np.zeros((4, 3), np.float32),
        confidence=np.ones(21),
        network_joints=joints + [0.0, 0.003, 0.004],
        residual_m=0.002,
    )


def frame(*truth: HandTruth, sequence: int = 0, name: str = "") -> Frame:
    depth = np.zeros((24, 32), np.float32)
    return Frame("test", sequence, 0, CAMERA, depth, truth=truth, name=name)


def scene(*hands: HandState) -> Scene:
    return Scene(0, 0, hands, published_ns=5_000_000, stage_ms={"network": 3.0, "fit": 1.5})


def run(count: int, offset: np.ndarray, **labels: str) -> RunLog:
    log = RunLog()
    name = ";".join(f"{key}={value}" for key, value in labels.items())
    for k in range(count):
        truth = HandTruth(Side.RIGHT, JOINTS)
        log.add(frame(truth, sequence=k, name=name), scene(state(JOINTS + offset)))
    return log


def test_json_has_exactly_the_keys_of_the_contract() -> None:
    report = build_report(run(12, np.array([0.01, 0.0, 0.0]))).to_json()
    assert list(report) == [
        "frames",
        "found",
        *ACCURACY_KEYS,
        "residual_mm",
        "jitter_mm",
        "fps",
        "latency_ms",
        "network",
        "side_correct",
        "identity_swaps",
        "empty_frames",
        "false_claims",
        "extra_hands",
    ]
    assert list(report["network"]) == ACCURACY_KEYS
    assert set(report["latency_ms"]) == {"median", "p95", "stages"}
    assert set(report["latency_ms"]["stages"]) == {"network", "fit"}


def test_values_of_a_constant_error() -> None:
    report = build_report(run(12, np.array([0.01, 0.0, 0.0]))).to_json()
    assert report["frames"] == report["found"] == 12
    assert report["mpjpe_mm"] == pytest.approx(10.0)
    assert report["distal_mm"] == pytest.approx(10.0)
    assert report["root_relative_mm"] == pytest.approx(0.0, abs=1e-9)
    assert report["pa_mpjpe_mm"] == pytest.approx(0.0, abs=1e-9)
    assert report["aligned_mm"] == pytest.approx(0.0, abs=1e-9)
    assert report["network"]["mpjpe_mm"] == pytest.approx(1e3 * np.hypot(0.01, 0.005))
    assert report["within20"] == 1.0
    assert report["residual_mm"] == pytest.approx(2.0)
    assert report["fps"] == pytest.approx(200.0)
    assert report["latency_ms"]["median"] == pytest.approx(5.0)
    assert report["latency_ms"]["stages"]["fit"] == {"median": 1.5, "p95": 1.5}


def test_a_missed_frame_lowers_found_and_within_but_no_mean() -> None:
    log = run(3, np.zeros(3))
    log.add(frame(HandTruth(Side.RIGHT, JOINTS), sequence=3), scene())
    report = build_report(log).to_json()
    assert (report["frames"], report["found"]) == (4, 3)
    assert report["within50"] == pytest.approx(0.75)
    assert report["mpjpe_mm"] == pytest.approx(0.0, abs=1e-9)


def test_a_hand_elsewhere_is_not_found() -> None:
    log = run(0, np.zeros(3))
    log.add(frame(HandTruth(Side.RIGHT, JOINTS)), scene(state(JOINTS + [0.0, 0.11, 0.0])))
    assert build_report(log).found == 0


def test_without_truth_the_report_holds_only_what_needs_none() -> None:
    log = RunLog(use_truth=False)
    log.add(frame(HandTruth(Side.RIGHT, JOINTS)), scene(state(JOINTS)))
    log.add(frame(sequence=1), scene())
    report = build_report(log).to_json()
    assert list(report) == ["frames", "found", "residual_mm", "jitter_mm", "fps", "latency_ms"]
    assert (report["frames"], report["found"]) == (2, 1)


def test_what_cannot_be_measured_is_null_in_valid_json() -> None:
    report = build_report(RunLog()).to_json()
    text = json.dumps(report, allow_nan=False)
    assert json.loads(text)["residual_mm"] is None


def test_same_side_goes_before_nearer_and_each_estimate_serves_once() -> None:
    right, left = state(JOINTS + 0.01), state(JOINTS, Side.LEFT)
    truths = (HandTruth(Side.RIGHT, JOINTS), HandTruth(Side.LEFT, JOINTS))
    pairs = match_hands(truths, (left, right))
    assert [pair[1] for pair in pairs] == [right, left]
    (only,) = match_hands(truths[:1], (left,))
    assert only[1] is left
    assert match_hands(truths, (left,))[1][1] is None


def test_groups_by_label() -> None:
    log = run(4, np.array([0.01, 0.0, 0.0]), view="palm", sensor="tof", take="1")
    log.add(
        frame(HandTruth(Side.RIGHT, JOINTS), sequence=4, name="view=back;sensor=tof"),
        scene(state(JOINTS + [0.03, 0.0, 0.0])),
    )
    report = build_report(log)
    groups = report.to_json()["groups"]
    assert set(groups) == {"view", "sensor"}
    assert groups["view"]["back"]["mpjpe_mm"] == pytest.approx(30.0)
    assert groups["sensor"]["tof"]["frames"] == 5
    assert any("palm" in line for line in report_lines(report))


def test_labels_are_read_from_names_and_file_names_have_none() -> None:
    assert parse_labels("view=palm; pose=fist") == {"view": "palm", "pose": "fist"}
    assert parse_labels("000000_depth.png") == {}


def test_tracks_break_where_a_hand_was_missing() -> None:
    log = RunLog()
    for k in range(7):
        hands = () if k == 3 else (state(JOINTS),)
        log.add(frame(sequence=k), scene(*hands))
    assert [len(track) for track in log.tracks()] == [3, 3]


def two_hands(right_id: int, left_id: int) -> RunLog:
    log = RunLog()
    other = JOINTS + [0.3, 0.0, 0.0]
    truths = (HandTruth(Side.RIGHT, JOINTS), HandTruth(Side.LEFT, other))
    for ids in ((0, 1), (0, 1), (right_id, left_id), (right_id, left_id)):
        hands = (state(JOINTS, Side.RIGHT, ids[0]), state(other, Side.LEFT, ids[1]))
        log.add(frame(*truths), scene(*hands))
    return log


@pytest.mark.parametrize(
    ("right_id", "left_id", "swaps"), [(0, 1, 0), (1, 0, 1), (2, 1, 0), (2, 3, 0), (1, 5, 1)]
)
def test_identity_swaps(right_id: int, left_id: int, swaps: int) -> None:
    report = build_report(two_hands(right_id, left_id))
    assert report.judgement.identity_swaps == swaps


def test_wrong_side_is_measured_and_still_found() -> None:
    log = RunLog()
    log.add(frame(HandTruth(Side.RIGHT, JOINTS)), scene(state(JOINTS, Side.LEFT)))
    report = build_report(log)
    assert (report.found, report.judgement.side_correct) == (1, 0.0)


def test_hands_that_no_label_explains_are_counted() -> None:
    log = RunLog()
    bottle = state(JOINTS + [0.4, 0.0, 0.0], hand_id=1)
    log.add(frame(HandTruth(Side.RIGHT, JOINTS)), scene(state(JOINTS), bottle))
    log.add(frame(HandTruth(Side.RIGHT, JOINTS)), scene(bottle))
    report = build_report(log)
    assert (report.found, report.judgement.extra_hands) == (1, 2)


def test_claims_in_frames_without_a_hand_are_counted() -> None:
    log = RunLog()
    log.add(frame(), scene(state(JOINTS)))
    log.add(frame(), scene())
    report = build_report(log)
    assert (report.judgement.empty_frames, report.judgement.false_claims) == (2, 1)
    assert any("claimed in 1" in line for line in report_lines(report))


def test_times_of_the_first_frame_are_left_out() -> None:
    log = RunLog()
    slow = Scene(0, 0, (), published_ns=60_000_000_000, stage_ms={"fit": 60_000.0})
    log.add(frame(), slow)
    log.add(frame(sequence=1), scene())
    report = build_report(log)
    assert report.latency.total.p95 == pytest.approx(5.0)
    assert report.latency.stages["fit"].p95 == pytest.approx(1.5)
    assert report.fps == pytest.approx(200.0)
