# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Inventory plugin for edge gateways."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vca_edges
short_description: Inventory of edge gateways in vCloud Air and VMware Cloud Director
version_added: "0.1.0"
author:
  - The vcloudair-core authors (@vcloudair-core)
description:
  - Adds the edge gateways of one or more organizations as hosts and groups. A play can then run for each edge gateway,
    C(--limit) can select edge gateways, and AWX can slice a job by edge gateways.
  - Ansible does not connect to these hosts. With O(local_connection=true), their tasks run on the controller. Set
    C(ansible_python_interpreter) to C({{ ansible_playbook_python }}) in the play, so that modules find the Python
    library.
  - The name of the inventory file must end with C(.vca.yml) or C(.vca.yaml). If the environment has the variables
    C(VCA_*), for example from an AWX credential, only O(plugin) is required.
  - Values from the API are never templated, even if a name looks like a template.
options:
  plugin:
    description: Name of the plugin, which marks the file as its inventory.
    type: str
    required: true
    choices: [vca_edges, vcloudair.cloud.vca_edges]
  sources:
    description:
      - Organizations or clouds to read, if there is more than one. Each entry has the connection options that differ
        from those of the file, and can have O(vdcs).
      - Values can be templates, for example to look up passwords.
    type: list
    elements: dict
    default: []
  hostnames:
    description:
      - Sources of the host name. The first value that is not empty is used. Each entry is a host variable without its
        prefix, such as V(name) or V(id), or a Jinja2 expression.
    type: list
    elements: str
    default: [name]
  duplicates:
    description:
      - How to handle edge gateways with the same host name. V(qualify) appends the name of the VDC to each name. If the
        result is not unique, the ID is also appended. V(error) fails.
      - The name of a group, of another host, or of localhost is never used as a host name. Such a host always gets a
        qualified name, and a warning is shown.
    type: str
    choices: [qualify, error]
    default: qualify
  local_connection:
    description:
      - Whether to set C(ansible_connection) to V(local) for the hosts.
    type: bool
    default: true
  hostvars:
    description:
      - Host variables to set, without their prefix. V(edge) is the ID of the edge gateway, for the option C(edge) of
        modules.
    type: list
    elements: str
    default: [edge, id, name, org, vdc, vdc_id, status, ha_status, is_busy, is_advanced,
      task_status, backend, owner_id, owner_name, owner_type,
      deployment_mode]
  group_by:
    description:
      - Properties to create groups from, such as C(org_acme), C(vdc_gold) and C(status_ready).
    type: list
    elements: str
    choices: [org, vdc, status]
    default: [org, vdc, status]
  root_group:
    description: Name of the group that contains all hosts. If the name is an empty string, this group is not created.
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
# edges.vca.yml: the connection is set by VCA_URL, VCA_ORG, VCA_USERNAME and VCA_PASSWORD
plugin: vcloudair.cloud.vca_edges

---
# Edge gateways with edge services in two VDCs
plugin: vcloudair.cloud.vca_edges
vdcs: [gold, silver]
exclude:
  - vca_backend != 'nsxt' and vca_is_advanced is false
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.plugin_utils.clouds import CloudInventory
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.host_drafts import Record

if TYPE_CHECKING:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params

    from vcloudair_core import Client


class InventoryModule(CloudInventory):
    """Inventory plugin for edge gateways."""

    NAME = "vcloudair.cloud.vca_edges"
    NOUN = "edge gateway"
    QUALIFIERS = ("vdc", "id")

    def read_vdc(self, client: Client, source: Params, vdc: str) -> Sequence[Record]:
        """Return the edge gateways of a VDC, or of all VDCs if ``vdc`` is empty."""
        edges = client.edges.list_edges(vdc or None)
        return [_record(edge, client.session.identity.org_name) for edge in edges]

    def add_variables(self, host: str, record: Record, variables: dict[str, Any]) -> None:
        """Run the tasks of the host on the controller if ``local_connection`` is set."""
        if self.get_option("local_connection"):
            self.inventory.set_variable(host, "ansible_connection", "local")

    def group_names(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield the groups of an edge gateway, as pairs of the name and a description."""
        for key in self.get_option("group_by"):
            if record[key]:
                name = "{}_{}".format(key, str(record[key]).lower() if key == "status" else record[key])
                yield name, name


def _record(edge: Any, org: str) -> Record:
    """Return an edge gateway as an inventory record."""
    return dict(edge.as_row(), edge=edge.edge_id, org=org)
