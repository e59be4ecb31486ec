"""Copy firewall rules to another edge gateway, using a saved login."""

import json
import os

import requests
import vcloudair

# The login of the earlier program.
session = vcloudair.VCASession("5.6", os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"])
with open("login.json", "w") as target:
    json.dump(session.login(orgname=os.environ["CLOUD_ORG"], vcd_url=os.environ["CLOUD_URL"]), target)
print(session.headers, session.vca_token, session.version, sorted(session.vcd_tokens))

with open("login.json") as source:
    org_info = json.load(source)
os.remove("login.json")
edges = vcloudair.EdgeGatewayQuery(org_info)
edges.params["sortAsc"] = "name"
edges.execute()
first, second = list(edges.results)[:2]

firewall = vcloudair.ANSFirewall(first, org_info)
firewall.get_config()
firewall.add_rule("copied", "internal", "external", dest_port=25)
firewall.save_config()

# The same request with the attributes of the object.
url = "{}/hybridity/api/gateways/{}/firewall/config".format(firewall.base_url, firewall.edge)
raw = requests.get(url, headers=firewall.headers).json()
print([rule["name"] for rule in raw["firewallRules"]["firewallRules"] if rule["ruleType"] == "user"])

copies = [rule for rule in raw["firewallRules"]["firewallRules"] if rule["ruleType"] == "user"]
other = vcloudair.ANSFirewall(second, vcdurl=firewall.base_url, token=firewall.headers["x-vcloud-authorization"])
other.get_config()
for rule in copies:
    for name in ("ruleId", "ruleTag"):
        rule.pop(name, None)
    other.records.append(rule)
other.save_config()

# Read the second edge gateway through the object of the first.
firewall.edge = second
firewall.get_config()
print([rule["name"] for rule in firewall if rule["ruleType"] == "user"], firewall.edge == other.edge)

firewall.headers["x-vcloud-authorization"] = "0" * 32
try:
    firewall.get_config()
except RuntimeError:
    print("The token is wrong.")
firewall.headers["x-vcloud-authorization"] = org_info["token"]
firewall.get_config()
print(len(firewall) == len(other), sorted(firewall.headers))
