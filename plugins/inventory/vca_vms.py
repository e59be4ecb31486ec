# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Inventory plugin that adds a host for each VM."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vca_vms
short_description: Inventory of VMs in vCloud Air and VMware Cloud Director
version_added: "0.1.0"
author:
  - The vcloudair-core authors (@vcloudair-core)
description:
  - Adds the VMs of one or more organizations as hosts and groups.
  - The name of the inventory file must end with C(.vca.yml) or C(.vca.yaml). If the environment has the variables
    C(VCA_*), for example from an AWX credential, only O(plugin) is required.
  - The plugin sends one API call per 128 VMs, in parallel, and a few API calls for the sign-in and the names of VDCs.
    O(nics=true) takes additional calls.
  - Values from the API are never templated, even if a name looks like a template.
options:
  plugin:
    description: Name of the plugin, which marks the file as its inventory.
    type: str
    required: true
    choices: [vca_vms, vcloudair.cloud.vca_vms]
  sources:
    description:
      - Organizations or clouds to read, if there is more than one. Each entry has the connection options that differ
        from those of the file, and can have O(vdcs) and O(where).
      - Values can be templates, for example to look up passwords.
    type: list
    elements: dict
    default: []
  where:
    description:
      - Conditions on attributes of VMs, in the format of O(vcloudair.cloud.vca_query_info#module:where). The server
        evaluates these conditions.
    type: dict
    default: {}
  templates:
    description:
      - Whether to add the VMs of vApp templates too.
    type: bool
    default: false
  metadata:
    description:
      - Keys of the metadata to read into the variable C(vca_metadata), at most 8. This takes no additional API calls.
    type: list
    elements: str
    default: []
  nics:
    description:
      - Whether to read all network interfaces and addresses. This takes one additional API call for each vApp. These
        calls are sent in parallel.
      - With V(false), a VM has only the address of its primary interface. Servers with API 5.7 or newer return this
        address.
    type: bool
    default: false
  hostnames:
    description:
      - Sources of the host name. The first value that is not empty is used. Each entry is a host variable without its
        prefix, such as V(name), V(ip_address) or V(id), or a Jinja2 expression.
    type: list
    elements: str
    default: [name]
  duplicates:
    description:
      - How to handle VMs with the same host name. V(error) fails.
      - V(keep) keeps the name of the oldest VM, so that a new VM never renames an existing host. The name of the vApp
        is appended to the names of the other VMs. If the result is not unique, the ID is also appended.
      - V(qualify) appends the name of the vApp to the names of all these VMs. If the result is not unique, the ID is
        also appended.
      - To compare the age of VMs with the same name, the plugin sends one more API call for each of them. If the name
        comes from an expression in O(hostnames), the age is not read, and V(keep) has the same effect as V(qualify).
      - The name of a group, of another host, or of localhost is never used as a host name. Such a host always gets a
        qualified name, and a warning is shown.
    type: str
    choices: [keep, qualify, error]
    default: keep
  ansible_host:
    description:
      - Sources of C(ansible_host), the address to connect to, in the format of O(hostnames). With an empty list, the
        variable is not set.
    type: list
    elements: str
    default: [ip_address]
  hostvars:
    description:
      - Host variables to set, without their prefix. A shorter list makes each job faster.
      - V(record), which has all attributes from the API, is set only if it is listed. V(nics) is set only with
        O(nics=true).
    type: list
    elements: str
    default:
      - name
      - id
      - vapp
      - vdc
      - org
      - power
      - status
      - guest_os
      - os_family
      - cpus
      - memory_mb
      - network
      - ip_address
      - ip_addresses
      - storage_profile
      - is_template
      - metadata
      - nics
  group_by:
    description:
      - Properties to create groups from, such as C(vapp_shop), C(vdc_gold), C(power_on) and C(os_linux). V(metadata)
        creates groups from the keys in O(metadata), such as C(metadata_tier_gold).
    type: list
    elements: str
    choices: [org, vdc, vapp, network, power, os, metadata]
    default: [org, vdc, vapp, network, power, os, metadata]
  root_group:
    description: Name of the group that contains all hosts. If the name is an empty string, this group is not created.
    type: str
    default: vca
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - constructed
  - vcloudair.cloud._inventory
  - inventory_cache
seealso:
  - module: vcloudair.cloud.vca_query_facts
  - plugin: vcloudair.cloud.vca_edges
    plugin_type: inventory
"""

EXAMPLES = r"""
# inventory.vca.yml: the connection is set by VCA_URL, VCA_ORG, VCA_USERNAME and VCA_PASSWORD
plugin: vcloudair.cloud.vca_vms

---
# Running VMs of two organizations, cached for one hour
plugin: vcloudair.cloud.vca_vms
url: https://vcd.example.com
username: inventory
sources:
  - org: acme
    password: "{{ lookup('ansible.builtin.env', 'ACME_PASSWORD') }}"
    vdcs: [gold, silver]
  - org: globex
    password: "{{ lookup('ansible.builtin.env', 'GLOBEX_PASSWORD') }}"
where:
  status: POWERED_ON
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .inventory-cache
cache_timeout: 3600

---
# Groups from metadata, and host names from metadata or from the vApp and the name
plugin: vcloudair.cloud.vca_vms
metadata: [tier, fqdn]
hostnames:
  - vca_metadata.fqdn
  - vca_vapp ~ '-' ~ vca_name
compose:
  ansible_user: "'Administrator' if vca_os_family == 'windows' else 'ops'"
keyed_groups:
  - key: vca_metadata.tier
    prefix: tier
groups:
  large: vca_memory_mb >= 16384
exclude:
  - vca_name.startswith('tmp-')
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.vcloudair.cloud.plugins.plugin_utils.clouds import CloudInventory, as_data
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.host_drafts import Record

if TYPE_CHECKING:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params

    from vcloudair_core import Client

GROUP_KEYS = {"os": "os_family"}
"""Record keys for those ``group_by`` values that differ from the record key."""


class InventoryModule(CloudInventory):
    """Inventory plugin that adds a host for each VM."""

    NAME = "vcloudair.cloud.vca_vms"
    NOUN = "VM"
    SOURCE_OPTIONS = ("vdcs", "where")
    READ_OPTIONS = ("templates", "metadata", "nics")
    CACHE_OPTIONS = (*READ_OPTIONS, "hostnames", "duplicates")
    QUALIFIERS = ("vapp", "id")

    def read_vdc(self, client: Client, source: Params, vdc: str) -> Sequence[Record]:
        """Return the VMs of a VDC, or of all VDCs if ``vdc`` is empty."""
        options = {name: self.get_option(name) for name in self.READ_OPTIONS}
        if self.get_option("duplicates") == "keep":
            # The oldest VM keeps its name. Names from expressions are not known yet.
            options["ages_by"] = [name for name in self.get_option("hostnames") if name.isidentifier()]
        return client.query.vms.read(source["where"], vdc=vdc, warn=self._warn, **options)

    def add_variables(self, host: str, record: Record, variables: dict[str, Any]) -> None:
        """Set ``ansible_host`` to the value of the first source that is not empty.

        The option ``ansible_host`` lists the sources.
        """
        address = self.first(self.get_option("ansible_host"), record, variables)
        if address:
            self.inventory.set_variable(host, "ansible_host", as_data(address))

    def group_names(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield the groups of a VM, as pairs of the original name and a description."""
        for option in self.get_option("group_by"):
            if option == "metadata":
                for key, value in record["metadata"].items():
                    if value not in ("", None):
                        yield f"metadata_{key}_{value}", f"metadata {key}={value}"
            elif record[GROUP_KEYS.get(option, option)]:
                name = f"{option}_{record[GROUP_KEYS.get(option, option)]}"
                yield name, name
