"""MANO files: the same surface as MANO's own equations, and nothing executed."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from calibration.transforms import rotation_from_axis_angle
from engine.errors import WeightsError
from engine.hand.mano import OUR_JOINT_FROM_MANO, _hand_frame, load_mano
from engine.hand.skinning import pose_hand_rotations
from tests.engine.hand.mano_file import PARENTS, mano_arrays, write_mano

ORDER = list(OUR_JOINT_FROM_MANO)


@pytest.fixture
def mano_path(tmp_path: Path) -> Path:
    path = tmp_path / "MANO_RIGHT.pkl"
    write_mano(path, mano_arrays())
    return path


def mano_by_the_book(
    arrays: dict[str, np.ndarray], rotations: np.ndarray, shape: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and joints by equations 2-4 of the MANO paper; global rotations multiplied out."""
    shaped = arrays["v_template"] + arrays["shapedirs"] @ shape
    joints = arrays["J_regressor"] @ shaped
    posed = shaped + arrays["posedirs"] @ (rotations[1:] - np.eye(3)).ravel()
    world = [np.eye(4) for _ in range(16)]
    for j in range(16):
        local = np.eye(4)
        parent = PARENTS[j] if j else None
        local[:3, :3] = rotations[j]
        local[:3, 3] = joints[j] - (joints[parent] if parent is not None else 0)
        world[j] = world[parent] @ local if parent is not None else local
    G = np.stack(world)
    placed = G[:, :3, 3].copy()
    G[:, :3, 3] -= np.einsum("jab,jb->ja", G[:, :3, :3], joints)
    blended = np.einsum("vj,jab->vab", arrays["weights"], G)
    vertices = np.einsum("vab,vb->va", blended[:, :3, :3], posed) + blended[:, :3, 3]
    return vertices, placed


def test_posed_surface_equals_manos_equations(mano_path: Path) -> None:
    rng = np.random.default_rng(1)
    arrays, model = mano_arrays(), load_mano(mano_path)
    rotations = rotation_from_axis_angle(rng.normal(0, 0.4, (16, 3)))
    shape = rng.normal(size=10)
    vertices, joints = mano_by_the_book(arrays, rotations, shape)

    R = _hand_frame((arrays["J_regressor"] @ arrays["v_template"])[ORDER])
    ours = np.einsum("ab,jbc,dc->jad", R, rotations[ORDER], R)
    posed = pose_hand_rotations(model, ours, np.zeros(3), shape)
    moved = (vertices - joints[0]) @ R.T
    np.testing.assert_allclose(posed.vertices, moved, atol=1e-9)
    np.testing.assert_allclose(posed.keypoints[4], moved[744], atol=1e-9)
    np.testing.assert_allclose(posed.keypoints[5], (joints[1] - joints[0]) @ R.T, atol=1e-9)


def test_equals_smplx_where_it_is_installed(mano_path: Path) -> None:
    smplx = pytest.importorskip("smplx", reason="smplx is optional (research licence)")
    torch = pytest.importorskip("torch")
    arrays, model = mano_arrays(), load_mano(mano_path)
    data = smplx.utils.Struct(
        **arrays,
        kintree_table=np.stack([np.array(PARENTS), np.arange(16)]),
        hands_components=np.eye(45),
        hands_mean=np.zeros(45),
    )
    layer = smplx.MANO(
        str(mano_path), data_struct=data, use_pca=False, flat_hand_mean=True, num_pca_comps=45
    )
    rng = np.random.default_rng(2)
    turns, shape = rng.normal(0, 0.4, (16, 3)), rng.normal(size=10)
    output = layer(
        betas=torch.tensor(shape[None], dtype=torch.float32),
        global_orient=torch.tensor(turns[:1], dtype=torch.float32),
        hand_pose=torch.tensor(turns[1:].reshape(1, 45), dtype=torch.float32),
    )
    expected = output.vertices[0].detach().numpy() - output.joints[0, 0].detach().numpy()
    R = _hand_frame((arrays["J_regressor"] @ arrays["v_template"])[ORDER])
    rotations = rotation_from_axis_angle(turns)[ORDER]
    ours = np.einsum("ab,jbc,dc->jad", R, rotations, R)
    posed = pose_hand_rotations(model, ours, np.zeros(3), shape)
    np.testing.assert_allclose(posed.vertices @ R, expected, atol=1e-5)


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(tmp_path / "owned"),))  # type: ignore[return-value]

    path = tmp_path / "MANO_RIGHT.pkl"
    path.write_bytes(pickle.dumps({"v_template": Attack()}))
    with pytest.raises(WeightsError, match="no MANO file needs"):
        load_mano(path)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1, 2]), pickle.dumps({"f": 1})])
def test_other_files_get_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "MANO_RIGHT.pkl"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"MANO file .*expected"):
        load_mano(path)


def test_a_missing_file_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        load_mano(tmp_path / "nothing.pkl")
