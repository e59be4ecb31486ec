# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Edge gateways of clouds as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vca_edges
short_description: Edge gateways of vCloud Air and VMware Cloud Director as hosts
version_added: "0.1.0"
author:
  - The vcloudair-core authors (@vcloudair-core)
description:
  - Reads the edge gateways of one organization or several, and makes hosts and groups of them, so that a play can work
    on each of them, C(--limit) can choose among them, and AWX can slice a job by them.
  - Nobody signs in to these hosts. Tasks for them run where Ansible is, as O(local_connection) says for each of them.
    A play sets C(ansible_python_interpreter) to C({{ ansible_playbook_python }}), because the library is there.
  - The file's name ends in C(.vca.yml) or C(.vca.yaml). With the variables C(VCA_*) in the environment, as AWX sets
    them from a credential, C(plugin) is all that it has to say.
  - What comes from the API is data. It is never templated, whatever an edge gateway is called.
options:
  plugin:
    description: Says that the file is for this plugin.
    type: str
    required: true
    choices: [vca_edges, vcloudair.cloud.vca_edges]
  sources:
    description:
      - Where to look, when it is more than one organization or cloud. Each is a mapping of options of the connection
        that differ from those of the file, and of O(vdcs).
      - Values may be templates, to take passwords from elsewhere.
    type: list
    elements: dict
    default: []
  hostnames:
    description:
      - What a host is called. The first that is not empty is taken. Each is a variable of the host without its prefix,
        such as V(name) or V(id), or else a Jinja2 expression.
    type: list
    elements: str
    default: [name]
  duplicates:
    description:
      - What to do about edge gateways whose host name is the same. V(qualify) adds the name of the VDC to the name of
        each of them, and its id where that is not enough. V(error) fails.
      - A name that is that of a group, of another host, or of localhost, is never taken, whatever is set here. The host
        is then called as if another one had its name, and a warning says so.
    type: str
    choices: [qualify, error]
    default: qualify
  local_connection:
    description:
      - Set C(ansible_connection) to V(local).
    type: bool
    default: true
  hostvars:
    description:
      - The only variables to set, without their prefix. V(edge) is the id, and what tasks give as the option C(edge).
    type: list
    elements: str
    default: [edge, id, name, org, vdc, vdc_id, status, ha_status, is_busy, is_advanced,
      task_status, backend, owner_id, deployment_mode]
  group_by:
    description:
      - What groups are made of, such as C(org_acme), C(vdc_gold), C(status_ready).
    type: list
    elements: str
    choices: [org, vdc, status]
    default: [org, vdc, status]
  root_group:
    description: Group of all the hosts. Nothing for none.
    type: str
    default: vca_edges
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - constructed
  - vcloudair.cloud._inventory
  - inventory_cache
seealso:
  - module: vcloudair.cloud.vca_edge_config
  - plugin: vcloudair.cloud.vca_vms
    plugin_type: inventory
"""

EXAMPLES = r"""
# edges.vca.yml: everything else comes from VCA_URL, VCA_ORG, VCA_USERNAME and VCA_PASSWORD
plugin: vcloudair.cloud.vca_edges

---
# Those with advanced networking, of two VDCs
plugin: vcloudair.cloud.vca_edges
vdcs: [gold, silver]
exclude:
  - vca_is_advanced is false
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.plugin_utils.clouds import CloudInventory
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.host_drafts import Record

if TYPE_CHECKING:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params

    from vcloudair_core import Client


class InventoryModule(CloudInventory):
    """Edge gateways of clouds as hosts."""

    NAME = "vcloudair.cloud.vca_edges"
    THING = "edge gateway"
    QUALIFIERS = ("vdc", "id")

    def read_vdc(self, client: Client, source: Params, vdc: str) -> Sequence[Record]:
        """Edge gateways of one VDC, or of all of them."""
        found = client.edges.list_edges(vdc or None)
        return [_record(edge, client.session.identity.org_name) for edge in found]

    def add_variables(self, host: str, record: Record, variables: dict[str, Any]) -> None:
        """Tasks of the host run here."""
        if self.get_option("local_connection"):
            self.inventory.set_variable(host, "ansible_connection", "local")

    def group_names(self, record: Record) -> Iterator[tuple[str, str]]:
        """Groups of an edge gateway."""
        for word in self.get_option("group_by"):
            if record[word]:
                name = "{}_{}".format(word, str(record[word]).lower() if word == "status" else record[word])
                yield name, name


def _record(edge: Any, org: str) -> Record:
    """An edge gateway in the words of this plugin."""
    known = edge.as_dict()
    return dict(known, id=edge.edge_id, edge=edge.edge_id, vdc=edge.vdc_name, org=org)
