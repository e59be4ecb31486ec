"""The command ``vca schema``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import typer

from vcloudair_core.cli.display.output import write
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.engine.validation import one_of
from vcloudair_core.errors import ConfigurationError

NAMES = ("edge", "plan", "inventory")


@connected
def schema(
    run: Invocation,
    name: str = typer.Argument(..., metavar="KIND", help="Document type: edge, plan or inventory."),
) -> None:
    """Print the JSON Schema of a document type: edge, plan or inventory.

    Editors can validate documents with the schema. Save the schema to a file, and name the file in the first line of a
    document: `# yaml-language-server: $schema=edge.schema.json`.

    Example:
        vca schema edge > edge.schema.json
        vca schema plan > recovery-plan.schema.json
        vca schema inventory > inventory.schema.json
    """
    if name not in NAMES:
        raise ConfigurationError(f"Unknown document type: {one_of(name, NAMES)}.")
    tree = _schemas()[name]()
    if run.is_table:
        write(json.dumps(tree, indent=2, ensure_ascii=False))  # a schema has no columns
    else:
        run.emit(tree)


def _schemas() -> dict[str, Callable[[], dict[str, Any]]]:
    from vcloudair_core.recovery.plan import plan_schema
    from vcloudair_core.services.ans.document.edge_schema import edge_schema
    from vcloudair_core.simulator import inventory_file

    return {"edge": edge_schema, "plan": plan_schema.schema, "inventory": inventory_file.schema}
