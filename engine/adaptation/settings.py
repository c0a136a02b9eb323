"""Every number of the adaptation, with its meaning and unit."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CollectSettings:
    """Which sightings are kept."""

    least_interval_s: float = 0.06
    """Between two samples of one side."""
    novelty: float = 0.14
    """Least distance to what was kept, in the units of `engine.adaptation.collector.describe`."""
    patience_s: float = 1.0
    """After this time without a sample half the novelty is enough."""
    least_novelty: float = 0.05
    """Nothing nearer than this is ever kept: a frozen camera shows the same for ever."""
    least_trust: float = 0.5
    least_points: int = 150
    remembered: int = 256


@dataclass(frozen=True, slots=True)
class ReservoirSettings:
    """How many samples of each side are kept, and which are never learnt from."""

    capacity: int = 240
    held_out_capacity: int = 60
    block_s: float = 0.5
    """A block of time is learnt from as a whole or held out as a whole."""
    held_out_of: int = 5
    """One block of so many is held out."""
    least_apart: float = 0.04
    """A lesson nearer than this to a kept one (units of `collector.describe`) says nothing new,
    and a held-out one would only repeat what was learnt: a frozen camera."""


@dataclass(frozen=True, slots=True)
class TeacherSettings:
    """How careful a re-fit is, and what it must show to be believed."""

    iterations: int = 16
    least_trust: float = 0.97
    least_explained: float = 0.88
    worst_residual_m: float = 0.0040
    worst_stray_m: float = 0.022
    """Mean distance to the network's joints, by its confidence."""
    apart_m: float = 0.006
    """Fits from different starts must end within this of each other, on average."""
    worst_outside: float = 0.30
    """Share of the mesh that may project beside the hand: where edge pixels are lost that is up to
    0.3 of a fit that is right to 2 mm (simulated newcomers)."""
    wrist_rad: float = 0.60
    """Angle between the palm's direction in the fit and in the network's joints: the forearm."""
    hidden_weight: float = 0.25
    """What a joint counts that something stands in front of."""
    shape_frames: int = 24
    """How many samples the person's shape is estimated from."""
    shape_again: int = 24
    """New lessons after which the shape is estimated again."""


@dataclass(frozen=True, slots=True)
class FusionSettings:
    """How views of a lesson are made up and fused (engine.adaptation.fused_teacher)."""

    views: int = 4
    turn_rad: float = 3.14159
    scale: tuple[float, float] = (0.95, 1.05)
    shift_m: float = 0.004
    """Milder than the paper's (0.7 to 1.3, 20 mm): those err more to begin with."""
    again: int = 160
    """Steps after which a lesson's views are fused again."""
    worst_depth: float = 0.04
    """The hand through the fused joints may miss the depth by this on average, in half cubes ..."""
    worst_points: float = 1e-3
    """... and observed points its surface by the root of this, or nothing is taught; the same for
    each finger bone's own points (the gates of Ren et al. 2022)."""


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """Steps of the training copy."""

    rate: float = 2e-4
    """AdamW."""
    warm_up: int = 20
    """Steps until that rate is reached."""
    cycle: int = 40
    """Steps in which the rate falls to a tenth, before it begins again: a network that was trained
    to rest at a minimum forgets by the noise of the steps alone, and at the end of a cycle it
    rests again. The gate asks then."""
    frozen: tuple[str, ...] = ("stem", "encoder", "decide")
    """Parts of the network, by piece of their name, that stay as they are: the encoder because it
    forgets most for the least gain, the decisions because they were fitted on much more than a
    step sees (presence, side)."""
    weight_decay: float = 0.0
    keep: float = 0.98
    """Of the average of the weights that is offered, each step."""
    lessons: int = 6
    """Crops of the person's own frames in a step ..."""
    personal: int = 8
    """... rendered ones with the person's shape and poses, which say more about the poses that come
    next than a few dozen frames do (docs/benchmarks.md) ..."""
    source: int = 6
    """... and of the first training, so that nothing is forgotten."""
    self_supervised: float = 0.05
    """Weight of the label-free losses (engine.losses.objective) beside the teacher's: rendered
    against observed, joints and mesh teaching each other, priors. They count joints 100 where
    those of the lessons count 8."""
    left_out: tuple[str, ...] = ()
    """Terms of that loss that do not count, by name: for ablations."""
    fusion: float = 0.0
    """Weight, among those label-free losses, of what made-up views say together (L_ms)."""
    fusing: FusionSettings = field(default_factory=FusionSettings)
    teacher: float = 1.0
    """Weight of what the fitting teacher says of the person's own frames; 0 in an ablation."""
    turn_rad: float = 3.14159
    scale: tuple[float, float] = (0.84, 1.2)
    shift_m: float = 0.015
    erase_share: float = 0.25
    """Crops with a piece missing."""
    clip: float = 2.0
    """Largest norm of a step's gradient."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What new weights must show; see docs/decisions/0018."""

    every_steps: int = 40
    """Best a whole number of the learner's cycles."""
    least_held_out: int = 6
    least_lessons: int = 16
    least_gain: float = 0.01
    """Share by which the held-out score must fall."""
    sureness: float = 1.7
    """Standard errors by which the mean gain must differ from none: one in twenty by chance."""
    source_loss: float = 0.05
    """Share by which the source error may rise."""
    lost_per_gained: float = 0.33
    """Share lost on the source set for each share gained on held-out samples: those are of the
    last seconds, and the next ones will be as new to the network as the source set is."""
    largest_step: float = 0.05
    """Change of the weights relative to their size, against the weights that ship."""
    worse_share: float = 0.02
    """The watch rolls back where new samples score worse by this."""
    refusals: int = 3
    """After so many refusals in a row the copy begins again at the weights in use."""


@dataclass(frozen=True, slots=True)
class AdaptationSettings:
    """All of them."""

    collect: CollectSettings = field(default_factory=CollectSettings)
    reservoir: ReservoirSettings = field(default_factory=ReservoirSettings)
    teacher: TeacherSettings = field(default_factory=TeacherSettings)
    learn: LearnSettings = field(default_factory=LearnSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    source_samples: int = 96
    """Size of the fixed synthetic set."""
    seed: int = 1
    threads: int = 1
