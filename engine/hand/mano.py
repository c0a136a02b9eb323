"""A user's own MANO file (MANO_RIGHT.pkl) behind the same interface as the default hand.

The file may not be shipped (research licence), so users bring it. It is a Python pickle that names
`chumpy` classes; a plain `pickle.load` would run whatever the file says and need a package that no
longer installs. The unpickler here allows numpy arrays and scipy sparse matrices, stands in for the
two chumpy classes, and refuses everything else.

MANO's rest pose is not in our hand frame; rest points are turned into it, so that angles, views and
priors mean the same. Its joints come from the posed skeleton, as in Zhang et al. 2021 (HIU-DMTL).
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.errors import WeightsError
from engine.hand.model import HandModel, right_hand
from engine.messages import Float64

TIP_VERTICES = (744, 320, 443, 554, 671)
"""Thumb, index, middle, ring, pinky (the usual choice of surface vertices)."""
OUR_JOINT_FROM_MANO = (0, 13, 14, 15, 1, 2, 3, 4, 5, 6, 10, 11, 12, 7, 8, 9)
"""MANO orders its joints wrist, index, middle, pinky, ring, thumb."""

_ALLOWED = {
    (module, name)
    for module in ("numpy.core.multiarray", "numpy._core.multiarray")
    for name in ("_reconstruct", "scalar")
} | {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
    ("copy_reg", "_reconstructor"),
    ("copyreg", "_reconstructor"),
    ("__builtin__", "object"),
    ("builtins", "object"),
    ("collections", "OrderedDict"),
}
_SPARSE = {"csc_matrix", "csr_matrix", "coo_matrix"}


class _Array:
    """Stands in for chumpy.ch.Ch: an array under another name."""

    x: Any


class _Selection:
    """Stands in for chumpy.reordering.Select: some entries of another array, reshaped."""

    a: Any
    idxs: Any
    preferred_shape: Any


class _MatrixState:
    """Stands in for a scipy sparse matrix of any version, of which only the state is needed."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("chumpy.ch", "Ch"), ("chumpy", "Ch")):
            return _Array
        if (module, name) == ("chumpy.reordering", "Select"):
            return _Selection
        if module.startswith("scipy.sparse") and name in _SPARSE:
            return {"csc_matrix": _Csc, "csr_matrix": _Csr, "coo_matrix": _Coo}[name]
        if (module, name) in _ALLOWED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no MANO file needs")


class _Csc(_MatrixState):
    def dense(self) -> Float64:
        return _compressed(self.state, column_major=True)


class _Csr(_MatrixState):
    def dense(self) -> Float64:
        return _compressed(self.state, column_major=False)


class _Coo(_MatrixState):
    def dense(self) -> Float64:
        out = np.zeros(_shape(self.state))
        np.add.at(out, (self.state["row"], self.state["col"]), self.state["data"])
        return out


def _compressed(state: dict[str, Any], column_major: bool) -> Float64:
    rows, columns = _shape(state)
    major = np.repeat(np.arange(len(state["indptr"]) - 1), np.diff(state["indptr"]))
    at = (state["indices"], major) if column_major else (major, state["indices"])
    out = np.zeros((rows, columns))
    np.add.at(out, at, state["data"])
    return out


def _shape(state: dict[str, Any]) -> tuple[int, int]:
    rows, columns = state.get("_shape") or state["shape"]
    return int(rows), int(columns)


def load_mano(path: Path) -> HandModel:
    """The right hand of MANO_RIGHT.pkl as a HandModel.

    Raises WeightsError, with the reason, for anything that is not such a file.
    """
    try:
        with path.open("rb") as file:
            data = _read(file)
        return _hand_model(data)
    except OSError as error:
        raise WeightsError(
            f"MANO file {path}: cannot be read ({error.strerror}); give the path of MANO_RIGHT.pkl"
        ) from None
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError) as error:
        raise WeightsError(
            f"MANO file {path}: not a MANO pickle ({error}); expected MANO_RIGHT.pkl as downloaded"
        ) from None
    except (KeyError, ValueError, TypeError) as error:
        raise WeightsError(
            f"MANO file {path}: not the expected contents ({error}); expected 778 vertices, 16 "
            "joints and 10 shape components, as in MANO v1.2"
        ) from None


