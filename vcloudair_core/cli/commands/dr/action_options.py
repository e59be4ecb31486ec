"""Options of the commands that run DR actions."""

from __future__ import annotations

import typer

VMS = typer.Argument(None, metavar="[VM]...", help="VM names or replication UUIDs.")
ALL = typer.Option(False, "--all", help="Select all replicated VMs.")
PLAN = typer.Option(None, "--plan", metavar="FILE", help="Recovery plan to use instead of VM names.")
DRY_RUN = typer.Option(False, "--dry-run", help="Show which VMs would start, in which order, and when. Start nothing.")
POWER_ON = typer.Option(None, "--power-on/--power-off", help="Power on the VMs, or leave them off.")
MOST = typer.Option(None, "--max-concurrent", min=1, help="Maximum number of VMs at the same time (default: 20).")
VM_TIMEOUT = typer.Option(None, "--vm-timeout", min=0.0, help="Time limit per VM in seconds. 0 means no limit.")
STUCK = typer.Option(
    None, "--stuck-after", min=1.0, help="Give up on a VM after this many seconds without progress (default: 600)."
)
ON_ERROR = typer.Option(
    None,
    "--on-error",
    metavar="stop|continue|roll_back",
    help="Action after a failure (default: stop with --plan, otherwise continue).",
)
RUN_TIMEOUT = typer.Option(None, "--run-timeout", min=1.0, help="Stop the run after this many seconds.")
APPROVE = typer.Option(None, "--approve", help="Name of an approval step to approve in advance. May be repeated.")
VERIFY = typer.Option(
    300.0, "--verify-timeout", min=1.0, help="Seconds to wait until a VM shows the result of its task."
)
ON_UNKNOWN = typer.Option(
    None,
    "--on-unknown",
    metavar="fail|start",
    help="Action if it is unknown whether an operation was started: fail, or start it once more (default: fail).",
)
GRACE = typer.Option(
    90.0, "--lost-grace", min=0.1, help="Seconds to search for an operation that may have been started."
)
CANCEL = typer.Option(
    False, "--cancel-on-stop", help="Cancel tasks at the server when the run stops or gives up on a VM."
)
POINT = typer.Option(
    None,
    "--point",
    metavar="latest|ID|TIME",
    help="Point in time to recover to. A time selects the newest point that is not later (default: latest).",
)
YES = typer.Option(False, "--yes", help="Do not ask for confirmation.")
