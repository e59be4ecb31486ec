"""Print a line for each difference from vcloudair 0.5.

Each line has the title of a difference, a tab, and the result of the call that shows the difference.
"""

import contextlib
import io
import os

import requests
from vcloudair import ANSFirewall, DisasterRecovery, EdgeGatewayQuery, Metrics, VCAODSession, VCASession, VMQuery
from vcloudair.query import QueryBase

USER, PASSWORD = os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"]


def login():
    return VCASession("5.6", USER, PASSWORD).login(orgname=os.environ["CLOUD_ORG"], vcd_url=os.environ["CLOUD_URL"])


def show(title, call, *args, **kwargs):
    try:
        result = call(*args, **kwargs)
    except (RuntimeError, NotImplementedError) as error:
        result = type(error).__name__
    print(title, result, sep="\t")


org_info = login()
edges = EdgeGatewayQuery(org_info)
edges.execute()
edge_id = edges.find_by_name(os.environ["CLOUD_EDGE"])[0]
vms = VMQuery(org_info)
vms.execute()
vm_id = vms.find_by_name("vm-0001")[0]


# -- edge gateways -----------------------------------------------------------------------------------------------


def destination():
    firewall = ANSFirewall(edge_id, org_info)
    firewall.get_config()
    firewall.add_rule("web", "external", "203.0.113.10", dest_port=80)
    return [firewall[-1]["destination"][name] for name in ("ipAddress", "vnicGroupId")]


def bad_values(**values):
    firewall = ANSFirewall(edge_id, org_info)
    firewall.get_config()
    firewall.add_rule("web", "external", "internal", **values)
    return "taken"


def first_use():
    return len(ANSFirewall(edge_id, org_info)) > 0


def concurrent_write():
    mine, other = ANSFirewall(edge_id, org_info), ANSFirewall(edge_id, org_info)
    mine.get_config()
    other.get_config()
    other.add_rule("of another program", "internal", "external", dest_port=21)
    other.save_config()
    mine.save_config()
    mine.get_config()
    return "of another program" in [rule["name"] for rule in mine]


def saved_ids():
    firewall = ANSFirewall(edge_id, org_info)
    firewall.get_config()
    firewall.add_rule("new", "internal", "external", dest_port=22)
    firewall.save_config()
    return all("ruleId" in rule for rule in firewall)


def assigned_records():
    firewall = ANSFirewall(edge_id, org_info)
    firewall.get_config()
    firewall.records = [rule for rule in firewall if rule["ruleType"] != "user"]
    firewall.save_config()
    firewall.get_config()
    return [rule["name"] for rule in firewall if rule["ruleType"] == "user"] == []


show("A host as the destination of a rule", destination)
show("Invalid values, such as port 70000", bad_values, dest_port=70000)
show("An edge gateway's section before `get_config`", first_use)
show("`save_config` after another program's write", concurrent_write)
show("IDs of new rules after `save_config`", saved_ids)
show("A list assigned to `records`", assigned_records)

# -- metrics -----------------------------------------------------------------------------------------------------


def unknown_metric():
    metrics = Metrics(org_info, vm_uuids=[vm_id])
    metrics.set_metric_filters("no.such.metric")
    metrics.collect()
    return sorted({str(row) for row in metrics.metric_data[vm_id].values()})


def absolute():
    metrics = Metrics(org_info, vm_uuids=[vm_id])
    metrics.set_absolute_interval("2025-06-15T14:00:00Z", "2025-06-15T15:00:00Z")
    return "works"


def forgotten_end():
    metrics = Metrics(org_info, vm_uuids=[vm_id])
    metrics.set_relative_interval("HOUR", 3, 2)
    metrics.set_relative_interval("MINUTE", 10)
    return sorted(metrics.postdata)


def reversed_interval():
    Metrics(org_info, vm_uuids=[vm_id]).set_relative_interval("HOUR", 1, 2)
    return "taken"


show("A metric that the server does not send", unknown_metric)
show("`set_absolute_interval`", absolute)
show("`set_relative_interval` without an end, after a call with an end", forgotten_end)
show("An interval that ends before it starts", reversed_interval)


# -- queries and sessions ----------------------------------------------------------------------------------------


def no_version():
    return len(VMQuery(vcdurl=org_info["vcdurl"], token=org_info["token"]).execute()) > 0


def no_record_name():
    query = QueryBase(org_info)
    query.params["type"] = "vm"
    return len(query.execute()) > 0


def other_type():
    QueryBase(org_info).set_query_type("catalog")
    return "taken"


def ended_session():
    info = login()
    query = VMQuery(info)
    requests.delete(info["vcdurl"] + "/api/session", headers=query.headers).raise_for_status()
    return len(query.execute()) > 0


def message():
    try:
        VCASession("5.6", USER, "wrong").login(orgname=os.environ["CLOUD_ORG"], vcd_url=os.environ["CLOUD_URL"])
    except RuntimeError as error:
        return str(error).startswith("401, ")


show("A query without a version", no_version)
show("A query without `record_name`", no_record_name)
show("`set_query_type` with a type that has no query class", other_type)
show("A session that the server has ended", ended_session)
show("The text of an error", message)
session = VCASession("5.6", USER, PASSWORD)
show("`repr` of a password, a token, and objects that hold them", lambda: PASSWORD in repr(vars(session)))

# -- disaster recovery -------------------------------------------------------------------------------------------

account = VCAODSession("5.7", USER, PASSWORD)
account.login()
instance = account.login_to_instance(0)


def drill(*uuids, retrieve=True):
    recovery = DisasterRecovery(instance)
    if retrieve:
        recovery.retrieve_replications()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        recovery.do_test_failover(*uuids or sorted(recovery.replications)[:1])
    return recovery, printed.getvalue()


def failed_task():
    recovery = drill()[0]
    return len(recovery.action_errors)


show("A DR action whose task fails", failed_task)
show("A DR action on a UUID that is not replicated", lambda: len(drill("no-such-uuid")[0].action_errors))
show("Progress of DR actions on standard output", lambda: drill()[1] != "")
show("A DR action before `retrieve_replications`", lambda: len(drill("x", retrieve=False)[0].replications) > 0)
