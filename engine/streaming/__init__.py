"""Hand states to other programs while tracking: WebSocket JSON, OSC (VMC), OpenXR's 26 joints.

A stream is a sink of scenes with a thread of its own. It only ever sends: whatever a listener says
is ignored. What each message holds is in docs/streaming.md.
"""
