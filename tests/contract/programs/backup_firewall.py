"""Back up the firewalls of all edge gateways, then change and restore one."""

import json
import os

import vcloudair

session = vcloudair.VCASession(username=os.environ["CLOUD_USER"], password=os.environ["CLOUD_PASSWORD"])
session.login()
vdc = sorted(session.vdc_names)[0]
print(vdc, vdc in session.vdc_names, "nope" in session.vdc_names)
org_info = session.login_to_vdc(vdc.upper())
print(sorted(org_info), session[vdc.upper()] == org_info)

query = vcloudair.EdgeGatewayQuery(org_info)
query.execute()
backups = {}
for uuid in sorted(query.results):
    firewall = vcloudair.ANSFirewall(uuid, org_info)
    firewall.get_config()
    firewall.add_rule("kept " + query.results[uuid]["name"], "internal", "external", dest_port=22)
    firewall.save_config()
    firewall.get_config()
    backups[uuid] = "firewall-{}.json".format(query.results[uuid]["name"])
    with open(backups[uuid], "w") as target:
        json.dump(firewall.config_data, target, indent=2, sort_keys=True)

uuid = sorted(backups)[0]
firewall = vcloudair.ANSFirewall(uuid, vcdurl=org_info["vcdurl"], token=org_info["token"])
firewall.get_config()
kept = len(firewall)
for index in reversed(range(len(firewall))):
    if firewall[index]["ruleType"] == "user":
        del firewall[index]
firewall.config_data["globalConfig"]["tcpTimeoutEstablished"] = 3600
firewall.save_config()
firewall.get_config()
print("After the accident:", len(firewall) < kept, firewall.config_data["globalConfig"]["tcpTimeoutEstablished"])

with open(backups[uuid]) as source:
    firewall.config_data = json.load(source)
for rule in firewall.config_data["firewallRules"]["firewallRules"]:
    if rule["ruleType"] == "user":
        del rule["ruleId"], rule["ruleTag"]  # the service assigns new ids
firewall.save_config()
firewall.get_config()
print("Restored:", len(firewall) == kept, firewall.config_data["globalConfig"]["tcpTimeoutEstablished"])
