"""Plan policies: check their results, and reject plans if a policy fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import PlanRejectedError
from vcloudair_core.plugin.hooks import PROJECT
from vcloudair_core.plugin.isolation import Isolation
from vcloudair_core.plugin.plugin_info import PluginInfo

if TYPE_CHECKING:
    from vcloudair_core.plugin.installed_plugins import InstalledPlugin

POLICY = "vca_plan_ready"
_MOST_BYTES = 1_000_000


class PolicyFailedError(Exception):
    """A plan policy failed.

    Wrappers must not handle this error, so that a failed policy always rejects the plan.
    """

    def __init__(self, rejection: PlanRejectedError) -> None:
        super().__init__(rejection.reason)
        self.rejection = rejection


class PolicyIsolation(Isolation):
    """Failure handling for ``vca_plan_ready``: a failing policy rejects the plan.

    The result of the hook is one list of warnings for each policy.
    """

    failures = (BaseException,)

    def is_called(self, info: PluginInfo) -> bool:
        """Return True: a policy must run even if another hook of its plugin failed."""
        return True

    def result(self, info: PluginInfo, value: Any) -> list[str] | None:
        return None if value is None else warnings_of(value)

    def inner(self, value: Any) -> list[list[str]]:
        return [list(warnings) for warnings in value]

    def wrapped(self, info: PluginInfo, value: Any, inner: Any) -> list[list[str]]:
        if value is None:
            return []
        if not isinstance(value, (list, tuple)):
            return [warnings_of(value)]
        return [warnings_of(warnings) for warnings in value]

    def failed(self, info: PluginInfo, failure: BaseException) -> None:
        if isinstance(failure, PlanRejectedError):
            plugin = failure.plugin or info.name
            raise PlanRejectedError(failure.reason, plugin=plugin, hint=failure.hint) from failure
        reason = f"the policy failed: {type(failure).__name__}: {failure}"
        raise PolicyFailedError(rejection_by(info, reason)) from failure

    def is_final(self, failure: BaseException) -> bool:
        return isinstance(failure, PolicyFailedError) or super().is_final(failure)


def rejection_by(info: PluginInfo, reason: str) -> PlanRejectedError:
    """Return the error for a plan that is rejected because a policy failed."""
    return PlanRejectedError(
        reason,
        plugin=info.name,
        hint=f"Repair the plugin, or set VCA_DISABLE_PLUGINS={info.name} to continue without its policy.",
    )


def has_policy(plugin: object) -> bool:
    """Return True if a plugin implements the policy hook, under any function name."""
    try:
        for name in dir(plugin):
            options = getattr(getattr(plugin, name, None), f"{PROJECT}_impl", None)
            if isinstance(options, dict) and POLICY in (name, options.get("specname")):
                return True
    except Exception:  # noqa: BLE001 - an object that cannot be inspected may have a policy
        return True
    return False


def mentions_policy(entry_point: InstalledPlugin) -> bool:
    """Return True if the source of a plugin mentions the policy hook.

    The source is read without importing it, because some plugins cannot be imported.
    """
    import importlib.util
    from pathlib import Path

    module = entry_point.value.partition(":")[0].strip()
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
        if spec is None:
            return False
        folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
        files = [file for folder in folders for file in folder.rglob("*.py")] or [Path(spec.origin or "")]
        return any(POLICY.encode() in file.read_bytes()[:_MOST_BYTES] for file in files)
    except (ImportError, ValueError, OSError, AttributeError):
        return False


def warnings_of(result: Any) -> list[str]:
    """Return the warnings of a policy.

    Raises TypeError if the result is neither None nor a collection of strings.
    """
    if result is None:
        return []
    if isinstance(result, str):
        return [result]
    if isinstance(result, (bytes, bool, dict)):
        raise TypeError(f"expected None or a list of warnings, not {type(result).__name__}")
    warnings = list(result)
    for warning in warnings:
        if not isinstance(warning, str):
            raise TypeError(f"expected a list of strings, but it contains {type(warning).__name__}")
    return warnings
