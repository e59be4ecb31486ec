"""The control plane of the simulator, under ``/_sim/``."""
