"""Weights that tune themselves to one person, sensor and room, without labels.

Samples come from the tracker (`collector`), are kept spread out (`reservoir`), re-fitted with care
(`teacher`), learnt in small steps (`learner`), and what was learnt is used only where it helps
(`score`, `gate`). `adapter` puts that together without threads.
"""
