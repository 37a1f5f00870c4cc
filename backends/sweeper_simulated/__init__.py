"""The simulated backend: a virtual clock, and as many workers as wanted."""

from sweeper_simulated.settings import Node, Simulation

__all__ = ["Node", "Simulation"]
