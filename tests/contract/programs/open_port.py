"""Open the ports of the web servers, unless rules for these ports exist."""

import os
import sys

from vcloudair import ANSFirewall, EdgeGatewayQuery, VCASession

session = VCASession("5.6", os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"])
try:
    org_info = session.login(orgname=os.environ["CLOUD_ORG"], vcd_url=os.environ["CLOUD_URL"])
except RuntimeError as error:
    sys.exit("Login failed: {}".format(error))

edges = EdgeGatewayQuery(org_info)
edges.execute()
edge_id = edges.find_by_name(os.environ["CLOUD_EDGE"].upper())[0]

firewall = ANSFirewall(edge_id, org_info)
firewall.get_config()
print("Rules before:", len(firewall))

for port in (80, 443, "8000-8010"):
    name = "web {}".format(port)
    if name not in [rule["name"] for rule in firewall]:
        firewall.add_rule(name, "external", "internal", dest_port=port)
firewall.add_rule("dns", source="192.168.10.0/24", destination="external", protocol="UDP", dest_port=53)
firewall.add_rule("no telnet", "internal", "external", "DENY", "TCP", "any", 23)

for source in ("300.1.1.1", "not an address"):
    try:
        firewall.add_rule("bad", source, "internal")
    except RuntimeError:
        print("Refused:", source)

for rule in firewall.records:
    if rule["ruleType"] == "user":
        service = rule["application"]["service"][0]
        print(rule["name"], rule["action"], service["protocol"], service["port"], service["sourcePort"])
        print("  ", rule["source"]["vnicGroupId"], rule["source"]["ipAddress"], rule["destination"]["vnicGroupId"])

firewall.save_config()
firewall.get_config()
names = [rule["name"] for rule in firewall if rule["ruleType"] == "user"]
print(names)

# Delete the last rule, which was a mistake.
index = [rule["name"] for rule in firewall].index("no telnet")
del firewall[index]
firewall.save_config()
firewall.get_config()
print("no telnet" in [rule["name"] for rule in firewall], len(firewall))
