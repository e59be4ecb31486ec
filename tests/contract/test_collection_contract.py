"""Check that module arguments, documentation, library and metadata are consistent."""

from __future__ import annotations

import ast
import configparser
import dataclasses
import importlib
import re
import sys
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.vcloudair.cloud.plugins.module_utils import _arguments, _runner
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.module_action import ModuleAction

from tests.support.documents import ROOT
from tests.support.modules import MODULES, PLUGINS, load
from vcloudair_core import App
from vcloudair_core.engine.fields import fields_of
from vcloudair_core.services.ans.certificate.spec import CertificateSpec
from vcloudair_core.services.ans.dhcp.spec import DhcpBindingSpec, DhcpPoolSpec, DhcpSpec
from vcloudair_core.services.ans.dhcp_relay.spec import DhcpRelaySpec
from vcloudair_core.services.ans.distributed_firewall.spec import DistributedFirewallSpec
from vcloudair_core.services.ans.dns.spec import DnsSpec, DnsZoneSpec
from vcloudair_core.services.ans.firewall.spec import (
    ACTION_SYNONYMS,
    GLOBAL_SETTINGS,
    FirewallPolicySpec,
    FirewallRuleSpec,
    ServiceSpec,
)
from vcloudair_core.services.ans.groups.spec import (
    ApplicationProfileSpec,
    CriterionRuleSpec,
    CriterionSpec,
    IpSetSpec,
    ProfileServiceSpec,
    SecurityGroupSpec,
)
from vcloudair_core.services.ans.ipsec.spec import IpsecSpec, IpsecTunnelSpec
from vcloudair_core.services.ans.l2vpn.spec import L2VpnSpec, L2VpnTunnelSpec, StretchedNetworkSpec
from vcloudair_core.services.ans.load_balancer.profile_spec import (
    LbApplicationProfileSpec,
    LbApplicationRuleSpec,
    MonitorSpec,
)
from vcloudair_core.services.ans.load_balancer.spec import LoadBalancerSpec, PoolSpec, VirtualServerSpec
from vcloudair_core.services.ans.nat.spec import NatRuleSpec, NatSpec
from vcloudair_core.services.ans.sections import GROUP_SECTIONS, SECTIONS, load_section
from vcloudair_core.services.ans.static_routes.spec import NextHopSpec, StaticRouteSpec, StaticRoutesSpec
from vcloudair_core.settings.settings import OPTIONS
from vcloudair_core.util.redaction import Secret

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHORTHAND = {"protocol", "dest_port", "source_port"}
"""Options that are a short form of ``services`` for a rule with one service."""

STAGE = {*_arguments.stage_arguments()}

CLEAR = {"clear"}
"""Options that list the text fields to reset to an empty string."""

STEERING = {"state", "purge"}
"""Options that control how a spec is applied."""

TUNING = {
    "allowed_origins", "audit_log", "auth_method", "cache_dir", "connect_timeout", "max_retry_total", "max_retry_wait",
    "parallel_calls", "protected_names", "retries", "saml_key_file", "saml_token",
}  # fmt: skip
"""Settings that modules read only from the environment or the configuration file."""

COMPARED = ("type", "elements", "choices", "required", "default", "aliases")


WAITING = {"wait_for_up", "wait_timeout"}
"""Options that control the wait after a change."""

CONNECTION = {*_arguments.connection_arguments(), *_arguments.edge_arguments()}
OF_VDC_GROUP = {*_arguments.connection_arguments(), *_arguments.vdc_group_arguments()}
RULES = load("vca_firewall").arguments["rules"]["options"]
NAT_RULES = load("vca_nat").arguments["rules"]["options"]
CRITERIA = load("vca_security_group").arguments["criteria"]["options"]
PROFILE = load("vca_application_profile").arguments
OF_GROUP = {*CONNECTION, "vdc_group", "state", "clear"}
L2VPN_TUNNELS = load("vca_l2vpn").arguments["tunnels"]["options"]
SECRET_FILES = {"psk_file", "peer_code_file"}
ROUTES = load("vca_static_routes").arguments["routes"]["options"]

