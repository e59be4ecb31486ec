"""Command line of ``python -m vcloudair_core.simulator``.

The command works like ``vca sim serve``. It loads no plugins, and does not need the packages that ``vca`` needs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.simulator.config import PROFILES
from vcloudair_core.simulator.server.serving import serve


def main(arguments: list[str] | None = None) -> None:
    """Serve a simulated cloud until Ctrl-C or SIGTERM."""
    about = "Serve a simulated cloud until Ctrl-C."
    parser = argparse.ArgumentParser(prog="python -m vcloudair_core.simulator", description=about)
    parser.add_argument("--api", dest="profile", choices=PROFILES, default="all", help="API to simulate")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 selects a free port")
    parser.add_argument("--vcda-port", type=int, default=0, help="port of VMware Cloud Director Availability")
    parser.add_argument("--no-tls", dest="tls", action="store_false", help="serve HTTP instead of HTTPS")
    parser.add_argument("--vms", type=int, default=3, help="number of VMs")
    parser.add_argument("--edges", type=int, default=1, help="number of edge gateways")
    parser.add_argument("--replications", type=int, default=0, help="number of replicated VMs")
    parser.add_argument("--latency-ms", type=int, default=0, help="delay of each response in milliseconds")
    parser.add_argument("--inventory", dest="inventory_file", type=Path, help="YAML file with the simulated objects")
    parser.add_argument("--state", dest="state_file", type=Path, help="initial state, saved with `vca sim dump`")
    about = "another simulator option; can be repeated"
    parser.add_argument("--set", dest="options", action="append", default=[], metavar="NAME=VALUE", help=about)
    parser.add_argument("--env-file", type=Path, help="file to write the VCA_* variables to")
    parsed = parser.parse_args(arguments)
    try:
        serve(**vars(parsed))
    except (OSError, ValueError, ConfigurationError, SpecError) as exc:
        parser.exit(1, f"Starting the simulator failed: {exc}\n")


if __name__ == "__main__":
    main()
