"""Connect the office with an IPsec tunnel, and enable the IPsec service."""

import os
import sys

import vcloudair.ans as ans
from vcloudair import EdgeGatewayQuery, VCASession

session = VCASession(5.6, os.environ["CLOUD_USER"], os.environ["CLOUD_PASSWORD"])
org_info = session.login(orgname=os.environ["CLOUD_ORG"], vcd_url=os.environ["CLOUD_URL"])
query = EdgeGatewayQuery(org_info)
query.execute()
[edge_id] = query.find_by_name(os.environ["CLOUD_EDGE"])

vpn = ans.ANSIPSec(edge_id, org_info)
if not isinstance(vpn, ans.ANSSectionBase) or vpn.edge != edge_id:
    sys.exit("This is another SDK.")
vpn.get_config()
vpn.config_data["enabled"] = True
vpn.add_psk_tunnel(
    "office",
    local_id="203.0.113.10",
    local_ip="203.0.113.10",
    peer_id="198.51.100.7",
    peer_ip="198.51.100.7",
    local_subnets=["192.168.10.0/24", "192.168.20.0/24"],
    peer_subnets="10.20.0.0/16, 10.30.0.0/16",
    psk="correct horse battery staple",
)
vpn.add_psk_tunnel(
    "branch", "203.0.113.10", "203.0.113.10", "198.51.100.8", "198.51.100.8", "192.168.10.0/24", ("10.40.0.0/16",),
    "another shared secret", enc_algo="aes", pfs=False, dhgroup=5,
)  # fmt: skip
try:
    vpn.add_psk_tunnel("bad", "203.0.113.10", "203.0.113.10", "x", "198.51.100.9", 17, "10.50.0.0/16", "a secret key")
except RuntimeError:
    print("Subnets are a list or text.")
vpn.save_config()

vpn.get_config()
print("enabled:", vpn.config_data["enabled"], "tunnels:", len(vpn))
for site in vpn:
    print(site["name"], site["localIp"], site["peerIp"], site["authenticationMode"], site["psk"])
    print("  ", site["encryptionAlgorithm"], site["dhGroup"], site["enablePfs"])
    print("  ", site["localSubnets"]["subnets"], site["peerSubnets"]["subnets"])

vpn[0]["enabled"] = False
vpn.save_config()
vpn.get_config()
print([(site["name"], site["enabled"]) for site in vpn.records])
