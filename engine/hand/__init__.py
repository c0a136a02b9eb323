"""The hand model: rest shape, articulation, skinning, keypoints."""
