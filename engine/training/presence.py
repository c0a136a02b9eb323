"""Refit of the single-view network's presence on whole scenes: `python main.py train presence`.

The network learns poses from crops that nearly always show a hand. What it must refuse in use are
the places that the localiser proposes: heads, elbows, stumps, bottles. Its features tell them apart
well; only the last linear layer has to learn it, which takes a few thousand crops and no training
of the rest: joints and poses stay as they were, to the bit.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open
from scipy.optimize import minimize
from torch import Tensor, nn
from tqdm import tqdm

from engine.inference.crops import CUBE_M, Crop, extract_crop
from engine.inference.localiser import create_localiser
from engine.messages import Float32, Float64
from engine.nets.single_view import SingleViewNet
from engine.nets.weights_file import load_network
from engine.render.scene import SceneGeometry
from engine.render.scene_image import render_scene
from engine.render.scene_sampling import sample_scene
from engine.render.sensors import apply_sensor, sample_sensor
from engine.training.checkpoint import export_weights
from engine.training.localiser_scenes import prepare_looks
from engine.training.patch_scenes import sample_patch_camera
from engine.training.poses import sample_view
from engine.training.scene_places import FRAME, Proposer, proposals_of, sample_hands

HELD_OUT = 0.25
RIDGE = 2e-2
"""Strong: with 1e-3 the crops of the refit were told apart a little better, and a real fist was
taken for no hand with certainty (docs/benchmarks.md)."""
PRIOR = 1.0
"""Log-odds added: in use, a place that is looked at shows a hand more often than these crops do."""
HAND_COUNT_SHARES = (0.45, 0.4, 0.15)
VISIBLE = 0.55
ELSEWHERE_M = 0.11
"""From the palm and from the fingers' middle; a place between is neither hand nor none."""


@dataclass(frozen=True, slots=True)
class LabelledCrops:
    """Crops of proposed places."""

    images: Float32
    """[N, 128, 128]."""
    present: npt.NDArray[np.bool_]
    """[N]."""


def run(args: argparse.Namespace) -> int:
    """Refit and write the weights. Returns the exit status."""
    torch.set_num_threads(args.threads)
    net = load_network(args.weights)
    print(f"before: {refit(net, sample_crops(args.seed, args.samples))}")
    export_weights(args.weights_out or args.weights, net, net.config, _facts(args))
    return 0


def refit(net: SingleViewNet, crops: LabelledCrops) -> str:
    """Fit the presence logit of `net` in place; how it does on held-out crops, before and after."""
    features, logits = _features(net, crops.images)
    kept = np.arange(len(features)) >= HELD_OUT * len(features)
    layer = _decision_layer(net)
    weight, bias = _logistic(features[kept], crops.present[kept])
    with torch.no_grad():
        layer.weight[0] = torch.from_numpy(weight)
        layer.bias[0] = bias + PRIOR
        after = layer(torch.from_numpy(features)).numpy()
    test = ~kept
    return "; after: ".join(
        f"presence AUC {_auc(scores[test, 0], crops.present[test]):.4f}"
        for scores in (logits, after)
    )


def sample_crops(seed: int, count: int) -> LabelledCrops:
    """Crops of hands and of what the shipped localiser takes for hands."""
    rng = np.random.default_rng([seed, 19])
    stream = _crop_stream(rng)
    rows = [next(stream) for _ in tqdm(range(count), unit="crop")]
    images, present = zip(*rows, strict=True)
    return LabelledCrops(np.stack(images), np.array(present))


def _crop_stream(rng: np.random.Generator) -> Iterator[tuple[Float32, bool]]:
    looks = prepare_looks(rng, 400)
    propose = proposals_of(create_localiser())
    while True:
        hands = sample_hands(rng, looks, HAND_COUNT_SHARES)
        geometry = sample_scene(rng, FRAME, hands, R_hand=sample_view(rng))
        for centre, present in _labelled_places(rng, geometry, propose):
            mirror = bool(rng.random() < 0.5)
            image = _crop(rng, geometry, centre, mirror)
            yield image, present


