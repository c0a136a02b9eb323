"""Plays a .glb as the specification says, from what pygltflib read: for tests of the writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pygltflib
from scipy.spatial.transform import Rotation, Slerp

TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class GltfPlayer:
    """Nodes, skins and the one animation of a file."""

    def __init__(self, path: Path) -> None:
        self.gltf = pygltflib.GLTF2.load(str(path))
        self.names = {node.name: index for index, node in enumerate(self.gltf.nodes)}
        self._blob = self.gltf.binary_blob()
        self._parents = {
            child: index
            for index, node in enumerate(self.gltf.nodes)
            for child in node.children or []
        }

    def array(self, accessor_index: int) -> np.ndarray:
        """The numbers of an accessor; matrices as [N, 4, 4] with rows first."""
        accessor = self.gltf.accessors[accessor_index]
        view = self.gltf.bufferViews[accessor.bufferView]
        width = WIDTHS[accessor.type]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        dtype = TYPES[accessor.componentType]
        flat = np.frombuffer(self._blob, dtype, accessor.count * width, start)
        if accessor.type == "MAT4":
            return flat.reshape(-1, 4, 4).transpose(0, 2, 1)
        return flat if width == 1 else flat.reshape(-1, width)

    def channels(self) -> list[tuple[int, str, str, np.ndarray, np.ndarray]]:
        """Node, path, interpolation, times and values of every channel."""
        (animation,) = self.gltf.animations
        found = []
        for channel in animation.channels:
            sampler = animation.samplers[channel.sampler]
            times, values = self.array(sampler.input), self.array(sampler.output)
            target = channel.target
            found.append((target.node, target.path, sampler.interpolation, times, values))
        return found

    def node_matrices(self, time_s: float) -> np.ndarray:
        """[nodes, 4, 4]: each node's place in the scene at a time."""
        pose: dict[tuple[int, str], np.ndarray] = {}
        for node, path, interpolation, times, values in self.channels():
            pose[node, path] = _sampled(path, interpolation, times, values, time_s)
        matrices = [np.eye(4)] * len(self.gltf.nodes)
        for index in range(len(matrices)):  # Parents come before their children here.
            own = self._own_matrix(index, pose)
            parent = self._parents.get(index)
            assert parent is None or parent < index
            matrices[index] = own if parent is None else matrices[parent] @ own
        return np.array(matrices)

    def _own_matrix(self, index: int, pose: dict[tuple[int, str], np.ndarray]) -> np.ndarray:
        node = self.gltf.nodes[index]
        scale = pose.get((index, "scale"), np.array(node.scale or [1, 1, 1], float))
        turn = pose.get((index, "rotation"), np.array(node.rotation or [0, 0, 0, 1], float))
        place = pose.get((index, "translation"), np.array(node.translation or [0, 0, 0], float))
        matrix = np.eye(4)
        matrix[:3, :3] = Rotation.from_quat(turn).as_matrix() * scale
        matrix[:3, 3] = place
        return matrix

    def skinned(self, mesh_node: str, time_s: float) -> np.ndarray:
        """[V, 3]: the vertices of a skinned mesh at a time, in the scene."""
        node = self.gltf.nodes[self.names[mesh_node]]
        skin = self.gltf.skins[node.skin]
        (primitive,) = self.gltf.meshes[node.mesh].primitives
        attributes = primitive.attributes
        bones = self.node_matrices(time_s)[skin.joints] @ self.array(skin.inverseBindMatrices)
        rest = self.array(attributes.POSITION).astype(float)
        of = self.array(attributes.JOINTS_0)
        weights = self.array(attributes.WEIGHTS_0).astype(float)
        blended = np.einsum("vk,vkij->vij", weights, bones[of])
        return np.einsum("vij,vj->vi", blended[:, :3, :3], rest) + blended[:, :3, 3]

    def faces(self, mesh_node: str) -> np.ndarray:
        node = self.gltf.nodes[self.names[mesh_node]]
        return self.array(self.gltf.meshes[node.mesh].primitives[0].indices).reshape(-1, 3)


def _sampled(
    path: str, interpolation: str, times: np.ndarray, values: np.ndarray, time_s: float
) -> np.ndarray:
    time = float(np.clip(time_s, times[0], times[-1]))
    before = max(int(np.searchsorted(times, np.float32(time), side="right")) - 1, 0)
    if interpolation == "STEP" or len(times) == 1 or before == len(times) - 1:
        return values[before].astype(float)
    share = (time - times[before]) / (times[before + 1] - times[before])
    pair = values[before : before + 2].astype(float)
    if path == "rotation":
        return Slerp([0, 1], Rotation.from_quat(pair))(share).as_quat()
    return pair[0] + share * (pair[1] - pair[0])
