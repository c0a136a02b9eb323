"""A made-up file of MANO's exact structure: random numbers, real names, types and shapes."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

PARENTS = [4294967295, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14]


def mano_arrays(seed: int = 0) -> dict[str, Any]:
    """Plain arrays of a plausible hand: knuckles apart, so that a hand frame exists."""
    rng = np.random.default_rng(seed)
    template = rng.normal(0, 0.03, (778, 3))
    regressor = rng.random((16, 778)) ** 20
    regressor /= regressor.sum(1, keepdims=True)
    weights = rng.random((778, 16)) ** 8
    return {
        "v_template": template,
        "weights": weights / weights.sum(1, keepdims=True),
        "posedirs": rng.normal(0, 0.001, (778, 3, 135)),
        "shapedirs": rng.normal(0, 0.002, (778, 3, 10)),
        "J_regressor": regressor,
        "f": rng.integers(0, 778, (1538, 3)).astype(np.uint32),
    }


def write_mano(path: Path, arrays: dict[str, Any]) -> None:
    """Pickle the arrays as the published file does: with chumpy objects and a sparse regressor."""
    modules = {
        name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")
    }
    Ch = type("Ch", (), {"__module__": "chumpy.ch"})
    Select = type("Select", (), {"__module__": "chumpy.reordering"})
    modules["chumpy.ch"].Ch = Ch  # type: ignore[attr-defined]
    modules["chumpy.reordering"].Select = Select  # type: ignore[attr-defined]
    whole, selection = Ch(), Select()
    shape = arrays["shapedirs"]
    whole.__dict__ = {"x": np.concatenate([shape, np.zeros_like(shape)], 2)}
    indices = np.arange(778 * 3 * 20).reshape(778, 3, 20)[:, :, :10].ravel()
    selection.__dict__ = {"a": whole, "idxs": indices, "preferred_shape": (778, 3, 10)}
    data = {
        **arrays,
        "shapedirs": selection,
        "J_regressor": sp.csc_matrix(arrays["J_regressor"]),
        "kintree_table": np.stack([np.array(PARENTS), np.arange(16)]),
        "J": arrays["J_regressor"] @ arrays["v_template"],
        "hands_components": np.eye(45),
        "hands_mean": np.zeros(45),
        "hands_coeffs": np.zeros((1554, 45)),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }
    sys.modules.update(modules)
    try:
        path.write_bytes(pickle.dumps(data, protocol=2))
    finally:
        for name in modules:
            del sys.modules[name]
