"""The command group ``vca certificate``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List certificates of an edge gateway or of the certificate library.", no_args_is_help=True)


@app.callback()
def certificate() -> None:
    """List certificates of an edge gateway or of the certificate library."""


@app.command("list")
@connected
def list_certificates(run: Invocation) -> None:
    """List certificates with their expiry dates and uses, ordered by expiry date.

    Without an edge gateway, or with an NSX-T edge gateway, the command lists the certificate library of the
    organization. JSON and YAML also contain the PEM text of the certificates.

    Example:
        vca certificate list --edge web-edge
    """
    with run.client() as client:
        settings = client.settings
        named = {"edge": str(settings.edge or ""), "vdc": str(settings.vdc or "")}
        records = client.read("ans.certificate", {name: value for name, value in named.items() if value})
    run.emit(
        sorted(records, key=lambda record: (str(record.get("not_after", "")), str(record["name"]))),
        columns=_COLUMNS,
        empty="There are no certificates.",
    )


def _users(record: Mapping[str, Any]) -> list[str]:
    """Return the uses of a certificate, such as ``ipsec_tunnel branch (web-edge)``."""
    return [
        f"{' '.join(filter(None, (use['type'], use['name'])))} ({use['edge']})" for use in record.get("used_by", ())
    ]


_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("subject", keep=True, priority=1),
    Column("issuer", keep=True, priority=3),
    Column("expires", keep=True, priority=0, show=lambda record: record.get("not_after")),
    Column("days_left", right=True, keep=True, priority=0),
    Column("used_by", keep=True, priority=2, show=_users),
    Column("certificate_id", priority=5),
]
