"""A command: the same three things that the built-in ones are made of."""

from __future__ import annotations

from vcloudair_core.cli import Invocation, connected, emit
from vcloudair_core.cli.output import Column


@connected
def greetings(run: Invocation) -> None:
    """List the greetings."""
    with run.client() as client:
        rows = client.read("sample.greeting")
    emit(rows, output=run.output, columns=[Column("name"), Column("text")], empty="Nobody greets.")