# Arguments, the spec that they fill, and arguments that are not fields of the spec.
SPECS = [
    pytest.param(load("vca_dhcp").arguments, DhcpSpec, CONNECTION | STEERING | STAGE, id="vca_dhcp"),
    pytest.param(
        load("vca_dhcp_pool").arguments,
        DhcpPoolSpec,
        CONNECTION | {"state", *_arguments.stage_arguments()},
        id="vca_dhcp_pool",
    ),
    pytest.param(
        load("vca_dhcp_binding").arguments,
        DhcpBindingSpec,
        CONNECTION | {"state", *_arguments.stage_arguments()},
        id="vca_dhcp_binding",
    ),
    pytest.param(
        load("vca_lb_monitor").arguments,
        MonitorSpec,
        CONNECTION | {"state", "clear", *_arguments.stage_arguments()},
        id="vca_lb_monitor",
    ),
    pytest.param(
        load("vca_lb_pool").arguments,
        PoolSpec,
        CONNECTION | {"state", "clear", *_arguments.stage_arguments()},
        id="vca_lb_pool",
    ),
    pytest.param(
        load("vca_lb_virtual_server").arguments,
        VirtualServerSpec,
        CONNECTION | {"state", "clear", *_arguments.stage_arguments()},
        id="vca_lb_virtual_server",
    ),
    pytest.param(
        load("vca_lb_application_profile").arguments,
        LbApplicationProfileSpec,
        CONNECTION | {"state", "clear", *_arguments.stage_arguments()},
        id="vca_lb_application_profile",
    ),
    pytest.param(
        load("vca_lb_application_rule").arguments,
        LbApplicationRuleSpec,
        CONNECTION | {"state", *_arguments.stage_arguments()},
        id="vca_lb_application_rule",
    ),
    pytest.param(
        load("vca_load_balancer").arguments, LoadBalancerSpec, CONNECTION | STEERING | STAGE, id="vca_load_balancer"
    ),
    pytest.param(load("vca_dhcp_relay").arguments, DhcpRelaySpec, CONNECTION | STEERING | STAGE, id="vca_dhcp_relay"),
    pytest.param(load("vca_firewall").arguments, FirewallPolicySpec, CONNECTION | STEERING | STAGE, id="vca_firewall"),
    pytest.param(RULES, FirewallRuleSpec, SHORTHAND | CLEAR, id="vca_firewall: rules"),
    pytest.param(
        load("vca_distributed_firewall").arguments,
        DistributedFirewallSpec,
        OF_VDC_GROUP | STEERING | STAGE,
        id="vca_distributed_firewall",
    ),
    pytest.param(load("vca_certificate").arguments, CertificateSpec, CONNECTION | {"state"}, id="vca_certificate"),
    pytest.param(RULES["services"]["options"], ServiceSpec, set(), id="vca_firewall: rules: services"),
    pytest.param(load("vca_ip_set").arguments, IpSetSpec, OF_GROUP, id="vca_ip_set"),
    pytest.param(load("vca_security_group").arguments, SecurityGroupSpec, OF_GROUP, id="vca_security_group"),
    pytest.param(CRITERIA, CriterionSpec, set(), id="vca_security_group: criteria"),
    pytest.param(CRITERIA["rules"]["options"], CriterionRuleSpec, set(), id="vca_security_group: criteria: rules"),
    pytest.param(PROFILE, ApplicationProfileSpec, OF_GROUP, id="vca_application_profile"),
    pytest.param(PROFILE["services"]["options"], ProfileServiceSpec, set(), id="vca_application_profile: services"),
    pytest.param(
        load("vca_firewall_rule").arguments,
        FirewallRuleSpec,
        CONNECTION | SHORTHAND | CLEAR | {"state", *_arguments.stage_arguments()},
        id="vca_firewall_rule",
    ),
    pytest.param(load("vca_nat").arguments, NatSpec, CONNECTION | STEERING | STAGE, id="vca_nat"),
    pytest.param(NAT_RULES, NatRuleSpec, CLEAR, id="vca_nat: rules"),
    pytest.param(
        load("vca_ipsec").arguments, IpsecSpec, CONNECTION | STEERING | WAITING | {"global_psk_file"}, id="vca_ipsec"
    ),
    pytest.param(
        load("vca_ipsec").arguments["tunnels"]["options"], IpsecTunnelSpec, {"psk_file"} | CLEAR, id="ipsec: tunnels"
    ),
    pytest.param(
        load("vca_edge_config").arguments["config"]["options"]["ipsec"]["options"],
        IpsecSpec,
        {"global_psk_file"},
        id="vca_edge_config: ipsec",
    ),
    pytest.param(
        load("vca_ipsec_tunnel").arguments,
        IpsecTunnelSpec,
        CONNECTION | WAITING | CLEAR | {"state", "psk_file"},
        id="vca_ipsec_tunnel",
    ),
    pytest.param(
        load("vca_nat_rule").arguments,
        NatRuleSpec,
        CONNECTION | CLEAR | {"state", *_arguments.stage_arguments()},
        id="vca_nat_rule",
    ),
    pytest.param(
        load("vca_static_routes").arguments, StaticRoutesSpec, CONNECTION | STEERING | STAGE, id="vca_static_routes"
    ),
    pytest.param(ROUTES, StaticRouteSpec, CLEAR, id="vca_static_routes: routes"),
    pytest.param(ROUTES["next_hops"]["options"], NextHopSpec, set(), id="vca_static_routes: routes: next_hops"),
    pytest.param(
        load("vca_static_route").arguments,
        StaticRouteSpec,
        CONNECTION | CLEAR | {"state", *_arguments.stage_arguments()},
        id="vca_static_route",
    ),
    pytest.param(load("vca_l2vpn").arguments, L2VpnSpec, CONNECTION | STEERING, id="vca_l2vpn"),
    pytest.param(L2VPN_TUNNELS, L2VpnTunnelSpec, CLEAR | SECRET_FILES, id="vca_l2vpn: tunnels"),
    pytest.param(L2VPN_TUNNELS["networks"]["options"], StretchedNetworkSpec, set(), id="vca_l2vpn: tunnels: networks"),
    pytest.param(
        load("vca_l2vpn_tunnel").arguments,
        L2VpnTunnelSpec,
        CONNECTION | CLEAR | SECRET_FILES | {"state", "peer_code_dest"},
        id="vca_l2vpn_tunnel",
    ),
    pytest.param(load("vca_dns").arguments, DnsSpec, CONNECTION | STEERING | STAGE | CLEAR, id="vca_dns"),
    pytest.param(load("vca_dns").arguments["zones"]["options"], DnsZoneSpec, set(), id="vca_dns: zones"),
]