def _read(file: IO[bytes]) -> dict[str, Any]:
    data = _Unpickler(file, encoding="latin1").load()
    if not isinstance(data, dict):
        raise ValueError(f"a {type(data).__name__} instead of a dictionary")
    return {key: _plain(value) for key, value in data.items()}


def _plain(value: Any) -> Any:
    """An ordinary array of a stand-in."""
    if isinstance(value, _Array):
        return np.asarray(value.x)
    if isinstance(value, _Selection):
        return _plain(value.a).ravel()[np.asarray(value.idxs)].reshape(value.preferred_shape)
    if isinstance(value, (_Csc, _Csr, _Coo)):
        return value.dense()
    return value


def _hand_model(data: dict[str, Any]) -> HandModel:
    template = _array(data, "v_template", (778, 3))
    weights = _array(data, "weights", (778, 16))
    pose = _array(data, "posedirs", (778, 3, 135))
    regressor = _array(data, "J_regressor", (16, 778))
    shape = np.asarray(data["shapedirs"], np.float64)
    if shape.ndim != 3 or shape.shape[:2] != (778, 3) or shape.shape[2] < 10:
        raise ValueError(f"shapedirs of shape {shape.shape}")
    faces = _array(data, "f", (1538, 3)).astype(np.int32)
    order = list(OUR_JOINT_FROM_MANO)
    joints = (regressor @ template)[order]
    shape_joints = np.einsum("jv,vcs->jcs", regressor, shape[:, :, :10])[order]
    R = _hand_frame(joints)
    with_tips = np.concatenate([np.arange(778), TIP_VERTICES])
    return right_hand(
        name="mano",
        points=(template[with_tips] - joints[0]) @ R.T,
        faces=faces,
        weights=weights[:, order][with_tips],
        joints=(joints - joints[0]) @ R.T,
        # The wrist is the origin for every shape; MANO lets it wander with the template.
        shape_points=np.einsum("ab,pbs->pas", R, shape[with_tips, :, :10] - shape_joints[:1]),
        shape_joints=np.einsum("ab,jbs->jas", R, shape_joints - shape_joints[:1]),
        pose_points=_turned_correctives(R, pose[with_tips]),
    )


def _array(data: dict[str, Any], key: str, shape: tuple[int, ...]) -> Float64:
    array = np.asarray(data[key], np.float64)
    if array.shape != shape:
        raise ValueError(f"{key} of shape {array.shape} instead of {shape}")
    return array


def _hand_frame(joints: Float64) -> Float64:
    """R_hand_from_mano: y to the middle knuckle, z out of the back, x towards the little finger."""
    index, middle, pinky = (joints[j] - joints[0] for j in (4, 7, 13))
    y = middle / np.linalg.norm(middle)
    z = np.cross(pinky, index)
    z -= y * (z @ y)
    z /= np.linalg.norm(z)
    return np.stack([np.cross(y, z), y, z])


def _turned_correctives(R: Float64, pose_points: Float64) -> Float64:
    """Correctives [P, 3, 135] for rotations expressed in the hand frame and joints in our order.

    MANO multiplies its own (R_j - I); ours is R (R_j - I) R^T of it.
    """
    by_joint = pose_points.reshape(len(pose_points), 3, 15, 3, 3)
    order = [j - 1 for j in OUR_JOINT_FROM_MANO[1:]]
    turned = np.einsum("ab,pbkij,ui,vj->pakuv", R, by_joint[:, :, order], R, R)
    return turned.reshape(len(pose_points), 3, 135)
