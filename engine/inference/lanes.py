"""Up to two hands worked on at a time, each with a network and stage times of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engine.inference.crops import Crop
from engine.inference.depth_view import FrameViews
from engine.inference.single_view import NetworkHand, SingleViewInference
from engine.inference.stage_times import StageTimes
from engine.messages import Side
from engine.runtime.side_by_side import side_by_side

Float64 = npt.NDArray[np.float64]

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Lane:
    """What one of two hands is worked on with, beside the other."""

    network: SingleViewInference
    views: FrameViews
    times: StageTimes

    def infer(self, side: Side, centre: Float64, cube_m: float) -> NetworkHand:
        """The network's answer to a crop, in the view of `side`."""
        view = self.views[side]
        return self.network.infer([view], [Crop(view.camera, centre, cube_m)])[0]


class Lanes:
    """The lanes of one frame, one for each network."""

    def __init__(
        self, networks: Sequence[SingleViewInference], views: FrameViews, times: StageTimes
    ) -> None:
        """What the lanes took is added to `times`, as if one had done everything."""
        self._networks = networks
        self._views = views
        self._times = times

    def work(self, work: Callable[[Lane, Item], Result], items: Sequence[Item]) -> list[Result]:
        """Work on as many items at a time as there are networks."""
        lanes = [Lane(network, self._views, StageTimes()) for network in self._networks]
        results: list[Result] = []
        for start in range(0, len(items), len(lanes)):
            batch = items[start : start + len(lanes)]
            results += side_by_side(lambda k, item: work(lanes[k], item), batch)
        for lane in lanes:
            self._times.add(lane.times)
        return results
