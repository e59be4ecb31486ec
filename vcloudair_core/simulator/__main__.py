"""Command line of ``python -m vcloudair_core.simulator``.

The command does the same as ``vca sim serve``, but without plugins and without the dependencies of ``vca``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.simulator.config import PROFILES
from vcloudair_core.simulator.server.serving import serve


def main(arguments: list[str] | None = None) -> None:
    """Serve a simulated cloud until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m vcloudair_core.simulator", description="Simulate the API.")
    parser.add_argument("--api", dest="profile", choices=PROFILES, default="all", help="API to simulate")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 picks a free one")
    parser.add_argument("--no-tls", dest="tls", action="store_false", help="serve http instead of https")
    parser.add_argument("--vms", type=int, default=3, help="number of VMs")
    parser.add_argument("--edges", type=int, default=1, help="number of edge gateways")
    parser.add_argument("--replications", type=int, default=0, help="number of replications")
    parser.add_argument("--latency-ms", type=int, default=0, help="milliseconds added to every response")
    parser.add_argument("--inventory", dest="inventory_file", type=Path, help="YAML file that replaces the counts")
    parser.add_argument("--state", dest="state_file", type=Path, help="state of `vca sim dump` to start from")
    about = "any other simulator option; may be repeated"
    parser.add_argument("--set", dest="options", action="append", default=[], metavar="NAME=VALUE", help=about)
    parser.add_argument("--env-file", type=Path, help="file to write the VCA_* exports to")
    parsed = parser.parse_args(arguments)
    try:
        serve(**vars(parsed))
    except (OSError, ValueError, ConfigurationError, SpecError) as exc:
        parser.exit(1, f"The simulator cannot be started: {exc}\n")


if __name__ == "__main__":
    main()
