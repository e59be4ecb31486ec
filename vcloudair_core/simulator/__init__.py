"""A simulated cloud that serves the vCloud APIs in process or on a socket.

The simulator does not use the client's code for these APIs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.simulator.config import SimulatorConfig
    from vcloudair_core.simulator.core import Simulator
    from vcloudair_core.simulator.server.http_server import SimulatorServer
    from vcloudair_core.simulator.server.serving import serve

__all__ = ["Simulator", "SimulatorConfig", "SimulatorServer", "serve"]

_MODULES = {
    "Simulator": "core",
    "SimulatorConfig": "config",
    "SimulatorServer": "server.http_server",
    "serve": "server.serving",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value