def _labelled_places(
    rng: np.random.Generator, geometry: SceneGeometry, propose: Proposer
) -> list[tuple[Float64, bool]]:
    """Places and whether a hand is there."""
    rendered = render_scene(geometry, FRAME)
    places: list[tuple[Float64, bool]] = []
    middles = []
    for hand, visible in zip(geometry.hands, rendered.visible, strict=True):
        fingers = hand.posed.keypoints[1:].mean(0)
        middles += [fingers, hand.palm_centre]
        if visible > VISIBLE:
            centre = fingers if rng.random() < 0.7 else hand.palm_centre
            places.append((centre + rng.normal(0, 0.012, 3), True))
    for centre in propose(rng, rendered.depth_m):
        apart = min((float(np.linalg.norm(m - centre)) for m in middles), default=np.inf)
        if apart > ELSEWHERE_M and 0.15 < centre[2] < 1.6:
            places.append((centre + rng.normal(0, 0.012, 3), False))
    return places


def _crop(
    rng: np.random.Generator, geometry: SceneGeometry, centre: Float64, mirror: bool
) -> Float32:
    camera = sample_patch_camera(rng, centre)
    depth = render_scene(geometry, camera, with_visibility=False).depth_m
    depth = apply_sensor(sample_sensor(rng), depth, rng)
    cube = CUBE_M * rng.uniform(0.9, 1.1)
    return extract_crop(depth, Crop(camera, centre, cube, mirror=mirror))


def _decision_layer(net: SingleViewNet) -> nn.Linear:
    layer = net.stacks[-1].decide
    assert isinstance(layer, nn.Linear)
    return layer


@torch.no_grad()
def _features(net: SingleViewNet, images: Float32) -> tuple[Float32, Float32]:
    """What the decision layer sees [N, C] and says [N, 2]."""
    seen: list[Tensor] = []
    hook = _decision_layer(net).register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    tensor = torch.from_numpy(images)[:, None]
    logits = torch.cat([net(part)[-1].logits for part in tqdm(tensor.split(32), unit="batch")])
    hook.remove()
    return torch.cat(seen).numpy(), logits.numpy()


def _logistic(
    features: Float32, labels: npt.NDArray[np.bool_], ridge_weight: float = RIDGE
) -> tuple[Float64, float]:
    """Weights [C] and bias of a ridge-regularised logistic regression."""
    mean, spread = features.mean(0), features.std(0) + 1e-6
    X = np.c_[(features - mean) / spread, np.ones(len(features))].astype(np.float64)
    sign = np.where(labels, 1.0, -1.0)
    ridge = np.append(np.full(X.shape[1] - 1, ridge_weight), 0.0)

    def objective(w: Float64) -> tuple[float, Float64]:
        margin = sign * (X @ w)
        slope = sign / (1.0 + np.exp(np.clip(margin, -40, 40)))
        loss = np.logaddexp(0, -margin).mean() + (ridge * w * w).sum()
        return float(loss), 2 * ridge * w - (X * slope[:, None]).mean(0)

    w = minimize(objective, np.zeros(X.shape[1]), jac=True, method="L-BFGS-B").x
    weight = w[:-1] / spread
    return weight.astype(np.float32), float(w[-1] - weight @ mean)


def _auc(scores: Float32, labels: npt.NDArray[np.bool_]) -> float:
    """How often a positive scores above a negative."""
    positive, negative = scores[labels], np.sort(scores[~labels])
    if not len(positive) or not len(negative):
        return float("nan")
    return float(np.searchsorted(negative, positive).mean() / len(negative))


def _facts(args: argparse.Namespace) -> dict[str, Any]:
    """The header's facts, with a note of the refit."""
    with safe_open(args.weights, "pt") as stored:
        facts: dict[str, Any] = json.loads((stored.metadata() or {}).get("facts", "{}"))
    return facts | {"decisions_refitted_on_crops": args.samples}
