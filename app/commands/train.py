"""`train ...`: hands over to engine.training."""

from engine.training.command import add_arguments, run

__all__ = ["add_arguments", "run"]
