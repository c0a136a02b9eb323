"""How well and how fast the model fitting works: `python -m tests.benchmarks.fitting --help`.

Synthetic scenes have exact truth. The real cvar_p4 (its labels only measure) is tracked from its
first frame, and also started in every frame from the truth plus noise in place of a network.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.datasets.cvar import open_location
from engine.errors import EndOfStream
from engine.evaluation.definition import definition_aligned_errors
from engine.evaluation.metrics import pixel_errors, similarity_aligned_errors
from engine.hand.keypoints import DISTAL_KEYPOINTS
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose, pose_hand
from engine.inference.fitting import (
    FitResult,
    HandFitter,
    HandObservation,
    ShapeEstimator,
    observe_hand,
    solve_pose,
)
from engine.messages import Float64, Frame
from engine.render.raycast import cast_depth
from engine.render.sensors import apply_sensor, sample_sensor
from engine.training.patch_scenes import render_hand_scene


@dataclass(frozen=True, slots=True)
class Case:
    observation: HandObservation
    truth: HandPose
    joints: Float64


def network_like_noise(rng: np.random.Generator, mean_m: float) -> Float64:
    """[21, 3] joint errors, shared by the hand, by each finger and alone; mean length `mean_m`."""
    finger = np.array([0] + [1 + f for f in range(5) for _ in range(4)])
    reach = np.array([0.5] + [0.6, 0.8, 1.0, 1.4] * 5)[:, None]
    noise = 0.5 * rng.normal(size=(1, 3)) + 0.6 * rng.normal(size=(6, 3))[finger]
    noise = (noise + 0.6 * rng.normal(size=(21, 3))) * reach
    return noise * mean_m / np.linalg.norm(noise, axis=1).mean()


def synthetic_cases(count: int, seed: int, noisy: bool) -> list[Case]:
    rng, model, cases = np.random.default_rng(seed), load_hand_model(), []
    while len(cases) < count:
        scene = render_hand_scene(rng, model)
        if scene.pose is None or scene.hand is None:
            continue
        depth = apply_sensor(sample_sensor(rng), scene.depth_m, rng) if noisy else scene.depth_m
        centre = scene.centre + rng.normal(0, 0.008, 3)
        observation = observe_hand(depth, scene.camera, centre)
        if observation is not None:
            cases.append(Case(observation, scene.pose, scene.hand.keypoints))
    return cases


def run_synthetic(
    fitter: HandFitter, cases: list[Case], noise_m: float, shape: str, iterations: int
) -> tuple[Float64, Float64, list[FitResult]]:
    """Start errors, end errors [n, 21] and the results; `shape` is known, mean or free."""
    rng = np.random.default_rng(7)
    before, after, results = [], [], []
    for case in cases:
        joints = case.joints + network_like_noise(rng, noise_m)
        given = case.truth.shape if shape == "known" else np.zeros(10)
        start = solve_pose(fitter.surface, joints, np.ones(21), given)
        assert start is not None
        result = fitter.fit(
            case.observation,
            start,
            iterations=iterations,
            network_joints=joints,
            refine_shape=shape == "free",
        )
        before.append(
            np.linalg.norm(fitter.assess(case.observation, start).keypoints - case.joints, axis=1)
        )
        after.append(np.linalg.norm(result.keypoints - case.joints, axis=1))
        results.append(result)
    return np.array(before), np.array(after), results


def synthetic_table(count: int, iterations: int) -> None:
    fitter = HandFitter(load_hand_model())
    for noisy in (False, True):
        cases = synthetic_cases(count, 3, noisy)
        for shape in ("known", "mean", "free"):
            for noise_mm in (7, 13, 20):
                before, after, results = run_synthetic(
                    fitter, cases, noise_mm / 1e3, shape, iterations
                )
                distal = after[:, DISTAL_KEYPOINTS].mean(1) * 1e3
                print(
                    f"{'sensor' if noisy else 'clean':7}{shape:6} noise {noise_mm:2} mm: "
                    f"start {1e3 * before.mean():5.2f} end {1e3 * after.mean():5.2f} "
                    f"median {1e3 * np.median(after.mean(1)):5.2f} p95 "
                    f"{1e3 * np.percentile(after.mean(1), 95):5.2f} distal {distal.mean():5.2f} "
                    f"residual {1e3 * np.mean([r.residual_m for r in results]):5.2f}"
                )


def timing(count: int) -> None:
    """Medians of processor time, so that other work on the machine counts little."""
    fitter, rng = HandFitter(load_hand_model()), np.random.default_rng(0)
    cases = synthetic_cases(count, 5, True)
    starts = []
    for case in cases:
        joints = case.joints + network_like_noise(rng, 0.012)
        starts.append((joints, solve_pose(fitter.surface, joints, np.ones(21), np.zeros(10))))

    def report(name: str, work: Callable[[int], object]) -> None:
        spent = []
        for index in range(len(cases)):
            began = time.process_time()
            work(index)
            spent.append(time.process_time() - began)
        print(f"{name}: {1e3 * np.median(spent[1:]):.2f} ms")

    report(
        "inverse kinematics",
        lambda i: solve_pose(fitter.surface, starts[i][0], np.ones(21), np.zeros(10)),
    )
    report("assess one pose", lambda i: fitter.assess(cases[i].observation, starts[i][1]))
    for iterations in (1, 2, 3, 4):
        for shape in (False, True):
            report(
                f"fit, {iterations} iterations{', with shape' if shape else ''}",
                lambda i, n=iterations, s=shape: fitter.fit(
                    cases[i].observation,
                    starts[i][1],
                    iterations=n,
                    network_joints=starts[i][0],
                    refine_shape=s,
                ),
            )
    estimator = ShapeEstimator(fitter)
    fits = [
        fitter.fit(case.observation, start) for case, (_, start) in zip(cases, starts, strict=True)
    ]
    report("learn the shape from one frame", lambda i: estimator.add(cases[i].observation, fits[i]))
    camera = PinholeCamera(640, 480, 600.0, 600.0, 319.5, 239.5)
    scenes = [_near_scene(case.truth, camera) for case in cases]
    report("observe, 640x480", lambda i: observe_hand(scenes[i][0], camera, scenes[i][1]))


def _near_scene(pose: HandPose, camera: PinholeCamera) -> tuple[npt.NDArray[np.float32], Float64]:
    """Depth of a hand at half a metre, and its centre."""
    model = load_hand_model()
    hand = pose_hand(model, replace(pose, wrist_position=np.array([0.0, 0.05, 0.5])))
    return cast_depth(camera, hand.vertices, model.faces).depth_m, hand.keypoints[1:].mean(0)


def real_frames(folder: str) -> list[Frame]:
    """All frames of a CVAR sequence, with their labels."""
    frames = []
    with open_location(folder, {}) as camera, suppress(EndOfStream):
        while True:
            frames.append(camera.read())
    return frames


def run_real(frames: list[Frame], noise_m: float | None, iterations: int) -> list[FitResult]:
    """Fit real frames; started from labels plus noise, or (None) tracked from the first label."""
    fitter, rng = HandFitter(load_hand_model()), np.random.default_rng(0)
    estimator, results = ShapeEstimator(fitter), list[FitResult]()
    for frame in frames:
        truth = frame.truth[0].joints
        known = np.isfinite(truth).all(1).astype(np.float64)
        joints: Float64 | None = None
        if noise_m is not None or not results:
            joints = truth + network_like_noise(rng, noise_m or 0.0)
            centre = np.nanmean(joints[1:], 0)
            start = solve_pose(fitter.surface, joints, known, estimator.shape)
        else:
            centre, start = results[-1].keypoints[1:].mean(0), results[-1].pose
        observation = observe_hand(frame.depth_m, frame.camera, centre)
        assert observation is not None
        assert start is not None
        result = fitter.fit(
            observation,
            start,
            iterations=iterations if results else 25,
            network_joints=joints if noise_m is not None else None,
            joint_confidence=known,
            refine_shape=True,
            shape_anchor=estimator.shape,
            previous=results[-1].pose if results and noise_m is None else None,
        )
        results.append(result)
        if len(results) % 4 == 0:
            estimator.add(observation, result)
    return results


def real_table(folder: str, iterations: int) -> None:
    frames = real_frames(folder)
    truth = np.stack([frame.truth[0].joints for frame in frames])
    cameras, right = [frame.camera for frame in frames], np.zeros(len(frames), bool)
    finger = list(range(1, 21))
    for name, noise_m in (("tracked from frame 0", None), ("truth + 12 mm", 0.012)):
        results = run_real(frames, noise_m, iterations)
        found = np.stack([result.keypoints for result in results])
        absolute = np.linalg.norm(found - truth, axis=2)
        aligned = definition_aligned_errors(found, truth, right)
        print(
            f"{name}: distal {1e3 * absolute[:, DISTAL_KEYPOINTS].mean():.2f} mm, similarity "
            f"{1e3 * np.nanmean(similarity_aligned_errors(found, truth)[:, finger]):.2f} mm, "
            f"definition {1e3 * aligned[:, finger].mean():.2f} mm, "
            f"{np.nanmean(pixel_errors(found, truth, cameras)[:, finger]):.2f} px, "
            f"residual {1e3 * np.mean([result.residual_m for result in results]):.2f} mm"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--what", choices=("synthetic", "real", "time"), default="synthetic")
    parser.add_argument("--folder", default="../shared/data/cvar_p4", help="for --what real")
    options = parser.parse_args()
    if options.what == "time":
        timing(options.count)
    elif options.what == "real":
        real_table(options.folder, options.iterations)
    else:
        synthetic_table(options.count, options.iterations)


if __name__ == "__main__":
    main()
