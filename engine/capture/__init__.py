"""Depth cameras: live, simulated and recorded, behind one protocol and one URI syntax."""
