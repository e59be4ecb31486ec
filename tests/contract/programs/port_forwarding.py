"""Forward ports to the servers in ``SERVERS``, replacing rules of earlier runs."""

import os

from vcloudair import VCASession
from vcloudair.ans import ANSNat
from vcloudair.query import EdgeGatewayQuery

SERVERS = [
    ("203.0.113.20", 443, "192.168.10.20", 8443, "web"),
    ("203.0.113.21", 22, "192.168.10.21", 22, "bastion"),
    ("203.0.113.22", "5000-5010", "192.168.10.22", "5000-5010", "media"),
]


def connect():
    session = VCASession("5.6")
    return session.login(
        os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"], os.environ["CLOUD_ORG"], os.environ["CLOUD_URL"]
    )


def remove_own(nat):
    for index in range(len(nat) - 1, -1, -1):
        if nat[index].get("description", "").startswith("managed:"):
            del nat[index]


def show(nat):
    for rule in nat:
        print(rule["action"], rule["originalAddress"], rule["originalPort"], end=" ")
        print(rule["translatedAddress"], rule["translatedPort"], rule["protocol"], rule["vnic"], rule["description"])


org_info = connect()
edges = EdgeGatewayQuery(org_info)
edges.execute()
for run in range(2):
    nat = ANSNat(edges.find_by_name(os.environ["CLOUD_EDGE"])[0], org_info)
    nat.get_config()
    remove_own(nat)
    for public, port, private, target, name in SERVERS:
        nat.add_rule("DNAT", public, private, port, target, description="managed:" + name)
    nat.add_rule("snat", "192.168.10.0/24", "203.0.113.23", protocol="any", description="managed:out")
    try:
        nat.add_rule("mnat", "203.0.113.24", "192.168.10.24")
    except RuntimeError:
        print("No such action.")
    nat.save_config()
    nat.get_config()
    print("run", run, "has", len(nat), "rules, enabled:", nat.config_data["enabled"])
    show(nat)

print([rule["originalAddress"] for rule in nat[0:2]], [rule["description"] for rule in nat[-1:]])
del nat[1:3]
nat.save_config()
nat.get_config()
show(nat)
