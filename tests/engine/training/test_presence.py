"""The refit of presence changes one row of one layer, for the better."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.nets.single_view import SingleViewConfig, SingleViewNet
from engine.training.presence import LabelledCrops, _auc, _logistic, refit

RNG = np.random.default_rng(0)


def test_logistic_regression_finds_the_direction_and_the_threshold() -> None:
    features = RNG.normal(size=(4000, 3)).astype(np.float32) * [1.0, 5.0, 0.2] + [0.0, 7.0, 1.0]
    chance = 1 / (1 + np.exp(-(2.0 * features[:, 0] - 1.0)))
    weight, bias = _logistic(features.astype(np.float32), RNG.random(4000) < chance, 1e-3)
    assert weight[0] == pytest.approx(2.0, abs=0.25)
    assert bias + weight @ [0.0, 7.0, 1.0] == pytest.approx(-1.0, abs=0.2)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    labels = np.array([True, True, False, False])
    assert _auc(np.float32([3, 1, 2, 0]), labels) == pytest.approx(0.75)
    assert np.isnan(_auc(np.float32([1, 2]), np.array([True, True])))


def test_a_refit_learns_presence_and_leaves_everything_else_as_it_was() -> None:
    torch.manual_seed(0)
    net = SingleViewNet(SingleViewConfig(width=0.125)).eval()
    present = RNG.random(80) < 0.5
    images = np.ones((80, 128, 128), np.float32)
    images[:, 40:90, 40:90] = np.where(present, 0.0, 0.6)[:, None, None]
    images += 0.02 * RNG.standard_normal(images.shape).astype(np.float32)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    report = refit(net, LabelledCrops(images, present))
    assert float(report.rpartition(" ")[2]) > 0.95
    for name, value in net.state_dict().items():
        if "decide" in name:
            assert torch.equal(value[1], before[name][1])  # the side
        else:
            assert torch.equal(value, before[name])
