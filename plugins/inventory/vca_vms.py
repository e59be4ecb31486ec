# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Machines of clouds as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vca_vms
short_description: Machines of vCloud Air and VMware Cloud Director as hosts
version_added: "0.1.0"
author:
  - The vcloudair-core authors (@vcloudair-core)
description:
  - Reads the machines of one organization or several, and makes hosts and groups of them.
  - The file's name ends in C(.vca.yml) or C(.vca.yaml). With the variables C(VCA_*) in the environment, as AWX sets
    them from a credential, C(plugin) is all that it has to say.
  - It takes one call for 128 machines, in parallel, and a handful for signing in and the names of VDCs, whatever is
    asked for, except with O(nics).
  - What comes from the API is data. It is never templated, whatever a machine is called.
options:
  plugin:
    description: Says that the file is for this plugin.
    type: str
    required: true
    choices: [vca_vms, vcloudair.cloud.vca_vms]
  sources:
    description:
      - Where to look, when it is more than one organization or cloud. Each is a mapping of options of the connection
        that differ from those of the file, and of O(vdcs) and O(where).
      - Values may be templates, to take passwords from elsewhere.
    type: list
    elements: dict
    default: []
  where:
    description:
      - Conditions on records that the server is asked for, as in O(vcloudair.cloud.vca_query_info#module:where).
    type: dict
    default: {}
  templates:
    description:
      - Take the machines of templates, too, which a server lists among the others.
    type: bool
    default: false
  metadata:
    description:
      - Keys of metadata to bring, eight at most. They come with the same calls, in the variable C(vca_metadata).
    type: list
    elements: str
    default: []
  nics:
    description:
      - Bring every network interface and address, at the price of one more call for each vApp, in parallel. Without it
        there is the address of the primary interface, if the server tells it (API 5.7 and newer).
    type: bool
    default: false
  hostnames:
    description:
      - What a host is called. The first that is not empty is taken. Each is a variable of the host without its prefix,
        such as V(name), V(ip_address), V(id), or else a Jinja2 expression.
    type: list
    elements: str
    default: [name]
  duplicates:
    description:
      - What to do about VMs whose host name is the same. With V(keep), the oldest of them keeps the name, and the
        others get the name of their vApp added, and their id where that is not enough, so that a new VM never renames
        the host of an older one. V(qualify) adds it to the name of each of them. V(error) fails.
      - The age is that of the VM itself, read with one more call for each VM that shares its name. VMs that share a
        name made by an expression in O(hostnames) have no known age, and V(keep) then does the same as V(qualify).
      - A name that is that of a group, of another host, or of localhost, is never taken, whatever is set here. The host
        is then called as if another one had its name, and a warning says so.
    type: str
    choices: [keep, qualify, error]
    default: keep
  ansible_host:
    description:
      - What to connect to, as in O(hostnames). An empty list sets nothing.
    type: list
    elements: str
    default: [ip_address]
  hostvars:
    description:
      - The only variables to set, without their prefix. Fewer make every job faster. V(record), all that the API said,
        and V(nics) are set only if they are named here or asked for.
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
      - What groups are made of, such as C(vapp_shop), C(vdc_gold), C(power_on), C(os_linux). V(metadata) makes those of
        O(metadata), C(metadata_tier_gold).
    type: list
    elements: str
    choices: [org, vdc, vapp, network, power, os, metadata]
    default: [org, vdc, vapp, network, power, os, metadata]
  root_group:
    description: Group of all the hosts. Nothing for none.
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
# inventory.vca.yml: everything else comes from VCA_URL, VCA_ORG, VCA_USERNAME and VCA_PASSWORD
plugin: vcloudair.cloud.vca_vms

---
# Two organizations, running machines only, with an hour's cache
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
# Groups of metadata, names that are unique, and a host name of one's own
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

CALLED = {"os": "os_family"}
"""Variables that groups are made of, where the group is called otherwise."""


class InventoryModule(CloudInventory):
    """Machines of clouds as hosts."""

    NAME = "vcloudair.cloud.vca_vms"
    THING = "VM"
    SOURCE_OPTIONS = ("vdcs", "where")
    READ_OPTIONS = ("templates", "metadata", "nics")
    ASKED_OPTIONS = (*READ_OPTIONS, "hostnames", "duplicates")
    QUALIFIERS = ("vapp", "id")

    def read_vdc(self, client: Client, source: Params, vdc: str) -> Sequence[Record]:
        """Machines of one VDC, or of all of them."""
        asked = {name: self.get_option(name) for name in self.READ_OPTIONS}
        if self.get_option("duplicates") == "keep":
            # Whichever is the oldest of a name keeps it. Names that expressions make are not known yet.
            asked["ages_by"] = [name for name in self.get_option("hostnames") if name.isidentifier()]
        return client.query.machines.read(source["where"], vdc=vdc, warn=self._warn, **asked)

    def add_variables(self, host: str, record: Record, variables: dict[str, Any]) -> None:
        """What to connect to."""
        address = self.first(self.get_option("ansible_host"), record, variables)
        if address:
            self.inventory.set_variable(host, "ansible_host", as_data(address))

    def group_names(self, record: Record) -> Iterator[tuple[str, str]]:
        """Groups of a machine."""
        for word in self.get_option("group_by"):
            if word == "metadata":
                for key, value in record["metadata"].items():
                    if value not in ("", None):
                        yield f"metadata_{key}_{value}", f"metadata {key}={value}"
            elif record[CALLED.get(word, word)]:
                name = f"{word}_{record[CALLED.get(word, word)]}"
                yield name, name
