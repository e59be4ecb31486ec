"""Serve a simulator until a signal arrives, as ``vca sim serve`` does."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.simulator.config import SimulatorConfig
from vcloudair_core.simulator.option_arguments import options_from_arguments

if TYPE_CHECKING:
    from vcloudair_core.plugin.records import SimulatorRoutes


def serve(
    *,
    profile: str = "all",
    host: str = "127.0.0.1",
    port: int = 0,
    vcda_port: int = 0,
    tls: bool = True,
    vms: int = 3,
    edges: int = 1,
    replications: int = 0,
    latency_ms: int = 0,
    inventory_file: str | Path | None = None,
    env_file: str | Path | None = None,
    state_file: str | Path | None = None,
    options: Iterable[str] = (),
    routes: Iterable[SimulatorRoutes] = (),
) -> None:
    """Serve a simulator until SIGINT or SIGTERM.

    Args:
        profile: APIs to serve: ``vchs``, ``vca``, ``vcd`` or ``all``.
        host: Address to listen on.
        port: Port to listen on. 0 selects a free port.
        vcda_port: Port of VMware Cloud Director Availability, if the cloud has this product. 0 selects a free port.
        tls: True for HTTPS with a generated CA, False for HTTP.
        vms: Number of VMs.
        edges: Number of edge gateways.
        replications: Number of replicated VMs.
        latency_ms: Delay of each response in milliseconds.
        inventory_file: YAML file with the simulated objects.
        env_file: File for the ``export`` lines (mode 0600). The file exists while the server accepts requests.
        state_file: File with the initial state, from ``vca sim dump``.
        options: Other options of :class:`SimulatorConfig`, as ``NAME=VALUE``.
        routes: Routes from plugins, which can replace built-in routes.

    Raises:
        OSError: An address or a file cannot be used.
        ValueError: A profile or an option is unknown or invalid.
        ConfigurationError, SpecError: The inventory or state file cannot be read or is invalid.
    """
    from vcloudair_core.simulator.core import Simulator
    from vcloudair_core.simulator.replay.state_file import read_state
    from vcloudair_core.simulator.server.http_server import SimulatorServer

    counts = {
        "profile": profile,
        "vms": vms,
        "edges": edges,
        "replications": replications,
        "latency_ms": latency_ms,
        "inventory_file": str(inventory_file) if inventory_file else None,
    }
    config = SimulatorConfig(**{**counts, **options_from_arguments(options)})
    simulator = Simulator(config, routes=routes, state=read_state(state_file) if state_file else None)
    done = threading.Event()

    def stop(*_: Any) -> None:
        done.set()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with SimulatorServer(simulator=simulator, host=host, port=port, vcda_port=vcda_port, tls=tls) as server:
            if env_file:
                write_env_file(Path(env_file), server.env())
            text = startup_text(
                profile,
                server.env(),
                Path(env_file) if env_file else None,
                server.simulator.first_api_token(),
                server.vcda_urls.get(config.vcda_peer_site, ""),
            )
            print(text, file=sys.stderr, flush=True)  # noqa: T201
            done.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if env_file:
            Path(env_file).unlink(missing_ok=True)


_SHOWN = {
    "VCA_URL": "Address",
    "VCA_USERNAME": "User",
    "VCA_PASSWORD": "Password",
    "VCA_ORG": "Organization",
    "VCA_VDC": "VDC",
    "VCA_EDGE": "Edge gateway",
    "VCA_CA_PATH": "CA file",
    "VCA_VCDA_URL": "VCDA address",
    "VCA_VCDA_CA_PATH": "VCDA CA file",
}
"""Label of each variable in the startup text."""


def startup_text(
    profile: str, variables: Mapping[str, str], env_file: Path | None, api_token: str = "", vcda_peer: str = ""
) -> str:
    """Return the text that a server shows when it is ready.

    The text contains the URL, the credentials and shell exports. The credentials are valid only in the simulator.
    ``vcda_peer`` is the address of VMware Cloud Director Availability at the source site.
    """
    lines = [f"Serving {profile} on {variables['VCA_URL']}", ""]
    lines += [f"  {label + ':':<14}{variables[name]}" for name, label in _SHOWN.items() if name in variables]
    if vcda_peer:
        lines.append(f"  {'VCDA peer:':<14}{vcda_peer}")
    if api_token:
        lines.append(f"  {'API token:':<14}{api_token}")
    if env_file is not None:
        path = shlex.quote(str(env_file.absolute()))
        lines += ["", "To use the simulator, load its settings in a shell:", "", f". {path}"]
    else:
        lines += ["", "To use the simulator, paste these lines into another terminal:", "", exports(variables).rstrip()]
    return "\n".join([*lines, "", "Press Ctrl-C to stop."])


def exports(variables: Mapping[str, str]) -> str:
    """Return one ``export NAME='value'`` line for each variable."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write the ``export`` lines to a file (mode 0600) atomically."""
    text = exports(variables)
    partial = path.with_name(path.name + ".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
