"""List, add and delete DNAT rules of an NSX-T edge gateway.

The program uses container-service-extension. Commands: ``free``, ``list``, ``add NAME INTERNAL EXTERNAL PORT`` and
``delete NAME``. The output is JSON.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from container_service_extension.lib.nsxt.nsxt_backed_gateway_service import NsxtBackedGatewayService
from pyvcloud.vcd.client import BasicLoginCredentials, Client
from pyvcloud.vcd.gateway import Gateway
from pyvcloud.vcd.org import Org
from pyvcloud.vcd.vdc import VDC


def _service(client: Client) -> NsxtBackedGatewayService:
    """Return the service for the edge gateway in ``VCA_EDGE``."""
    org = Org(client, resource=client.get_org())
    vdc = VDC(client, resource=org.get_vdc(os.environ["VCA_VDC"]))
    record = vdc.get_gateway(os.environ["VCA_EDGE"])
    return NsxtBackedGatewayService(Gateway(client, name=record.get("name"), href=record.get("href")), client)


def _run(service: NsxtBackedGatewayService, command: str, *values: str) -> Any:
    if command == "free":
        return service.get_available_ip()
    if command == "add":
        name, internal, external, port = values
        service.add_dnat_rule(name, internal, external, int(port))
    elif command == "delete":
        service.delete_dnat_rule(*values)
    return list(service._list_nat_rules())


def main() -> None:
    """Sign in, run one command and sign out."""
    client = Client(os.environ["VCA_URL"])
    client.set_credentials(
        BasicLoginCredentials(os.environ["VCA_USERNAME"], os.environ["VCA_ORG"], os.environ["VCA_PASSWORD"])
    )
    print(json.dumps(_run(_service(client), *sys.argv[1:])))
    client.logout()


if __name__ == "__main__":
    main()
