"""Plugin manager: loads plugins and has a typed method for each hook.

pluggy makes the hook calls, so wrappers, ``tryfirst``, ``trylast`` and first results work as the pluggy documentation
describes. Guards isolate failures, see :mod:`~vcloudair_core.plugin.isolation`.
"""

from __future__ import annotations

import inspect
import logging
import os
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from vcloudair_core.errors import PluginError
from vcloudair_core.plugin import hooks, installed_plugins, plan_policies
from vcloudair_core.plugin.installed_plugins import InstalledPlugin
from vcloudair_core.plugin.isolation import FAILURES, Isolation, RecordIsolation, TransportIsolation, guard
from vcloudair_core.plugin.plugin_info import PluginInfo
from vcloudair_core.plugin.records import (
    API_VERSION,
    AuthRecord,
    CommandRecord,
    KindRecord,
    RecordType,
    ServiceRecord,
    SimulatorRoutes,
)
from vcloudair_core.util.plugin_output import stdout_to_stderr

if TYPE_CHECKING:
    from vcloudair_core.engine.plan import Plan
    from vcloudair_core.session.tasks import Task
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.transport.messages import Exchange

_log = logging.getLogger(__name__)
_R = TypeVar("_R", ServiceRecord, KindRecord, RecordType, AuthRecord, CommandRecord, SimulatorRoutes)

_OWN = ("vcloudair-core", "vcloudair_core")
"""Names of the distribution and of the package that contain the built-in plugins."""

_NO_VERSION = f"the module does not state its plugin API version; define vcloudair_api_version = {API_VERSION} in it"


_OFFERS: dict[str, type] = {
    "vca_services": ServiceRecord,
    "vca_resource_kinds": KindRecord,
    "vca_record_types": RecordType,
    "vca_auth_methods": AuthRecord,
    "vca_cli_commands": CommandRecord,
    "vca_simulator_routes": SimulatorRoutes,
}
"""Record type that each hook returns."""


class _FastManager(pluggy.PluginManager):
    """A pluggy manager that looks for hooks only among the functions of a module.

    By default, pluggy also inspects constants and imported classes of a plugin, which are never hooks.
    """

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        value = getattr(plugin, "__dict__", {}).get(name)
        if isinstance(plugin, types.ModuleType) and type(value) is types.FunctionType:
            options = value.__dict__.get(f"{self.project_name}_impl")
            return options if isinstance(options, dict) else None
        is_function = inspect.isroutine(value) or isinstance(value, (classmethod, staticmethod))
        if isinstance(plugin, types.ModuleType) and not is_function:
            return None
        return super().parse_hookimpl_opts(plugin, name)


