"""What of a person's profile this program can use: its hand model, its shipped weights."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from engine.adaptation.profile import Profile, ProfileError, base_weights_hash, hand_model_hash
from engine.atomic_file import replacing
from engine.inference.onnx_cache import cache_folder
from engine.weights_manifest import sha256_of


@dataclass(frozen=True, slots=True)
class OpenedProfile:
    """A profile ready to be used, and what must be said about it."""

    profile: Profile
    sentences: tuple[str, ...] = ()
    """One for each thing that is not as expected; empty while well."""


def fitted_to_program(profile: Profile, said: tuple[str, ...] = ()) -> OpenedProfile:
    """What of a profile this program can use.

    Raises:
        ProfileError: it was made for another hand model, so that its shapes mean nothing here.
    """
    if profile.shapes and profile.hand_model != hand_model_hash():
        raise ProfileError(
            f"The profile '{profile.name}' was made for another hand model "
            f"({profile.hand_model[:12]}... instead of {hand_model_hash()[:12]}...), so its shape "
            f"means nothing here. Enrol again with `python main.py enrol SOURCE --profile "
            f"{profile.name!r}`."
        )
    if profile.weights is not None and profile.base_weights != base_weights_hash():
        sentence = (
            f"The weights in the profile '{profile.name}' were adapted from others than those "
            "shipped now, so they are not used; its hand shape is."
        )
        kept = replace(profile.without_weights(), base_weights=base_weights_hash())
        return OpenedProfile(kept, (*said, sentence))
    return OpenedProfile(profile, said)


def unpacked_weights(profile: Profile, folder: Path | None = None) -> Path | None:
    """The adapted weights as a file for `create_networks`; None where there are none.

    Raises:
        OutputError: the cache folder (or `folder`) cannot be written.
    """
    if profile.weights is None:
        return None
    digest = hashlib.sha256(profile.weights).hexdigest()
    path = (folder or cache_folder()) / f"{_stem(digest)}.safetensors"
    with suppress(OSError):  # One that is not there, or cannot be read, is written.
        if sha256_of(path) == digest:
            return path
    with replacing(path) as partial:
        partial.write_bytes(profile.weights)
    return path


def forget_unpacked(profile: Profile, folder: Path | None = None) -> None:
    """Remove what was made from the adapted weights for running them, as far as that goes; it is
    made again where it is needed."""
    if profile.weights is None:
        return
    stem = _stem(hashlib.sha256(profile.weights).hexdigest())
    for made in (folder or cache_folder()).glob(f"{stem}*"):
        with suppress(OSError):  # In use, where that keeps a file.
            made.unlink()


def _stem(digest: str) -> str:
    """Of the names of all files made from weights with this hash."""
    return f"profile-{digest[:16]}"
