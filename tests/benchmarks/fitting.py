"""How well and how fast the model fitting works: `python -m tests.benchmarks.fitting --help`.

Synthetic scenes have exact truth. The real cvar_p4 (its labels only measure) is tracked from its
first frame, and also started in every frame from the truth plus noise in place of a network.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import DISTAL_KEYPOINTS
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose
from engine.inference.fitting.fitter import FitResult, HandFitter
from engine.inference.fitting.inverse_kinematics import solve_pose
from engine.inference.fitting.observation import HandObservation, observe_hand
from engine.render.sensor_noise import apply_sensor, sample_sensor
from engine.training.synthesis import render_hand_scene

Float64 = npt.NDArray[np.float64]


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
    fitter = HandFitter(load_hand_model())
    cases = synthetic_cases(count, 5, True)
    rng = np.random.default_rng(0)
    print("points", np.median([len(c.observation.points) for c in cases]))
    for iterations in (0, 1, 3, 5):
        for shape in (False, True):
            spent = []
            for case in cases:
                joints = case.joints + network_like_noise(rng, 0.012)
                start = solve_pose(fitter.surface, joints, np.ones(21), np.zeros(10))
                assert start is not None
                began = time.perf_counter()
                fitter.fit(
                    case.observation,
                    start,
                    iterations=iterations,
                    network_joints=joints,
                    refine_shape=shape,
                )
                spent.append(time.perf_counter() - began)
            print(f"{iterations} iterations, shape {shape}: {1e3 * np.median(spent):.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--what", choices=("synthetic", "time"), default="synthetic")
    options = parser.parse_args()
    if options.what == "time":
        timing(options.count)
    else:
        synthetic_table(options.count, options.iterations)


if __name__ == "__main__":
    main()
