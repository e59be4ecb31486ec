"""Plugin API: hooks, records, and base classes of services, kinds and commands.

Plugins import from this module and from :mod:`vcloudair_core`. Tests of plugins also import from
:mod:`vcloudair_core.testing`. All other modules are private. Names are loaded at first use, so that importing a plugin
is fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.cli.display.table import Column
    from vcloudair_core.cli.invocation import Invocation, connected
    from vcloudair_core.engine.canonical import address_set, port_set
    from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Exactly, Present
    from vcloudair_core.engine.fields import FieldInfo, diff_fields, fields_of, plain, spec_field
    from vcloudair_core.engine.kind import Document, ResourceKind, StageableStore, Store
    from vcloudair_core.engine.matching import Identities, LiveRule, RuleIdentity, refuse_duplicates
    from vcloudair_core.engine.plan import Change, Plan
    from vcloudair_core.engine.rulelist import (
        ListPlan,
        NamedSpec,
        RuleListKind,
        RuleStep,
        check_no_places,
        check_place,
        plan_desired,
    )
    from vcloudair_core.engine.validation import Problems, Reader, item_paths
    from vcloudair_core.errors import SpecError, SpecProblem
    from vcloudair_core.plugin.hooks import hookimpl
    from vcloudair_core.plugin.records import (
        API_VERSION,
        AuthRecord,
        CommandRecord,
        KindRecord,
        RecordType,
        ServiceRecord,
        SimulatorContext,
        SimulatorRecords,
        SimulatorRoute,
        SimulatorRoutes,
    )
    from vcloudair_core.services.ans.edge.directory import target_edge
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.section.store import DocumentCodec, SectionStore, StageableSectionStore
    from vcloudair_core.session.auth.base import AuthFlow, AuthProvider, Credentials, LogoutRequest
    from vcloudair_core.session.identity import Identity
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.tasks import Task, task_of_response, wait_for_task
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.transport.messages import Exchange, Headers, Request, Response
    from vcloudair_core.util.redaction import Secret

__all__ = [
    "API_VERSION",
    "Absent",
    "AuthFlow",
    "AuthProvider",
    "AuthRecord",
    "Change",
    "Column",
    "CommandRecord",
    "Credentials",
    "Desired",
    "Document",
    "DocumentCodec",
    "Edge",
    "ExactLists",
    "Exactly",
    "Exchange",
    "FieldInfo",
    "Headers",
    "Identities",
    "Identity",
    "Invocation",
    "KindRecord",
    "ListPlan",
    "LiveRule",
    "LogoutRequest",
    "NamedSpec",
    "Plan",
    "Present",
    "Problems",
    "Reader",
    "RecordType",
    "Request",
    "ResourceKind",
    "Response",
    "RuleIdentity",
    "RuleListKind",
    "RuleStep",
    "Secret",
    "SectionStore",
    "ServiceRecord",
    "Session",
    "Settings",
    "SimulatorContext",
    "SimulatorRecords",
    "SimulatorRoute",
    "SimulatorRoutes",
    "SpecError",
    "SpecProblem",
    "StageableSectionStore",
    "StageableStore",
    "Store",
    "Task",
    "Transport",
    "address_set",
    "check_no_places",
    "check_place",
    "connected",
    "diff_fields",
    "fields_of",
    "hookimpl",
    "item_paths",
    "plain",
    "plan_desired",
    "port_set",
    "refuse_duplicates",
    "spec_field",
    "target_edge",
    "task_of_response",
    "wait_for_task",
]

GROUPS = {
    "Hooks and records": {
        "plugin.hooks": "hookimpl",
        "plugin.records": "API_VERSION ServiceRecord KindRecord RecordType AuthRecord CommandRecord",
    },
    "Resource kinds": {
        "engine.kind": "ResourceKind Store StageableStore Document",
        "engine.desired": "Desired Present Absent Exactly ExactLists",
        "engine.plan": "Plan Change",
    },
    "Specs and validation": {
        "engine.fields": "spec_field FieldInfo fields_of diff_fields plain",
        "engine.validation": "Reader Problems item_paths",
        "errors": "SpecError SpecProblem",
        "engine.canonical": "address_set port_set",
        "util.redaction": "Secret",
    },
    "Lists of rules": {
        "engine.rulelist": "plan_desired RuleListKind NamedSpec ListPlan RuleStep check_place check_no_places",
        "engine.matching": "LiveRule refuse_duplicates Identities RuleIdentity",
    },
    "Sections of an edge gateway": {
        "services.ans.edge.directory": "target_edge",
        "services.ans.edge.model": "Edge",
        "services.ans.section.store": "SectionStore StageableSectionStore DocumentCodec",
    },
    "Sessions, tasks and settings": {
        "session.session": "Session",
        "session.identity": "Identity",
        "session.tasks": "Task task_of_response wait_for_task",
        "settings.settings": "Settings",
    },
    "Auth flows and transports": {
        "session.auth.base": "AuthProvider AuthFlow Credentials LogoutRequest",
        "transport.base": "Transport",
        "transport.messages": "Request Response Headers Exchange",
    },
    "Commands": {"cli.invocation": "connected Invocation", "cli.display.table": "Column"},
    "The simulator": {"plugin.records": "SimulatorRoutes SimulatorRoute SimulatorRecords SimulatorContext"},
}
"""Public names by topic and module, in the order of the reference page."""
_HOMES = {
    name: f"vcloudair_core.{module}"
    for modules in GROUPS.values()
    for module, names in modules.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
