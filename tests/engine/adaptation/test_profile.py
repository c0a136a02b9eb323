"""Profiles as values and as bytes: what goes in comes out, and anything else is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.adaptation.profile import (
    Gain,
    Profile,
    ProfileError,
    Provenance,
    checked_name,
    hand_model_hash,
    new_profile,
)
from engine.adaptation.profile_file import profile_bytes, profile_of
from engine.inference.fitting import KnownShape
from engine.messages import Side


def known(seed: int) -> KnownShape:
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 3, (10, 10))
    return KnownShape(root @ root.T, rng.normal(0, 10, 10))


def example(name: str = "Ada", weights: bytes | None = b"weights of Ada") -> Profile:
    provenance = Provenance(
        source="sim:", sensor="Simulated camera", frames=120, decisions=3,
        gains=(Gain("mesh to depth", 7.1, 3.9, "mm"),),
    )  # fmt: skip
    profile = new_profile(name, {Side.RIGHT: known(1), Side.LEFT: known(2)}, provenance)
    return replace(profile, weights=weights).stamped()


def assert_same(a: Profile, b: Profile) -> None:
    assert set(a.shapes) == set(b.shapes)
    for side in a.shapes:
        np.testing.assert_array_equal(a.shapes[side].information, b.shapes[side].information)
        np.testing.assert_array_equal(a.shapes[side].vector, b.shapes[side].vector)
    assert replace(a, shapes={}) == replace(b, shapes={})


@pytest.mark.parametrize("weights", [None, b"", b"some weights"])
def test_a_file_gives_back_what_went_in(weights: bytes | None) -> None:
    profile = example("Zoë, linker Tisch 手", weights)
    assert_same(profile_of(profile_bytes(profile), "here"), profile)


def test_the_header_can_be_read_by_people_and_programs() -> None:
    first, _, rest = profile_bytes(example()).partition(b"\n")
    assert first.startswith(b"handtune-profile 1 ")
    header, _ = json.JSONDecoder().raw_decode(rest.decode("utf-8", "replace"))
    assert header["name"] == "Ada"
    assert header["hands"] == ["left", "right"]
    assert header["hand_model_sha256"] == hand_model_hash()
    assert header["provenance"]["gains"][0] == {
        "what": "mesh to depth", "before": 7.1, "after": 3.9, "unit": "mm",
    }  # fmt: skip


def test_any_flipped_byte_is_noticed() -> None:
    data = bytearray(profile_bytes(example()))
    for place in [*range(140), *range(140, len(data), 7), len(data) - 1]:
        data[place] ^= 0x21
        with pytest.raises(ProfileError, match="'file' cannot be used: "):
            profile_of(bytes(data), "file")
        data[place] ^= 0x21
    profile_of(bytes(data), "file")


@pytest.mark.parametrize("length", [0, 1, 50, 130, 900, -1])
def test_a_cut_off_file_is_refused(length: int) -> None:
    with pytest.raises(ProfileError, match="cannot be used"):
        profile_of(profile_bytes(example())[:length], "file")


def test_a_newer_format_is_named() -> None:
    data = profile_bytes(example()).replace(b"handtune-profile 1", b"handtune-profile 7", 1)
    with pytest.raises(ProfileError, match="format 7, and this program reads 1"):
        profile_of(data, "file")


@pytest.mark.parametrize("name", ["Ada", "Ada Lovelace", "ada-2", "Zoë", "手の人", "a.b"])
def test_names_of_people_are_accepted(name: str) -> None:
    assert checked_name(name) == name


def test_names_are_normalised() -> None:
    assert checked_name("Zoe\u0308") == "Zo\u00eb"


@pytest.mark.parametrize(
    "name",
    ["", "  ", ".", "..", ".hidden", "a/b", "../a", "a\\b", "C:", "a\nb", "a\x00b", " a", "a.",
     "con", "COM1.txt", "x" * 101, "手" * 40, "a\u202eb"],
)  # fmt: skip
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ProfileError, match="cannot be called"):
        checked_name(name)


def test_the_other_hand_is_alike_but_less_certain() -> None:
    right = known(3)
    profile = new_profile("Ada", {Side.RIGHT: right}, Provenance())
    shapes = profile.shapes_for_tracking()
    assert shapes[Side.RIGHT] is right
    left = shapes[Side.LEFT]
    np.testing.assert_allclose(left.shape, right.shape, atol=1e-6)
    assert (np.diag(left.covariance) > np.diag(right.covariance)).all()


def test_forgetting_weights_keeps_the_hands() -> None:
    profile = example().without_weights()
    assert profile.weights is None
    assert profile.provenance.decisions == 0
    assert set(profile.shapes) == set(Side)
    assert not profile.without_shapes().shapes
