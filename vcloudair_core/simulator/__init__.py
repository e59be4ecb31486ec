"""A simulated cloud: the API on this machine, in the process or behind a socket. Shares no code with the client."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.simulator.config import SimulatorConfig
    from vcloudair_core.simulator.core import Simulator
    from vcloudair_core.simulator.serve import serve
    from vcloudair_core.simulator.server import SimulatorServer

__all__ = ["Simulator", "SimulatorConfig", "SimulatorServer", "serve"]

_HOMES = {"Simulator": "core", "SimulatorConfig": "config", "SimulatorServer": "server", "serve": "serve"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