# -- arguments and documentation ---------------------------------------------------------------------------------


def _differences(path: str, arguments: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*arguments, *options}):
        where = f"{path}{name}"
        if name not in arguments or name not in options:
            yield f"{where} is only {'documented' if name in options else 'declared'}"
            continue
        declared, documented = arguments[name], options[name]
        for key in COMPARED:
            absent = {"aliases": [], "required": False}.get(key)
            here, there = declared.get(key, absent), documented.get(key, absent)
            if here != there:
                yield f"{where}.{key}: {here!r} declared, {there!r} documented"
        yield from _differences(f"{where}.", declared.get("options") or {}, documented.get("suboptions") or {})


@pytest.mark.parametrize("name", MODULES)
def test_documentation_equals_the_argument_spec(name: str) -> None:
    module = load(name)
    assert list(_differences("", module.arguments, module.options)) == []


@pytest.mark.parametrize("name", MODULES)
def test_every_module_documents_check_mode(name: str) -> None:
    module = load(name)
    assert module.constraints["supports_check_mode"] is True
    attributes = [
        fragment for fragment in module.documentation["extends_documentation_fragment"] if "._attributes." in fragment
    ]
    kind = {"info": "reads", "facts": "facts", "assert": "reads"}.get(name.rpartition("_")[2], "writes")
    assert attributes == [f"vcloudair.cloud._attributes.{kind}"]


