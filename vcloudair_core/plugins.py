"""Everything that a plugin imports: hooks, records, and the building blocks of services, resource kinds and commands.

A plugin imports from here and from :mod:`vcloudair_core`; its tests import from :mod:`vcloudair_core.testing` as well.
All other modules are private.

Names are loaded at first use, so that a plugin's module stays cheap to import.
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
    from vcloudair_core.engine.kind import Document, Keepable, ResourceKind, Store
    from vcloudair_core.engine.matching import Identities, LiveRule, RuleIdentity, refuse_doubles
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
    from vcloudair_core.engine.validation import Problems, Reader
    from vcloudair_core.plugin.hooks import hookimpl
    from vcloudair_core.plugin.records import (
        API_VERSION,
        AuthRecord,
        CommandRecord,
        KindRecord,
        RecordType,
        ServiceRecord,
        SimulatorArea,
        SimulatorContext,
        SimulatorRecords,
        SimulatorRoute,
    )
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.section.store import KeepableSectionStore, SectionCodec, SectionStore
    from vcloudair_core.services.ans.store import target_edge
    from vcloudair_core.session.auth.base import AuthProvider, Farewell, Flow, Grant
    from vcloudair_core.session.identity import Identity
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.tasks import Task
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.transport.messages import Exchange, Headers, Request, Response
    from vcloudair_core.util.redaction import Secret

__all__ = [
    "API_VERSION",
    "Absent",
    "AuthProvider",
    "AuthRecord",
    "Change",
    "Column",
    "CommandRecord",
    "Desired",
    "Document",
    "Edge",
    "ExactLists",
    "Exactly",
    "Exchange",
    "Farewell",
    "FieldInfo",
    "Flow",
    "Grant",
    "Headers",
    "Identities",
    "Identity",
    "Invocation",
    "Keepable",
    "KeepableSectionStore",
    "KindRecord",
    "ListPlan",
    "LiveRule",
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
    "SectionCodec",
    "SectionStore",
    "ServiceRecord",
    "Session",
    "Settings",
    "SimulatorArea",
    "SimulatorContext",
    "SimulatorRecords",
    "SimulatorRoute",
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
    "plain",
    "plan_desired",
    "port_set",
    "refuse_doubles",
    "spec_field",
    "target_edge",
]

_MODULES = {
    "cli.display.table": "Column",
    "cli.invocation": "Invocation connected",
    "engine.canonical": "address_set port_set",
    "engine.desired": "Absent Desired ExactLists Exactly Present",
    "engine.fields": "FieldInfo diff_fields fields_of plain spec_field",
    "engine.kind": "Document Keepable ResourceKind Store",
    "engine.matching": "Identities LiveRule RuleIdentity refuse_doubles",
    "engine.plan": "Change Plan",
    "engine.rulelist": "ListPlan NamedSpec RuleListKind RuleStep check_no_places check_place plan_desired",
    "engine.validation": "Problems Reader",
    "plugin.hooks": "hookimpl",
    "plugin.records": (
        "API_VERSION AuthRecord CommandRecord KindRecord RecordType ServiceRecord "
        "SimulatorArea SimulatorContext SimulatorRecords SimulatorRoute"
    ),
    "services.ans.edge.model": "Edge",
    "services.ans.section.store": "KeepableSectionStore SectionCodec SectionStore",
    "services.ans.store": "target_edge",
    "session.auth.base": "AuthProvider Farewell Flow Grant",
    "session.identity": "Identity",
    "session.session": "Session",
    "session.tasks": "Task",
    "settings.settings": "Settings",
    "transport.base": "Transport",
    "transport.messages": "Exchange Headers Request Response",
    "util.redaction": "Secret",
}
"""The module of each name."""
_HOMES = {name: f"vcloudair_core.{module}" for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
