"""Checks of ``id`` and ``version`` in updates of rules and tunnels.

Source: protocol/vcd-modern.md §2.4, §4.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.nsxt.json_bodies import RefusedBodyError


def check_id(body: dict[str, Any], identifier: str) -> None:
    """Refuse an update if the ID in the body is missing or differs from the path."""
    if body.get("id") != identifier:
        raise RefusedBodyError(f"validation error on field 'id': '{body.get('id')}' is not the ID in the path")


def check_object_version(context: Any, body: dict[str, Any], current: int) -> None:
    """Refuse an old or missing version, depending on the option ``object_version``."""
    mode = context.simulator.config.object_version
    sent = (body.get("version") or {}).get("version")
    if mode == "ignore" or (sent is None and mode != "required"):
        return
    if sent != current:
        raise RefusedBodyError(f"validation error on field 'version': the current version is {current}, not {sent}")