def test_global_firewall_settings_are_all_options() -> None:
    text = " ".join(load("vca_firewall").options["global_settings"]["description"])
    assert [word for word in GLOBAL_SETTINGS if f"C({word})" not in text] == []


# -- arguments and the library -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "spec", "besides"), SPECS)
def test_every_field_of_a_spec_is_an_option(arguments: Mapping[str, Any], spec: type, besides: set[str]) -> None:
    fields = {field.name for field in dataclasses.fields(spec)}
    assert fields & besides == set(), "An option must not have the name of a spec field."
    assert set(arguments) == fields | besides


@pytest.mark.parametrize(("arguments", "spec", "besides"), SPECS)
def test_types_choices_and_defaults_equal_those_of_the_library(
    arguments: Mapping[str, Any], spec: type, besides: set[str]
) -> None:
    hints = typing.get_type_hints(spec)
    for field in dataclasses.fields(spec):
        argument = arguments[field.name]
        choices = set(fields_of(spec)[field.name].choices)
        if field.name in ("action", "default_action") and not issubclass(spec, NatRuleSpec):
            choices |= set(ACTION_SYNONYMS)
        assert set(argument.get("choices") or ()) == choices, field.name
        assert argument["type"] == _ansible_type(hints[field.name]), field.name
        if argument.get("required"):
            continue  # a missing protocol is probably a mistake, so the module requires ``any``
        assert argument.get("default") == field.default, field.name


def _ansible_type(hint: Any) -> str:
    inner = next(argument for argument in (*typing.get_args(hint), hint) if argument is not type(None))
    if typing.get_origin(hint) is tuple:
        inner = hint
    if typing.get_origin(inner) is tuple:
        item = typing.get_args(inner)[0]
        return "dict" if typing.get_origin(item) is tuple else "list"
    return {str: "str", Secret: "str", bool: "bool", int: "int"}[inner]


def test_connection_options_are_the_settings_of_the_library() -> None:
    arguments = {
        **_arguments.connection_arguments(),
        **_arguments.edge_arguments(),
        **_arguments.vdc_group_arguments(),
        **_arguments.dr_arguments(),
    }
    of_modules = ("vca_dr_info", "vca_distributed_firewall_info", "vca_firewall_info")
    documented = {name: option for module in of_modules for name, option in load(module).options.items()}
    assert {option.name for option in OPTIONS} - set(arguments) == TUNING
    for option in OPTIONS:
        if option.name in TUNING:
            continue
        argument = arguments[option.name]
        assert argument["type"] == ("str" if option.type == "secret" else option.type), option.name
        assert bool(argument.get("no_log")) == (option.type == "secret"), option.name
        assert tuple(argument.get("aliases") or ()) == option.aliases, option.name
        assert tuple(argument.get("choices") or ()) == option.choices, option.name
        text = " ".join(documented[option.name]["description"])
        assert f"E({option.env_names[0]})" in text, option.name


def test_every_dr_module_has_the_options_of_disaster_recovery() -> None:
    of_dr = [name for name in MODULES if name.startswith("vca_dr_")]
    assert len(of_dr) == 3
    for name in of_dr:
        for option, declared in _arguments.dr_arguments().items():
            assert load(name).arguments[option] == declared, (name, option)


def test_every_resource_kind_has_a_module() -> None:
    kinds = {name: record.load() for name, record in App().plugins.resource_kinds().items()}
    ours = {name for name, kind in kinds.items() if type(kind).__module__.startswith("vcloudair_core.")}
    sections = [load_section(name) for name in (*SECTIONS, *GROUP_SECTIONS)]
    # Sections without a separate module are managed with vca_resource and vca_edge_config.
    generic = [
        name
        for section in sections
        if not section.module
        for name in (section.name, *(one_list.rule_name for one_list in section.lists))
    ]
    # vca_resource manages a single rule of a VDC group, a single DHCP relay agent, and a single
    # conditional DNS zone.
    generic += [load_section(name).rule_name for name in (*GROUP_SECTIONS, "dhcp_relay", "dns")]
    assert {load(name).job.kind for name in MODULES if load(name).job} == ours - {f"ans.{name}" for name in generic}
    assert {section.module for section in sections if section.module} <= set(MODULES)


