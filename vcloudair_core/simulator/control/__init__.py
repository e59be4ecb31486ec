"""The control plane of the simulator, below ``/_sim/``."""
