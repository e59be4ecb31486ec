"""The command group ``vca sim``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.cli.recording.control_plane import call_simulator
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.install_hint import install_hint
from vcloudair_core.util.user_files import unwritable

app = typer.Typer(help="Run a simulated cloud on this host.", no_args_is_help=True)

_log = logging.getLogger(__name__)
_APIS = ("vchs", "vca", "vcd", "all")


@app.callback()
def sim() -> None:
    """Run a simulated cloud on this host."""


@app.command("serve")
@connected
@changes
def serve(
    run: Invocation,
    api: str = typer.Option(None, "--api", metavar="vchs|vca|vcd|all", help="API to simulate (default: all)."),
    release: str = typer.Option(
        "",
        "--release",
        metavar="10.4|10.5|10.6|5.x|air",
        help="Server release to simulate. It selects the API versions.",
    ),
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen on."),
    port: int = typer.Option(0, "--port", min=0, max=65535, help="Port to listen on. 0 selects a free port."),
    vcda_port: int = typer.Option(
        0,
        "--vcda-port",
        min=0,
        max=65535,
        help="Port of VMware Cloud Director Availability. 0 selects a free port.",
    ),
    tls: bool = typer.Option(True, "--tls/--no-tls", help="Serve HTTPS with a generated CA, or HTTP."),
    vms: int = typer.Option(None, "--vms", min=0, help="Number of VMs (default: 3)."),
    edges: int = typer.Option(None, "--edges", min=0, help="Number of edge gateways (default: 1)."),
    replications: int = typer.Option(None, "--replications", min=0, help="Number of replicated VMs (default: 0)."),
    latency_ms: int = typer.Option(0, "--latency-ms", min=0, help="Delay of each response in milliseconds."),
    inventory: Path = typer.Option(
        None, "--inventory", metavar="FILE", help="YAML file with the objects of the simulated cloud."
    ),
    state: Path = typer.Option(
        None,
        "--state",
        metavar="FILE",
        help="State file of vca sim dump to start from. Replaces --vms, --edges and --replications.",
    ),
    option_values: list[str] = typer.Option(
        None, "--set", metavar="NAME=VALUE", help="Set another simulator option. May be repeated."
    ),
    env_file: Path = typer.Option(None, "--env-file", metavar="FILE", help="File to write the VCA_* variables to."),
    # The old name of --api, which existing scripts use.
    profile: str = typer.Option(None, "--profile", hidden=True),
) -> None:
    """Serve a simulated cloud until Ctrl-C.

    --env-file writes a shell script that exports VCA_* variables. With these variables, vca, the library and Ansible
    use this simulator. The file is written when the simulator is ready.

    Example:
        vca sim serve --api vcd --vms 20 --env-file sim.env
    """
    chosen = api or profile or "all"
    if chosen not in _APIS:
        raise ConfigurationError(f"Unknown API: {chosen!r}.", hint=f"Use one of: {', '.join(_APIS)}.")
    if api and profile and api != profile:
        raise ConfigurationError(f"--api {api} and --profile {profile} conflict.", hint="Use only --api.")
    numbers = {"vms": vms, "edges": edges, "replications": replications}
    counts = {name: number for name, number in numbers.items() if number is not None}
    _refuse_second_values(counts, inventory, option_values or ())
    if run.plugin_error is not None:
        raise run.plugin_error
    try:
        import starlette  # noqa: F401 - is the extra there?
        import uvicorn  # noqa: F401 - as above
    except ImportError as exc:
        raise ConfigurationError(f"Starting the simulator failed. {exc}.", hint=install_hint("simulator")) from exc
    from vcloudair_core.simulator.server.serving import serve as serve_until_stopped

    try:
        serve_until_stopped(
            profile=chosen,
            host=host,
            port=port,
            vcda_port=vcda_port,
            tls=tls,
            vms=counts.get("vms", 3),
            edges=counts.get("edges", 1),
            replications=counts.get("replications", 0),
            latency_ms=latency_ms,
            inventory_file=inventory,
            env_file=env_file,
            state_file=state,
            options=(*(option_values or ()), *([f"release={release}"] if release else [])),
            routes=tuple(run.plugins.simulator_routes().values()),
        )
    except ValueError as exc:
        raise ConfigurationError(f"Starting the simulator failed. {exc}.") from exc
    except OSError as exc:
        if exc.filename is not None and env_file is not None:
            raise unwritable("The environment file", env_file, exc) from exc
        raise ConfigurationError(
            f"Starting the simulator on {host}, port {port} failed. {exc.strerror or exc}."
        ) from exc


@app.command("record")
@connected
def record(
    run: Invocation,
    out: Path = typer.Option(..., "--out", metavar="FILE", help="Inventory file to write."),
    pseudonymize: bool = typer.Option(
        False, "--pseudonymize", help="Replace names, addresses, descriptions and metadata values."
    ),
) -> None:
    """Record the org of the context in an inventory file for the simulator.

    The command signs in, sends only GET requests, and signs out. Passwords, keys and certificates are not recorded.
    In the file, the password of the user is "recorded-password". With --pseudonymize, the same text always gets the
    same replacement. Public addresses become documentation addresses, and addresses in a common subnet stay in a
    common subnet.

    Example:
        vca sim record --out world.yml --pseudonymize
    """
    import yaml

    from vcloudair_core.cli.recording.pseudonyms import Pseudonyms
    from vcloudair_core.cli.recording.tenant import TenantRecorder
    from vcloudair_core.util.user_files import write_text

    with run.client() as client:
        tree = TenantRecorder(client, _log.warning).read()
    if pseudonymize:
        tree = Pseudonyms().replace(tree)
    write_text(out, yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), "The inventory file")


@app.command("dump")
@connected
def dump(
    run: Invocation,
    file: Path = typer.Argument(..., metavar="FILE", help="File to write the state to."),
) -> None:
    """Save the state of a running simulator.

    The URL of the context selects the simulator. The file contains the inventory, sections, finished tasks, DR
    states, API tokens, passwords, keys and time of the simulated cloud. The file contains no sessions. Saving fails
    while tasks are in progress.

    Example:
        vca sim dump before.json
    """
    from vcloudair_core.util.user_files import write_text

    write_text(file, call_simulator(run, "GET", "/state/dump").decode() + "\n", "The state file")


@app.command("load")
@connected
@changes
def load(
    run: Invocation,
    file: Path = typer.Argument(..., metavar="FILE", help="State file that vca sim dump saved."),
) -> None:
    """Replace the state of a running simulator.

    The URL of the context selects the simulator. All sessions end, so clients must sign in again.

    Example:
        vca sim load before.json
    """
    from vcloudair_core.util.user_files import read_text

    call_simulator(run, "POST", "/state/load", read_text(file, "The state file").encode())


def _refuse_second_values(counts: Mapping[str, int], inventory: Path | None, option_values: Sequence[str]) -> None:
    """Raise ConfigurationError if the inventory or ``--set`` conflicts with an option."""
    options = ", ".join(f"--{name}" for name in counts)
    if inventory is not None and counts:
        raise ConfigurationError(
            f"You cannot use {options} and --inventory together.", hint="Describe all objects in the inventory file."
        )
    for name, equals, value in (text.partition("=") for text in option_values):
        number = counts.get(name.replace("-", "_"))
        if number is not None and equals and value.strip() != str(number):
            raise ConfigurationError(
                f"--{name} {number} and --set {name}={value} conflict.", hint=f"Use only --{name}."
            )
