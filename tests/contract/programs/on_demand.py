"""List the VMs and edge gateways of every On-Demand instance of an account."""

import os
import sys

from vcloudair import EdgeGatewayQuery, VMQuery
from vcloudair.session import VCAODSession

account = VCAODSession("5.7", os.environ["CLOUD_USER"])
try:
    account.login()
except RuntimeError:
    print("A password is needed.")
account.login(password=os.environ["CLOUD_PASSWORD"])
account.show_instance_list()
print(
    type(account.vca_token).__name__ != "NoneType", account.username, account.password == os.environ["CLOUD_PASSWORD"]
)

for index, instance in enumerate(account.instances):
    print(index, instance["friendlyName"], instance["planType"], sorted(instance["instanceAttributes"]))
    org_info = account.login_to_instance(index)
    print(org_info["org_uuid"] == instance["id"], org_info["vcdurl"], org_info["version"], org_info["auth-header"])
    vms = VMQuery(org_info)
    vms.set_fields("status")
    vms.execute()
    print(sorted((fields["name"], fields["status"]) for fields in vms.results.values()))
    edges = EdgeGatewayQuery(vcdurl=org_info["vcdurl"], token=org_info["token"], version=org_info["version"])
    print([fields["name"] for fields in edges.execute().values()])
    print(vms.headers["Accept"], vms.url)

print(account.vcd_tokens[account.instances[-1]["id"]] == account.login_to_instance(-1) or "a new token")
try:
    account.login_to_instance(99)
except IndexError:
    print("No instance 99.")
try:
    VCAODSession("5.7", "unknown", "wrong").login()
except RuntimeError:
    sys.exit("Login failed.")
