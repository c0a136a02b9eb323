"""How fits are made that have time: of enrolments and of lessons."""

from __future__ import annotations

from engine.inference.fitting import FitSettings

# Lost edge pixels make a hand look slimmer and shorter. A careful fit has more to hold the pose by
# than one while tracking, so the outline pulls a fraction as much (docs/benchmarks.md).
CAREFUL = FitSettings(silhouette_weight=0.02)
