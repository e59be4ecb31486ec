"""``python -m vcloudair_core.simulator``: ``vca sim serve`` without the command line's dependencies and plugins."""

from __future__ import annotations

import argparse
from pathlib import Path

from vcloudair_core.errors import ConfigurationError, SpecError
from vcloudair_core.simulator.config import PROFILES
from vcloudair_core.simulator.server.serving import serve


def main(arguments: list[str] | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m vcloudair_core.simulator", description="Simulate the API.")
    parser.add_argument("--api", dest="profile", choices=PROFILES, default="all", help="which APIs there are")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one")
    parser.add_argument("--no-tls", dest="tls", action="store_false", help="plain http")
    parser.add_argument("--vms", type=int, default=3, help="how many machines")
    parser.add_argument("--edges", type=int, default=1, help="how many edge gateways")
    parser.add_argument("--replications", type=int, default=0, help="how many replications")
    parser.add_argument("--latency-ms", type=int, default=0, help="how long every answer takes")
    parser.add_argument("--inventory", dest="inventory_file", type=Path, help="YAML file that replaces the counts")
    about = "any other switch of the simulator; may be repeated"
    parser.add_argument("--set", dest="switches", action="append", default=[], metavar="NAME=VALUE", help=about)
    parser.add_argument("--env-file", type=Path, help="file that gets the VCA_* variables of this simulator")
    options = parser.parse_args(arguments)
    try:
        serve(**vars(options))
    except (OSError, ValueError, ConfigurationError, SpecError) as exc:
        parser.exit(1, f"The simulator cannot be started: {exc}\n")


if __name__ == "__main__":
    main()
