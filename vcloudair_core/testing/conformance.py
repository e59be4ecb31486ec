"""The tests that every plugin should pass, the built-in ones too. A plugin's own test file needs no more than this::

    from vcloudair_core.testing import Conformance, Example


    class TestConformance(Conformance):
        plugin = "acme"
        examples = (Example("acme.thing", specs=[{"name": "a", "size": 1}], changed=[{"name": "a", "size": 2}]),)

``plugin`` is the name of the entry point; its distribution must be installed. ``examples`` has one for each resource
kind. Everything is asked of a simulated cloud in the process: of its routes for what the plugin adds, see
``vca_simulator_routes``. The checks themselves are plain functions, in :mod:`~vcloudair_core.testing.kind_checks` and
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
    """Every installed plugin, and what is wrong with them as a whole."""
    from vcloudair_core.plugin.manager import PluginManager

    plugins = PluginManager()
    plugins.load_entry_points()
    return plugins, plugins.ask_all()


def _title(value: Any) -> str:
    if isinstance(value, Example):
        return value.kind
    if hasattr(value, "method"):
        return f"{value.method}-{value.path}"
    return f"{type(value).__name__}-{value.name}"


class Conformance:
    """Subclass it as ``TestConformance``, and say ``plugin`` and ``examples``."""

    plugin: ClassVar[str] = ""
    examples: ClassVar[Sequence[Example]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Leaves out the tests of what the plugin does not offer."""
        super().__init_subclass__(**options)
        empty = {name for name, values in cls._parameters().items() if not values}
        for name, test in inspect.getmembers(cls, inspect.isfunction):
            if name.startswith("test_") and empty & set(inspect.signature(test).parameters):
                setattr(cls, name, None)

    @classmethod
    def _parameters(cls) -> dict[str, Sequence[Any]]:
        """Return the values that tests are made for, by name of the parameter."""
        offered = _plugins()[0].offered_by(cls.plugin)
        return {
            **{name: offered.get(hook, []) for name, hook in _PARAMETERS.items()},
            "record": [record for records in offered.values() for record in records],
            "route": [route for group in offered.get("vca_simulator_routes", []) for route in group.routes],
            "example": cls.examples,
        }

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each service, kind, record type, command, route and example."""
        for name, values in self._parameters().items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values, ids=_title)

    @pytest.fixture
    def info(self) -> PluginInfo:
        """The status of the plugin."""
        info = {info.name: info for info in _plugins()[0].list_plugins()}.get(self.plugin)
        plugin_checks.check_loaded(info, self.plugin)
        assert info is not None
        return info

    @pytest.fixture
    def kind(self, example: Example, vca_client: Client) -> Any:
        """The kind of an example."""
        return vca_client.kind(example.kind)

    # -- the plugin ----------------------------------------------------------------------------------------------

    def test_it_is_installed_and_works(self, info: PluginInfo) -> None:
        assert info.error == ""

    def test_it_says_which_plugin_api_it_is_made_for(self, info: PluginInfo) -> None:
        plugin_checks.check_api_version(info)

    def test_its_hooks_are_hooks(self, info: PluginInfo) -> None:
        plugin_checks.check_hook_names(info)

    def test_importing_it_is_cheap(self, info: PluginInfo) -> None:
        plugin_checks.check_import_is_cheap(info)

    def test_no_name_is_offered_twice(self) -> None:
        plugin_checks.check_names_are_free(_plugins()[1])

    def test_each_record_says_what_it_is(self, record: Any) -> None:
        plugin_checks.check_record(record)

    def test_each_service_is_made_without_asking_anybody(
        self, service: Any, vca_client: Client, vca_request_log: RequestView
    ) -> None:
        plugin_checks.check_service(service.name, vca_client, vca_request_log)

    def test_each_record_type_is_known_to_the_query_service(self, record_type: Any, vca_client: Client) -> None:
        plugin_checks.check_record_type(record_type, vca_client)

    def test_each_command_has_help(self, command: Any) -> None:
        plugin_checks.check_command(command, _plugins()[0])

    def test_each_route_of_the_simulator_knows_who_asks(self, route: Any, vca_simulator: Simulator) -> None:
        plugin_checks.check_route(route, vca_simulator)

    # -- its resource kinds --------------------------------------------------------------------------------------

    def test_each_kind_has_a_service_and_an_example(self, kind_record: Any) -> None:
        plugin_checks.check_kind_record(kind_record, _plugins()[0].services())
        assert kind_record.name in [example.kind for example in self.examples], f"give an example of {kind_record.name}"

    def test_a_kind_is_what_its_record_says(self, example: Example, kind: Any) -> None:
        kind_checks.check_declaration(kind, example.kind)

    def test_an_unknown_field_is_refused_by_name(self, example: Example, kind: Any) -> None:
        kind_checks.check_unknown_field(kind, example)

    def test_a_bad_value_is_refused_not_a_crash(self, example: Example, kind: Any) -> None:
        kind_checks.check_bad_values(kind, example)

    def test_a_plan_carried_out_leaves_nothing_to_do(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_plans_settle(kind, vca_client, example)

    def test_what_is_read_can_be_given_back(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_round_trip(kind, vca_client, example)

    def test_what_it_does_not_know_survives(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_keeps_what_it_does_not_know(kind, vca_client, example)

    def test_what_a_server_loses_is_missed(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_losses(kind, vca_client, example)

    def test_what_is_kept_in_files_comes_back(self, example: Example, kind: Any, vca_client: Client) -> None:
        kind_checks.check_kept_in_files(kind, vca_client, example)

    def test_one_write_and_then_none(
        self, example: Example, kind: Any, vca_client: Client, vca_request_log: RequestView
    ) -> None:
        kind_checks.check_one_write(kind, vca_client, vca_request_log, example)

    def test_one_thing_given_twice_is_not_made_twice(
        self, example: Example, kind: Any, vca_client: Client, vca_request_log: RequestView
    ) -> None:
        kind_checks.check_doubles(kind, vca_client, vca_request_log, example)

    def test_secrets_stay_secret(self, example: Example, kind: Any, vca_app: App, vca_simulator: Simulator) -> None:
        kind_checks.check_secrets(kind, vca_app, simulator_settings(vca_simulator), example)
