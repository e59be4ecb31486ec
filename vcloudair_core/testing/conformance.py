"""Conformance tests for plugins.

The test file of a plugin subclasses :class:`Conformance`::

    from vcloudair_core.testing import Conformance, Example


    class TestConformance(Conformance):
        plugin = "acme"
        examples = (Example("acme.thing", specs=[{"name": "a", "size": 1}], changed=[{"name": "a", "size": 2}]),)

``plugin`` is the name of the entry point. The distribution of the plugin must be installed. ``examples`` has an example
of each resource kind. The tests use an in-process simulated cloud. A plugin adds routes to this cloud with the hook
``vca_simulator_routes``. The checks are plain functions in :mod:`~vcloudair_core.testing.kind_checks` and
:mod:`~vcloudair_core.testing.plugin_checks`.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import vcloudair_core.testing.kind_checks as kind_checks
import vcloudair_core.testing.plugin_checks as plugin_checks
from vcloudair_core.testing.examples import Example
from vcloudair_core.testing.simulated_cloud import RequestView, simulator_settings

if TYPE_CHECKING:
    from vcloudair_core.app import App
    from vcloudair_core.client import Client
    from vcloudair_core.plugin.manager import PluginManager
    from vcloudair_core.plugin.plugin_info import PluginInfo
    from vcloudair_core.simulator import Simulator

__all__ = ["Conformance", "Example"]

_PARAMETERS = {
    "service": "vca_services",
    "kind_record": "vca_resource_kinds",
    "record_type": "vca_record_types",
    "command": "vca_cli_commands",
}


@cache
def _plugins() -> tuple[PluginManager, list[Any]]:
    """Return a manager with all installed plugins, and errors about duplicate names."""
    from vcloudair_core.plugin.manager import PluginManager

    plugins = PluginManager()
    plugins.load_entry_points()
    return plugins, plugins.collect_all()


def _title(value: Any) -> str:
    if isinstance(value, Example):
        return value.kind
    if hasattr(value, "method"):
        return f"{value.method}-{value.path}"
    return f"{type(value).__name__}-{value.name}"


class Conformance:
    """Base class of conformance tests.

    Subclass this class as ``TestConformance``, and set ``plugin`` and ``examples``.
    """

    plugin: ClassVar[str] = ""
    examples: ClassVar[Sequence[Example]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Remove the tests of extension types that the plugin does not offer."""
        super().__init_subclass__(**options)
        empty = {name for name, values in cls._parameters().items() if not values}
        for name, test in inspect.getmembers(cls, inspect.isfunction):
            if name.startswith("test_") and empty & set(inspect.signature(test).parameters):
                setattr(cls, name, None)

    @classmethod
    def _parameters(cls) -> dict[str, Sequence[Any]]:
        """Return the values of each test parameter, by the name of the parameter."""
        offered = _plugins()[0].offered_by(cls.plugin)
        return {
            **{name: offered.get(hook, []) for name, hook in _PARAMETERS.items()},
            "record": [record for records in offered.values() for record in records],
            "route": [route for group in offered.get("vca_simulator_routes", []) for route in group.routes],
            "example": cls.examples,
        }

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Generate a test for each service, kind, record type, command, route and example."""
        for name, values in self._parameters().items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values, ids=_title)

    @pytest.fixture
    def info(self) -> PluginInfo:
        """Return the status of the plugin."""
        info = {info.name: info for info in _plugins()[0].list_plugins()}.get(self.plugin)
        plugin_checks.check_loaded(info, self.plugin)
        assert info is not None
        return info

    @pytest.fixture
    def kind(self, example: Example, vca_client: Client) -> Any:
        """Return the resource kind of an example."""
        return vca_client.kind(example.kind)

    # -- the plugin ----------------------------------------------------------------------------------------------

    def test_plugin_is_installed_and_loaded(self, info: PluginInfo) -> None:
        assert info.error == ""

    def test_plugin_states_its_api_version(self, info: PluginInfo) -> None:
        plugin_checks.check_api_version(info)

    def test_hook_names_exist(self, info: PluginInfo) -> None:
        plugin_checks.check_hook_names(info)

    def test_import_is_fast(self, info: PluginInfo) -> None:
        plugin_checks.check_import_is_cheap(info)

    def test_names_are_unique(self) -> None:
        plugin_checks.check_names_are_free(_plugins()[1])

    def test_record_has_name_and_summary(self, record: Any) -> None:
        plugin_checks.check_record(record)

    def test_service_is_created_without_requests(
        self, service: Any, vca_client: Client, vca_request_log: RequestView
    ) -> None:
        plugin_checks.check_service(service.name, vca_client, vca_request_log)

    def test_record_type_can_be_queried(self, record_type: Any, vca_client: Client) -> None:
        plugin_checks.check_record_type(record_type, vca_client)

    def test_command_has_help(self, command: Any) -> None:
        plugin_checks.check_command(command, _plugins()[0])

    def test_simulator_route_checks_the_session(self, route: Any, vca_simulator: Simulator) -> None:
        plugin_checks.check_route(route, vca_simulator)

    # -- its resource kinds --------------------------------------------------------------------------------------

    def test_kind_has_service_and_example(self, kind_record: Any) -> None:
        plugin_checks.check_kind_record(kind_record, _plugins()[0].services())
        assert kind_record.name in [example.kind for example in self.examples], f"add an example of {kind_record.name}"

    def test_kind_matches_its_record(self, example: Example, kind: Any) -> None:
        kind_checks.check_declaration(kind, example.kind)

    def test_unknown_field_is_rejected_by_name(self, example: Example, kind: Any) -> None:
        kind_checks.check_unknown_field(kind, example)

    def test_invalid_value_is_rejected(self, example: Example, kind: Any) -> None:
        kind_checks.check_bad_values(kind, example)

    def test_applied_plan_is_empty_afterwards(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_plans_settle(kind, vca_client, example)

    def test_read_specs_can_be_applied(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_round_trip(kind, vca_client, example)

    def test_unknown_fields_are_kept(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_keeps_unknown_fields(kind, vca_client, example)

    def test_losses_of_the_server_are_detected(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_losses(kind, vca_client, example)

    def test_staged_documents_can_be_restored(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_dump_and_load(kind, vca_client, example)

    def test_second_run_writes_nothing(
        self, example: Example, kind: Any, vca_client: Client, vca_request_log: RequestView
    ) -> None:
        kind_checks.check_one_write(kind, vca_client, vca_request_log, example)

    def test_duplicate_specs_create_one_element(
        self, example: Example, kind: Any, vca_client: Client, vca_request_log: RequestView
    ) -> None:
        kind_checks.check_duplicates(kind, vca_client, vca_request_log, example)

    def test_secrets_are_not_shown(self, example: Example, kind: Any, vca_app: App, vca_simulator: Simulator) -> None:
        kind_checks.check_secrets(kind, vca_app, simulator_settings(vca_simulator), example)