class PluginManager:
    """Load the plugins of an App, and call their hooks.

    A plugin is not used and has the status ``failed`` if the plugin cannot be imported, is written for another API
    version, or raises an error in a hook. Other plugins keep working. Two records with the same name cause an error
    that names both distributions.
    """

    def __init__(self, *, environ: Mapping[str, str] | None = None) -> None:
        env = os.environ if environ is None else environ
        self._blocked = set(_names_in(env.get("VCA_DISABLE_PLUGINS", "")))
        self._required = set(_names_in(env.get("VCA_REQUIRE_PLUGINS", "")))
        is_traced = env.get("VCA_TRACE_PLUGINS", "") not in ("", "0")
        self._pm = _FastManager(hooks.PROJECT)
        self._pm.add_hookspecs(hooks)
        self._infos: dict[str, PluginInfo] = {}
        self._collected: dict[str, dict[str, tuple[Any, str]]] = {}
        self._failed_policies: dict[str, PluginInfo] = {}
        self._rules: dict[str, Isolation] = {
            **{
                hook: RecordIsolation(hook, record_type, self._mark_failed, is_traced=is_traced)
                for hook, record_type in _OFFERS.items()
            },
            "vca_transport": TransportIsolation("vca_transport", is_traced=is_traced),
            plan_policies.POLICY: plan_policies.PolicyIsolation(plan_policies.POLICY, is_traced=is_traced),
        }

    # -- loading -------------------------------------------------------------------------------------------------

    def load_entry_points(self, entry_points: Iterable[InstalledPlugin] | None = None) -> None:
        """Load the plugins of the entry-point group.

        Plugins that fail are recorded and skipped.
        """
        if entry_points is None:
            entry_points = installed_plugins.installed_plugins()
        # Sorted, so that the order of hooks does not depend on the order of sys.path. Built-in plugins come first, so
        # that no other plugin can take their names.
        for entry_point in sorted(entry_points, key=lambda ep: (not _is_built_in(ep), ep.name, ep.value)):
            self._load(entry_point)
        self.check_required()

    def check_required(self) -> None:
        """Raise PluginError if a plugin in VCA_REQUIRE_PLUGINS is missing or failed.

        Without this check, plans would be applied although the policy of a missing plugin could not check them.
        """
        for name in sorted(self._required):
            info = self._infos.get(name)
            if info is None or info.status != "loaded":
                reason = "it is not installed" if info is None else info.error or f"it is {info.status}"
                raise PluginError(
                    f"VCA_REQUIRE_PLUGINS requires plugin '{name}', which is not available: {reason}.",
                    plugin=name,
                    hint="Install or repair the plugin, or remove it from VCA_REQUIRE_PLUGINS.",
                )

    def _load(self, entry_point: InstalledPlugin) -> None:
        info = PluginInfo(
            name=entry_point.name,
            distribution=entry_point.distribution,
            version=entry_point.version,
            module=entry_point.value,
        )
        if info.name in self._infos:
            first = self._infos[info.name]
            if first.module == info.module:
                return  # the same distribution seen twice on sys.path (an editable install beside its source)
            self._infos[f"{info.name} ({info.distribution})"] = info
            if info.name in self._blocked:
                info.status = "disabled"
                return
            taken = f"the plugin name {info.name!r} is already taken by {first.origin}"
            self._mark_failed(info, PluginError(taken, plugin=info.name))
            self._block_plans(info, is_policy=plan_policies.mentions_policy(entry_point))
            return
        self._infos[info.name] = info
        if info.name in self._blocked:
            info.status = "disabled"
            return
        try:
            with stdout_to_stderr():
                plugin = entry_point.load()
        except FAILURES as exc:
            self._mark_failed(info, exc)
            self._block_plans(info, is_policy=plan_policies.mentions_policy(entry_point))
            return
        if getattr(plugin, "vcloudair_api_version", None) is None:
            # An installed plugin can be older than this version, so it must state the API that it uses.
            self._mark_failed(info, PluginError(_NO_VERSION, plugin=info.name))
            self._block_plans(info, is_policy=plan_policies.has_policy(plugin))
            return
        self._register(info, plugin)

    def register(self, plugin: object, name: str) -> None:
        """Register a plugin object that a program or a test provides.

        The object need not have an API version, because the program already runs with this version of the library. An
        object that has another API version is rejected.
        """
        if name in self._infos:
            raise PluginError(f"The plugin name {name!r} is already registered.", plugin=name)
        info = PluginInfo(name=name, module=getattr(plugin, "__name__", type(plugin).__name__))
        self._infos[name] = info
        if name in self._blocked:
            info.status = "disabled"
            return
        self._register(info, plugin)

    def _register(self, info: PluginInfo, plugin: object) -> None:
        info.api_version = getattr(plugin, "vcloudair_api_version", None)
        try:
            if info.api_version not in (None, API_VERSION):
                raise PluginError(
                    f"it requires plugin API {info.api_version!r}, but vcloudair-core has plugin API {API_VERSION}; "
                    f"install a version of {info.distribution or info.name} for plugin API {API_VERSION}",
                    plugin=info.name,
                )
            with stdout_to_stderr():
                self._pm.register(plugin, name=info.name)
            info.plugin = plugin
            callers = self._pm.get_hookcallers(plugin) or []
            info.hooks = tuple(sorted(call.name for call in callers))
            for caller in callers:
                self._guard(caller, info, plugin)
            unknown = [name for name in dir(plugin) if name.startswith("vca_") and _is_impl(plugin, name)]
            missing = [name for name in unknown if not hasattr(hooks, name)]
            if missing:
                raise PluginError(f"unknown hook {', '.join(missing)}", plugin=info.name)
        except FAILURES as exc:
            if self._pm.get_plugin(info.name) is not None:
                self._pm.unregister(name=info.name)
            self._mark_failed(info, exc)
            self._block_plans(info, is_policy=plan_policies.has_policy(plugin))

    def _guard(self, caller: pluggy.HookCaller, info: PluginInfo, plugin: object) -> None:
        rules = self._rules.setdefault(caller.name, Isolation(caller.name))
        for impl in caller.get_hookimpls():
            if impl.plugin is plugin:
                guard(impl, info, rules)

    def _block_plans(self, info: PluginInfo, *, is_policy: bool) -> None:
        """Reject all plans if a plan policy failed to load.

        Users who want to continue without the policy can disable the plugin by name.
        """
        if is_policy:
            self._failed_policies[info.origin] = info

    def _mark_failed(self, info: PluginInfo, exc: BaseException) -> None:
        info.status = "failed"
        info.error = str(exc) if isinstance(exc, PluginError) else f"{type(exc).__name__}: {exc}"
        _log.warning("Plugin %s failed and is not used. Reason: %s", info.origin, info.error)

    # -- records -------------------------------------------------------------------------------------------------

    def services(self) -> dict[str, ServiceRecord]:
        """Return services by name. Raises PluginError if two plugins offer the same name."""
        return self._records("vca_services", ServiceRecord)

    def resource_kinds(self) -> dict[str, KindRecord]:
        """Return resource kinds by name.

        Raises PluginError if two plugins offer the same name.
        """
        return self._records("vca_resource_kinds", KindRecord)

    def record_types(self) -> dict[str, RecordType]:
        """Return record types by name.

        Raises PluginError if two plugins offer the same name.
        """
        return self._records("vca_record_types", RecordType)

    def auth_methods(self) -> dict[str, AuthRecord]:
        """Return authentication methods by name.

        Raises PluginError if two plugins offer the same name.
        """
        return self._records("vca_auth_methods", AuthRecord)

    def cli_commands(self) -> dict[str, CommandRecord]:
        """Return CLI commands by name.

        Raises PluginError if two plugins offer the same name.
        """
        return self._records("vca_cli_commands", CommandRecord)

    def simulator_routes(self) -> dict[str, SimulatorRoutes]:
        """Return all ``SimulatorRoutes`` records by name.

        Raises PluginError if two plugins offer the same name.
        """
        return self._records("vca_simulator_routes", SimulatorRoutes)

    def collect_all(self) -> list[PluginError]:
        """Call every hook that offers records, so that the status of all plugins is known.

        Return an error for each name that two plugins offer.
        """
        problems: list[PluginError] = []
        for hook, record_type in _OFFERS.items():
            try:
                self._records(hook, record_type)
            except PluginError as exc:
                problems.append(exc)
        return problems

    def offered_by(self, name: str) -> dict[str, list[Any]]:
        """Return the records that a plugin offers as ``{hook: records}``.

        Call :meth:`collect_all` first.
        """
        info = self._infos.get(name)
        origin = "" if info is None else info.origin
        return {
            hook: [record for record, provider in records.values() if provider == origin]
            for hook, records in self._collected.items()
        }

    def _records(self, hook: str, record_type: type[_R]) -> dict[str, _R]:
        if hook not in self._collected:
            self._collected[hook] = self._collect(hook, record_type)
        return {name: record for name, (record, _) in self._collected[hook].items()}

    def _collect(self, hook: str, record_type: type[_R]) -> dict[str, tuple[Any, str]]:
        taken: dict[str, tuple[Any, str]] = {}
        offers: list[list[tuple[_R, PluginInfo]]] = self._call(hook)
        # pluggy calls the last registered plugin first; records are in the order of registration.
        for record, info in (offer for listed in reversed(offers) for offer in listed):
            if record.name in taken:
                raise PluginError(
                    f"Two plugins offer the {record_type.__name__} {record.name!r}: {taken[record.name][1]} "
                    f"and {info.origin}.",
                    plugin=info.name,
                    hint="Uninstall one of them, or set VCA_DISABLE_PLUGINS to the name of one of them.",
                )
            taken[record.name] = (record, info.origin)
        return taken

    def _call(self, hook: str, **arguments: Any) -> Any:
        return getattr(self._pm.hook, hook)(**arguments)

    # -- events --------------------------------------------------------------------------------------------------

    def transport(self, settings: Settings) -> Transport | None:
        """Return the transport of the first plugin that offers a transport.

        Return None if no plugin offers a transport.
        """
        transport: Transport | None = self._call("vca_transport", settings=settings)
        return transport

    def implements(self, hook: str) -> bool:
        """Return True if a working plugin implements the hook.

        Callers use this to skip costly preparations, such as redacting an exchange.
        """
        impls = getattr(self._pm.hook, hook).get_hookimpls()
        return any(self._rules[hook].is_called(self._infos[impl.plugin_name]) for impl in impls)

    def exchange_finished(self, exchange: Exchange) -> None:
        """Notify observers of an exchange. Never raises."""
        self._call("vca_exchange_finished", exchange=exchange)

    def task_progressed(self, task: Task) -> None:
        """Notify observers of a task. Never raises."""
        self._call("vca_task_progressed", task=task)

    def write_finished(self, record: Mapping[str, Any]) -> None:
        """Notify observers of a write, with its audit record. Never raises."""
        self._call("vca_write_finished", record=record)

    def plan_ready(self, plan: Plan, settings: Settings) -> list[str]:
        """Call every plan policy and return the warnings.

        Raises: PlanRejectedError with the name of the plugin, if a policy rejects the plan or fails in any other way.
        """
        for info in self._failed_policies.values():
            raise plan_policies.rejection_by(info, f"the plugin could not be loaded: {info.error}")
        try:
            warnings: list[list[str]] = self._call(plan_policies.POLICY, plan=plan, settings=settings)
        except plan_policies.PolicyFailedError as exc:
            raise exc.rejection from exc.__cause__
        return [warning for listed in warnings for warning in listed]

    # -- status --------------------------------------------------------------------------------------------------

    def provider(self, hook: str, name: str) -> str:
        """Return the plugin that offers a record, as ``name (distribution version)``.

        Return an empty string if no plugin offers a record with this name.
        """
        return self._collected.get(hook, {}).get(name, (None, ""))[1]

    def is_built_in(self, provider: str) -> bool:
        """Return True if a result of :meth:`provider` names a plugin of this library."""
        info = next((info for info in self._infos.values() if info.origin == provider), None)
        return info is not None and (info.distribution, info.module.partition(".")[0]) == _OWN

    def list_plugins(self) -> list[PluginInfo]:
        """Return installed and registered plugins, sorted by name.

        Failed plugins are included.
        """
        return [self._infos[name] for name in sorted(self._infos)]


def _is_built_in(entry_point: InstalledPlugin) -> bool:
    distribution, package = _OWN
    is_own = entry_point.distribution.replace("_", "-").lower() == distribution
    return is_own and entry_point.value.partition(".")[0] == package


def _is_impl(plugin: object, name: str) -> bool:
    return getattr(getattr(plugin, name, None), f"{hooks.PROJECT}_impl", None) is not None


def _names_in(text: str) -> list[str]:
    return text.replace(",", " ").split()
