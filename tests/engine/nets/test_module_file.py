"""Fusion and style networks travel through files, and other files get one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from engine.errors import WeightsError
from engine.nets.fusion import FusionConfig, FusionNet
from engine.nets.module_file import FUSION, STYLE, load_module, save_module
from engine.nets.style_transfer import StyleConfig, StyleNet
from tests.engine.nets.rigs import noisy, random_rig

TINY = FusionConfig(features=8, channels=(8, 12, 16))


@pytest.fixture
def saved(tmp_path: Path) -> tuple[FusionNet, Path]:
    torch.manual_seed(0)
    net = FusionNet(TINY).eval()
    save_module(tmp_path / "fusion.safetensors", FUSION, net, {"seed": 7})
    return net, tmp_path / "fusion.safetensors"


def test_a_fusion_network_comes_back(saved: tuple[FusionNet, Path]) -> None:
    net, path = saved
    again = load_module(path, FUSION)
    assert again.config == TINY
    assert not again.training
    views = noisy(random_rig(1).views, 0.1)
    with torch.no_grad():
        torch.testing.assert_close(again(views).joints, net(views).joints, atol=1e-3, rtol=0)


def test_the_header_says_how_it_was_made(saved: tuple[FusionNet, Path]) -> None:
    with safe_open(saved[1], "pt") as stored:
        header = stored.metadata()
    assert json.loads(header["facts"]) == {"seed": 7}
    assert json.loads(header["config"])["channels"] == [8, 12, 16]
    assert [p.name for p in saved[1].parent.iterdir()] == ["fusion.safetensors"]


def test_a_style_network_comes_back(tmp_path: Path) -> None:
    net = StyleNet(StyleConfig(width=0.0625, blocks=1))
    save_module(tmp_path / "style.safetensors", STYLE, net, {})
    again = load_module(tmp_path / "style.safetensors", STYLE)
    image = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(again(image), net(image), atol=1e-2, rtol=0)


def test_files_of_another_kind_get_one_sentence(saved: tuple[FusionNet, Path]) -> None:
    path = saved[1]
    with pytest.raises(WeightsError, match=r"fusion\.safetensors: expected a style transfer"):
        load_module(path, STYLE)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(WeightsError, match=r"expected a fusion network.*train fusion"):
        load_module(path, FUSION)
    with pytest.raises(WeightsError, match=r"found nothing.*train fusion"):
        load_module(path.with_name("absent.safetensors"), FUSION)