# -- metadata ----------------------------------------------------------------------------------------------------


def _yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_action_group_has_every_module() -> None:
    of_edges = [name for name in MODULES if "edge" in load(name).arguments]
    assert _yaml("meta/runtime.yml")["action_groups"] == {"vca": MODULES, "vca_edge": of_edges}


@pytest.mark.parametrize("folder", ["doc_fragments", "module_utils"])
def test_shared_code_and_doc_fragments_are_private(folder: str) -> None:
    public = [path.name for path in (ROOT / "plugins" / folder).glob("*.py") if not path.stem.startswith("_")]
    assert public == []


def test_modules_and_actions_have_the_same_names() -> None:
    # Ansible finds an action by the module's name. Without one, a task is slow and its staged change has no name.
    assert sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py")) == MODULES
    for name in MODULES:
        action = importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule
        assert action.__mro__[1] is ModuleAction, name
        assert action.module is importlib.import_module(f"{PLUGINS}.modules.{name}").MODULE, name


def test_no_action_is_redirected() -> None:
    # With redirects to one action, Ansible would apply the module_defaults of each module to all modules.
    assert "plugin_routing" not in _yaml("meta/runtime.yml")


def test_required_library_version_is_the_same_everywhere() -> None:
    lowest = _runner.MINIMUM_LIBRARY
    requirement = (ROOT / "requirements.txt").read_text(encoding="utf-8").strip()
    assert requirement.startswith(f"vcloudair-core[dr]>={lowest},")
    fragment = (ROOT / "plugins" / "doc_fragments" / "_vca.py").read_text(encoding="utf-8")
    assert f"vcloudair-core >= {lowest} " in fragment
    assert _yaml("meta/execution-environment.yml")["dependencies"]["python"] == "requirements.txt"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_integration_tests_and_a_license_exception(name: str) -> None:
    assert (ROOT / "tests" / "integration" / "targets" / name / "tasks" / "main.yml").is_file()
    ignored = (ROOT / "tests" / "sanity" / "ignore.txt").read_text(encoding="utf-8")
    assert f"plugins/modules/{name}.py validate-modules:missing-gplv3-license # " in ignored


def test_no_variable_has_a_name_that_ansible_test_refuses() -> None:
    # ansible-test checks this with pylint too, but only in the slow checks.
    settings = configparser.ConfigParser()
    folder = (
        Path(importlib.import_module("ansible_test").__path__[0])
        / "_util"
        / "controller"
        / "sanity"
        / "pylint"
        / "config"
    )
    settings.read(folder / "collection.cfg", encoding="utf-8")
    refused = {name.strip() for name in settings["pylint"]["bad-names"].split(",")}
    assert "_" in refused
    files = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "tests" / "unit" / "plugins").rglob("*.py")]
    assert len(files) > 50
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.id}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in refused
    ]
    assert found == []


def test_seealso_references_are_of_this_collection_or_ansible() -> None:
    for name in MODULES:
        for reference in load(name).documentation.get("seealso") or ():
            if "plugin" in reference:
                plugin = (
                    ROOT
                    / "plugins"
                    / reference["plugin_type"]
                    / f"{reference['plugin'].removeprefix('vcloudair.cloud.')}.py"
                )
                assert plugin.is_file()
                continue
            assert reference["module"].removeprefix("vcloudair.cloud.") in MODULES


def test_packages_with_old_pins_are_not_in_the_common_environment() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [name for extra in project["optional-dependencies"].values() for name in extra] + project[
        "dependencies"
    ]
    assert [name for name in requirements if re.match(r"galaxy[-_]importer", name)] == []
