"""What this distribution offers to vcloudair-core. Importing it is cheap: all work is behind functions."""

from __future__ import annotations

import os
from typing import Any

from vcloudair_core import PlanRejectedError, hookimpl
from vcloudair_core.plugin.records import CommandRecord, KindRecord, RecordType, ServiceRecord, SimulatorArea

_BROKEN = os.environ.get("VCA_SAMPLE_BREAK", "")

vcloudair_api_version = 99 if _BROKEN == "api" else 1

if _BROKEN == "import":
    raise ImportError("broken on purpose: import")


@hookimpl
def vca_services() -> list[ServiceRecord]:
    """``client.service("greetings")``."""
    if _BROKEN == "hook":
        raise RuntimeError("broken on purpose: hook")

    def make(session: Any) -> Any:
        from vcloudair_sample.greetings import Greetings

        return Greetings(session)

    # "ans" is taken by vcloudair-core itself: two plugins that offer one name are an error that names both.
    name = "ans" if _BROKEN == "service" else "greetings"
    return [ServiceRecord(name, "Greetings, a service made up for this sample.", make)]


@hookimpl
def vca_resource_kinds() -> list[KindRecord]:
    """``client.ensure("sample.greeting", ...)``."""

    def load() -> Any:
        from vcloudair_sample.greetings import GreetingKind

        return GreetingKind()

    return [KindRecord("sample.greeting", "greetings", "One greeting, by its name.", load)]


@hookimpl
def vca_record_types() -> list[RecordType]:
    """``vca query greeting``."""
    from vcloudair_sample.record_type import GREETING

    return [GREETING]


@hookimpl
def vca_plan_ready(plan: Any) -> None:
    """Refuse what our policy forbids; in check mode too, and always before anything is written."""
    from vcloudair_sample.policy import objection

    if _BROKEN == "veto":
        raise RuntimeError("broken on purpose: veto")
    reason = objection(plan)
    if reason:
        raise PlanRejectedError(reason, hint="Ask the network team for an exception.")


@hookimpl
def vca_simulator_areas() -> list[SimulatorArea]:
    """``/api/sample/greetings`` of the simulator."""
    from vcloudair_sample.area import AREA

    return [AREA]


@hookimpl
def vca_cli_commands() -> list[CommandRecord]:
    """``vca greetings``."""

    def load() -> Any:
        if _BROKEN == "load":
            raise ImportError("broken on purpose: load")
        from vcloudair_sample.command import greetings

        return greetings

    name = "edge" if _BROKEN == "command" else "greetings"
    return [CommandRecord(name, "Greetings (from the sample plugin).", load)]
