"""Print the public API as JSON: signatures, attributes and return types."""

import importlib
import inspect
import json
import os

import vcloudair

MODULES = ("ans", "dr", "metrics", "query", "session", "util")
CLASSES = (
    "VCASession", "VCAODSession", "ANSFirewall", "ANSNat", "ANSIPSec", "Metrics", "VMQuery", "EdgeGatewayQuery",
    "VAppQuery", "VAppTemplateQuery", "OrgVdcQuery", "DisasterRecovery",
)  # fmt: skip


def is_public(name):
    return not name.startswith("_") or name in ("__len__", "__getitem__", "__delitem__", "__iter__", "__init__")


def kinds(value):
    return [kind.__name__ for kind in type(value).__mro__]


def signature(function):
    return [
        [name, str(parameter.kind), None if parameter.default is parameter.empty else repr(parameter.default)]
        for name, parameter in inspect.signature(function).parameters.items()
    ]


def module_names(name):
    try:
        module = importlib.import_module("vcloudair." + name)
    except ImportError:
        return []
    return [
        known
        for known, value in inspect.getmembers(module)
        if is_public(known)
        and not inspect.ismodule(value)
        and getattr(value, "__module__", "vcloudair").startswith("vcloudair")
    ]


def attributes(value):
    types = {}
    for name in dir(value):
        if is_public(name) and not callable(getattr(value, name)):
            types[name] = kinds(getattr(value, name))
    return types


found = {"modules": {}, "signatures": {}, "attributes": {}, "returns": {}}
for name in MODULES:
    found["modules"][name] = module_names(name)
found["modules"][""] = [name for name in dir(vcloudair) if is_public(name)]
for name in (*CLASSES, "ans.ANSSectionBase", "query.QueryBase"):
    kind = vcloudair
    for part in name.split("."):
        kind = getattr(kind, part)
    for method in dir(kind):
        if is_public(method) and callable(getattr(kind, method)):
            found["signatures"]["{}.{}".format(name.rpartition(".")[2], method)] = signature(getattr(kind, method))


def note(name, value):
    found["attributes"][name] = attributes(value)


def returned(name, value):
    found["returns"][name] = kinds(value)
    return value


USER, PASSWORD, ORG = (os.environ["CLOUD_" + name] for name in ("USER", "PASSWORD", "ORG"))
note("VCASession before login", vcloudair.VCASession())
portal = vcloudair.VCASession("5.6", USER, PASSWORD)
returned("VCASession.login", portal.login())
returned("VCASession.vdc_names", portal.vdc_names)
returned("VCASession.login_to_vdc", portal.login_to_vdc(portal.vdc_names[0]))
returned("VCASession[]", portal[portal.vdc_names[0]])
note("VCASession after login", portal)
session = vcloudair.VCASession("5.6", USER, PASSWORD)
org_info = returned("VCASession.login with vcd_url", session.login(orgname=ORG, vcd_url=os.environ["CLOUD_URL"]))
note("VCASession after a direct login", session)
for key, value in org_info.items():
    returned(f"org_info[{key}]", value)

note("VCAODSession before login", vcloudair.VCAODSession())
account = vcloudair.VCAODSession("5.7", USER, PASSWORD)
returned("VCAODSession.login", account.login())
returned("VCAODSession.show_instance_list", account.show_instance_list())
instance = returned("VCAODSession.login_to_instance", account.login_to_instance(0))
note("VCAODSession after login", account)
for key, value in account.instances[0].items():
    returned(f"instances[0][{key}]", value)

for name in ("VMQuery", "EdgeGatewayQuery", "VAppQuery", "VAppTemplateQuery", "OrgVdcQuery"):
    query = getattr(vcloudair, name)(org_info)
    note(name + " before execute", query)
    returned(name + ".set_query_type", query.set_query_type(query.params["type"]))
    returned(name + ".execute", query.execute())
    returned(name + ".set_fields", query.set_fields("isBusy" if name != "OrgVdcQuery" else "isEnabled"))
    query.execute()
    returned(name + ".find_by_name", query.find_by_name("x"))
    note(name + " after execute", query)
note("QueryBase", vcloudair.query.QueryBase(org_info))

edges = vcloudair.EdgeGatewayQuery(org_info)
edges.execute()
edge_id = edges.find_by_name(os.environ["CLOUD_EDGE"])[0]
for name in ("ANSFirewall", "ANSNat", "ANSIPSec"):
    section = getattr(vcloudair, name)(edge_id, org_info)
    returned(name + ".get_config", section.get_config())
    if name == "ANSFirewall":
        returned("add_rule", section.add_rule("a", "internal", "external", dest_port=80))
    elif name == "ANSNat":
        returned("add_rule", section.add_rule("dnat", "203.0.113.20", "192.168.10.20", 80, 80))
    else:
        ids = ("203.0.113.10", "203.0.113.10", "198.51.100.7", "198.51.100.7", "192.168.10.0/24", "10.20.0.0/16")
        returned("add_psk_tunnel", section.add_psk_tunnel("a", *ids, psk="a psk"))
    for key, value in section[-1].items():
        returned(f"{name}[-1][{key}]", value)
    for key, value in section.config_data.items():
        returned(f"{name}.config_data[{key}]", value)
    returned(name + "[:]", section[:])
    returned("len " + name, len(section))
    note(name, section)
    returned(name + ".save_config", section.save_config())
note("ANSSectionBase", vcloudair.ans.ANSSectionBase(edge_id, org_info))

metrics = vcloudair.Metrics(org_info)
note("Metrics before collect", metrics)
returned("Metrics.set_relative_interval", metrics.set_relative_interval("MINUTE", 10))
returned("Metrics.set_metric_filters", metrics.set_metric_filters("cpu.usage.average"))
returned("Metrics.add_metric_filters", metrics.add_metric_filters("mem.usage.average"))
returned("Metrics.collect", metrics.collect())
vm = sorted(metrics.metric_data)[0]
time, values = sorted(metrics.metric_data[vm].items())[0]
returned("vm", vm), returned("timestamp", time), returned("value", values["cpu.usage.average"])
note("Metrics after collect", metrics)

recovery = vcloudair.DisasterRecovery(instance)
note("DisasterRecovery", recovery)
returned("retrieve_replications", recovery.retrieve_replications())
uuid, entry = sorted(recovery.replications.items())[-1]
for key, value in entry.items():
    returned(f"replications[{key}]", value)
returned("dump_replication_details", recovery.dump_replication_details())
returned("do_test_failover", recovery.do_test_failover(uuid))
returned("do_test_cleanup", recovery.do_test_cleanup(uuid))
returned("do_failover", recovery.do_failover())
note("DisasterRecovery after actions", recovery)
print("FOUND " + json.dumps(found, sort_keys=True))
