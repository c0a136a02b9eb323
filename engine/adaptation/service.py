"""Adaptation beside a running tracker: sightings in, compiled networks out, nobody waits.

    tracker's thread:  offer(sightings) -> Chooser -> Channel     take_networks() between frames
    worker's thread:   Channel -> learner's process -> reports -> compiled networks

The tracker's process never imports torch. A learner that crashes is reported and started again;
tracking does not notice. Compiling beside running inference is safe once a network has made its
first call (docs/decisions/0019).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from engine.adaptation.decision import Decision
from engine.adaptation.exchange import NetworkExchange, ReadyNetworks
from engine.adaptation.learner_messages import Report
from engine.adaptation.learner_side import MakeAdapter
from engine.adaptation.process import AdaptationProcess
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.scratch import new_scratch_folder
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.adaptation.tended_process import TendedProcess
from engine.inference.backend import NetworkFile
from engine.messages import Health
from engine.runtime.channel import Channel
from engine.runtime.clock import NS_PER_MS, NS_PER_S, monotonic_ns
from engine.runtime.contexts import StopOnExit
from engine.runtime.worker import StopSignal, Worker

if TYPE_CHECKING:  # They load for seconds, and the window imports this file.
    from engine.adaptation.sample import AdaptationSample
    from engine.inference.sighting import Sighting
    from engine.inference.single_view import SingleViewInference

WAITING_SAMPLES = 16
TAKE_S = 0.05

Networks: TypeAlias = "tuple[SingleViewInference, ...]"
LoadNetworks: TypeAlias = "Callable[[NetworkFile], Networks]"
"""Compiles and warms up a network for each of two hands."""


class Chooser(Protocol):
    """What the service needs of a Collector."""

    def consider(self, sighting: Sighting) -> AdaptationSample | None: ...

    def reset(self) -> None: ...


class AdaptationService(StopOnExit):
    """Adapts one set of weights during one tracking session. Start it once.

    `begin_with`, `offer` and `take_networks` belong to the tracker's thread; everything else may be
    called from any thread. Only `stop` waits.
    """

    def __init__(
        self,
        network: NetworkFile,
        make_adapter: MakeAdapter,
        load: LoadNetworks,
        chooser: Chooser,
    ) -> None:
        """Accepted weights are files of a folder that is gone after `stop`: what shall stay is
        read before."""
        self._network = network
        self._make_adapter = make_adapter
        self._load = load
        self._chooser = chooser
        self._scratch: Path | None = None
        self._samples: Channel[AdaptationSample] = Channel(WAITING_SAMPLES)
        self._learner = TendedProcess(self._launch)
        self._exchange = NetworkExchange(network.weights)
        self._worker = Worker(
            "adaptation",
            self._step,
            teardown=self._clear_away,
            dropped=lambda: self._samples.dropped,
        )
        self._progress = AdaptationProgress()
        self._decisions: list[Decision] = []  # Of all lives; only ever added to, by any thread.
        self._decided_s = 0.0
        self._paused = self._paused_there = self._stopped = False
        self._started_ns = 0
        self._life_known = (0, False)
        self._first_gain_s: float | None = None
        self._load_ms, self._sent, self._dropped_there = 0.0, 0, 0
        self._trouble = ""

    def start(self) -> None:
        """Returns at once; `status` tells what comes of it."""
        self._started_ns = monotonic_ns()
        self._worker.start()

    def request_stop(self) -> None:
        """Ask for the end; returns at once."""
        self._stopped = True
        self._worker.request_stop()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End thread and process; False when the thread still hangs after `timeout_s`."""
        self.request_stop()
        self._learner.kill()  # Nothing can wait for it any more.
        return self._worker.stop(timeout_s)

    @property
    def running(self) -> bool:
        """Whether its thread is alive."""
        return self._worker.running

    def begin_with(self, networks: Sequence[SingleViewInference]) -> None:
        """The compiled networks of the weights given to this service, to come back to."""
        self._exchange.begin_with(networks)

    def offer(self, sightings: Sequence[Sighting]) -> None:
        """Choose from what was just seen; well under a millisecond."""
        if self._paused or self._stopped:
            return
        try:
            life = (self._learner.lives, self._learner.heard)
            if life != self._life_known:
                # It knows nothing when it begins, nor when it has loaded: most of what was chosen
                # meanwhile had no room.
                self._life_known = life
                self._chooser.reset()
            for sighting in sightings:
                sample = self._chooser.consider(sighting)
                if sample is not None:
                    self._samples.put(sample)
        except Exception as error:  # A fault in here must not end tracking.
            self._trouble = (
                f"The adaptation could not use a frame ({type(error).__name__}: {error}) and is "
                "paused; tracking goes on."
            )
            self._paused = True

    def take_networks(self) -> ReadyNetworks | None:
        """Networks to go on with from the next frame; None while nothing has changed."""
        return self._exchange.take()

    def pause(self) -> None:
        """Collect and learn nothing until `resume`; the weights in use stay."""
        self._paused = True

    def resume(self) -> None:
        """Go on after `pause`, or after a fault that paused it."""
        self._paused, self._trouble = False, ""

    def roll_back(self) -> bool:
        """Back to the former weights between the next two frames; False where there are none."""
        if not self._exchange.roll_back():
            return False
        self._note_rollback("former weights asked for")
        return True

    def health(self) -> Health:
        """Of the worker; its latency is what compiling new weights takes."""
        return self._worker.health()

    @property
    def pid(self) -> int | None:
        """Of the learner's process; None while there is none."""
        return self._learner.pid

    def status(self) -> AdaptationStatus:
        """One look at everything; cheap."""
        in_use = self._exchange.in_use()
        return AdaptationStatus(
            state=self._state(),
            weights=in_use.weights,
            revision=in_use.revision,
            sentence=self._sentence(),
            progress=replace(self._progress, decisions=tuple(self._decisions)),
            first_gain_s=self._first_gain_s,
            load_ms=self._load_ms,
            samples_sent=self._sent,
            samples_dropped=self._samples.dropped + self._dropped_there,
            restarts=self._learner.restarts,
            can_roll_back=in_use.can_roll_back,
        )

    def _sentence(self) -> str:
        failure = self._worker.failure
        return failure.sentence if failure else self._learner.sentence or self._trouble

    def _state(self) -> AdaptationState:
        if self._stopped:
            return AdaptationState.STOPPED
        if not self._started_ns:
            return AdaptationState.OFF
        if self._learner.given_up or self._worker.failure:
            return AdaptationState.FAILED
        if self._learner.pid is None and self._learner.restarts:
            return AdaptationState.RESTARTING
        if self._paused:
            return AdaptationState.PAUSED
        if not self._learner.heard:
            return AdaptationState.STARTING
        return AdaptationState.LEARNING if self._progress.steps else AdaptationState.COLLECTING

    def _clear_away(self) -> None:
        self._learner.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _launch(self, weights: Path, life: int) -> AdaptationProcess:
        if self._scratch is None:
            self._scratch = new_scratch_folder()
        return AdaptationProcess(
            self._make_adapter,
            replace(self._network, weights=weights, onnx=None),
            self._scratch / f"life-{life}",
            temporary=self._scratch,
        )

    def _step(self, stop: StopSignal) -> int | None:
        self._pass_on_wishes()
        if not self._learner.listening:
            stop.wait(TAKE_S)
        elif (sample := self._samples.take(TAKE_S)) is not None:
            self._learner.send(sample)
            self._sent += 1
        in_use = self._exchange.in_use()
        report = self._learner.tend(in_use.weights, in_use.revision)
        return None if report is None else self._heed(report)

    def _pass_on_wishes(self) -> None:
        """What a person asked for, to the learner."""
        if self._paused is not self._paused_there:
            self._paused_there = self._paused
            self._learner.pause(self._paused_there)
        gone_back_to = self._exchange.take_gone_back_to()
        if gone_back_to is not None:
            self._learner.roll_back(gone_back_to)

    def _heed(self, report: Report) -> int | None:
        """Note the progress; compile other weights where they are wanted (its time returned)."""
        self._progress, self._dropped_there = report.progress, report.dropped
        progress = report.progress
        self._note_decisions(progress.decisions)
        if not self._exchange.must_load(progress.revision):
            return None
        began_ns = monotonic_ns()
        try:
            networks = self._load(replace(self._network, weights=report.weights, onnx=report.onnx))
        except Exception as error:  # Whatever a runtime raises: the former weights stay.
            self._trouble = (
                f"New weights could not be loaded ({type(error).__name__}: {error}); tracking goes "
                "on with the former ones."
            )
            self._note_rollback("the new weights could not be loaded")
            self._learner.roll_back(progress.revision - 1)
            return None
        took_ns = monotonic_ns() - began_ns
        self._load_ms = took_ns / NS_PER_MS
        self._exchange.put(networks, progress.revision, report.weights)
        return took_ns

    def _note_decisions(self, decisions: Sequence[Decision]) -> None:
        """Those of the learner that were not noted yet; each comes in many reports."""
        new = [decision for decision in decisions if decision.time_s > self._decided_s]
        if not new:
            return
        self._decisions += new
        self._decided_s = new[-1].time_s
        if self._first_gain_s is None and any(decision.accepted for decision in new):
            self._first_gain_s = (monotonic_ns() - self._started_ns) / NS_PER_S

    def _note_rollback(self, reason: str) -> None:
        """One that the learner did not decide on, and may not even be there to hear of."""
        self._decisions.append(
            Decision(
                time_s=monotonic_ns() / NS_PER_S,
                step=self._progress.steps,
                accepted=False,
                reason=reason,
                revision=self._exchange.in_use().revision,
                rolled_back=True,
            )
        )
