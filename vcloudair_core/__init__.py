"""Automate vCloud Air and VMware Cloud Director tenants.

``connect(...)`` returns a :class:`Client`, which reads, plans and converges resources. The package also provides the
classes and modules of the vcloudair 0.5 SDK, such as ``VCASession`` and ``ANSFirewall``.

Names are loaded at first use, so that importing the package is fast.
"""

from __future__ import annotations

import importlib

from vcloudair_core._version import __version__

TYPE_CHECKING = False  # An import of typing would slow down each command.
if TYPE_CHECKING:
    from typing import Any

    from vcloudair_core.app import App, connect, preload
    from vcloudair_core.client import Client
    from vcloudair_core.compat.ans import ANSFirewall, ANSIPSec, ANSNat
    from vcloudair_core.compat.dr import DisasterRecovery
    from vcloudair_core.compat.metrics import Metrics
    from vcloudair_core.compat.query import (
        EdgeGatewayQuery,
        OrgVdcQuery,
        QueryBase,
        VAppQuery,
        VAppTemplateQuery,
        VMQuery,
    )
    from vcloudair_core.compat.sessions import VCAODSession, VCASession
    from vcloudair_core.engine.desired import Absent, ExactLists, Exactly, Present
    from vcloudair_core.engine.outcome import Outcome
    from vcloudair_core.engine.plan import Change, Plan
    from vcloudair_core.errors import (
        AmbiguousMatchError,
        ApiError,
        AuthenticationError,
        BusyError,
        ConfigurationError,
        ConflictError,
        ConnectionFailedError,
        DecodeError,
        EngineError,
        IncompleteResultError,
        InvalidRequestError,
        LockTimeoutError,
        NotConvergedError,
        NotFoundError,
        ObjectInUseError,
        PermissionDeniedError,
        PlanRejectedError,
        PluginError,
        ServerError,
        SpecError,
        SpecProblem,
        StageError,
        TaskError,
        TaskFailedError,
        TaskTimeoutError,
        TimeoutExpiredError,
        TlsError,
        TransportError,
        VcloudAirError,
    )
    from vcloudair_core.plugin.hooks import hookimpl
    from vcloudair_core.services.ans.document.file import agreed_target
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.staging.stage_file import discard_stage, waiting_stages
    from vcloudair_core.util.redaction import Secret

__all__ = [
    "ANSFirewall",
    "ANSIPSec",
    "ANSNat",
    "Absent",
    "AmbiguousMatchError",
    "ApiError",
    "App",
    "AuthenticationError",
    "BusyError",
    "Change",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "DecodeError",
    "DisasterRecovery",
    "EdgeGatewayQuery",
    "EngineError",
    "ExactLists",
    "Exactly",
    "IncompleteResultError",
    "InvalidRequestError",
    "LockTimeoutError",
    "Metrics",
    "NotConvergedError",
    "NotFoundError",
    "ObjectInUseError",
    "OrgVdcQuery",
    "Outcome",
    "PermissionDeniedError",
    "Plan",
    "PlanRejectedError",
    "PluginError",
    "Present",
    "QueryBase",
    "Secret",
    "ServerError",
    "Settings",
    "SpecError",
    "SpecProblem",
    "StageError",
    "TaskError",
    "TaskFailedError",
    "TaskTimeoutError",
    "TimeoutExpiredError",
    "TlsError",
    "TransportError",
    "VAppQuery",
    "VAppTemplateQuery",
    "VCAODSession",
    "VCASession",
    "VMQuery",
    "VcloudAirError",
    "__version__",
    "agreed_target",
    "connect",
    "discard_stage",
    "hookimpl",
    "preload",
    "waiting_stages",
]

_HOMES = {
    **{name: "vcloudair_core.errors" for name in __all__ if name.endswith("Error")},
    "ANSFirewall": "vcloudair_core.compat.ans",
    "ANSIPSec": "vcloudair_core.compat.ans",
    "ANSNat": "vcloudair_core.compat.ans",
    **{name: "vcloudair_core.compat.query" for name in __all__ if "Query" in name},
    "Absent": "vcloudair_core.engine.desired",
    "App": "vcloudair_core.app",
    "Change": "vcloudair_core.engine.plan",
    "Client": "vcloudair_core.client",
    "DisasterRecovery": "vcloudair_core.compat.dr",
    "ExactLists": "vcloudair_core.engine.desired",
    "Exactly": "vcloudair_core.engine.desired",
    "Metrics": "vcloudair_core.compat.metrics",
    "Outcome": "vcloudair_core.engine.outcome",
    "Plan": "vcloudair_core.engine.plan",
    "Present": "vcloudair_core.engine.desired",
    "Secret": "vcloudair_core.util.redaction",
    "Settings": "vcloudair_core.settings.settings",
    "SpecProblem": "vcloudair_core.errors",
    "VCAODSession": "vcloudair_core.compat.sessions",
    "VCASession": "vcloudair_core.compat.sessions",
    "connect": "vcloudair_core.app",
    "discard_stage": "vcloudair_core.staging.stage_file",
    "hookimpl": "vcloudair_core.plugin.hooks",
    "agreed_target": "vcloudair_core.services.ans.document.file",
    "preload": "vcloudair_core.app",
    "waiting_stages": "vcloudair_core.staging.stage_file",
}


_MODULES = ("ans", "dr", "metrics", "query", "session")
"""Submodules that vcloudair 0.5 imports in its ``__init__``.

Existing programs use these submodules without importing them.
"""


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
