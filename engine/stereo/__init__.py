"""Stereo cameras as depth cameras: pairs of pictures, rectified and matched."""
