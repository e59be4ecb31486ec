#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Records of the query service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_query_info
short_description: Find anything in a cloud
version_added: "0.1.0"
description:
  - Asks the query service for records of one type, such as machines, networks, catalogs or tasks.
  - The result is whole. When the cloud changes so much while its pages are read that it cannot be, the task fails.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  type:
    description:
      - Type of the records, in the API's own words. C(vca query) lists those that a server offers.
    type: str
    required: true
  where:
    description:
      - Conditions on attributes, all of which are to be met. A value is taken as it is, whatever characters are in it.
      - A list stands for any of its values. A mapping compares in another way, with V(ne), V(lt), V(le), V(gt), V(ge),
        or V(like), where C(*) stands for any text.
      - C(metadata:key) is the name of metadata.
    type: dict
    default: {}
  filter:
    description:
      - A filter expression as the API has it, for experts. It is sent as it is, so nothing in it is quoted.
      - Together with O(where), both are to be met.
    type: str
  fields:
    description:
      - Attributes to fetch. The name always comes. By default all.
    type: list
    elements: str
    default: []
  metadata:
    description:
      - Keys of metadata to fetch, eight at most.
    type: list
    elements: str
    default: []
  sort:
    description:
      - Attribute to sort by. By default, records come in the order of their ids.
    type: str
  descending:
    description:
      - Sort from the highest down.
    type: bool
    default: false
  limit:
    description:
      - How many records at most.
    type: int
  expect:
    description:
      - How many there have to be. V(all) takes any number.
      - V(first) takes the first one, and there may be none.
      - V(one) fails unless there is exactly one, and names the candidates when there are more.
    type: str
    choices: [all, first, one]
    default: all
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_query_facts
  - plugin: vcloudair.cloud.vca_id
    plugin_type: lookup
  - plugin: vcloudair.cloud.vca_vms
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Running machines with much memory, the largest first
  vcloudair.cloud.vca_query_info:
    type: vm
    where:
      status: POWERED_ON
      isVAppTemplate: false
      memoryMB: {ge: 16384}
    sort: memoryMB
    descending: true
    fields: [memoryMB, containerName, ipAddress]
  register: large

- name: The one edge gateway of that name
  vcloudair.cloud.vca_query_info:
    type: edgeGateway
    where: {name: web-edge}
    expect: one
  register: edge

- name: Its id
  ansible.builtin.debug:
    msg: "{{ edge.record.id }}"

- name: What failed today
  vcloudair.cloud.vca_query_info:
    type: task
    where:
      status: [error, aborted]
      startDate: {ge: "{{ now(utc=true).strftime('%Y-%m-%dT00:00:00Z') }}"}

- name: Machines with a label
  vcloudair.cloud.vca_query_info:
    type: vm
    where: {"metadata:tier": gold, name: {like: "web*"}}
    metadata: [tier]
"""

RETURN = r"""
records:
  description:
    - What was found, in order. The list is there when it is empty, too.
    - Numbers and booleans are such, times are as the server wrote them. C(id) is the UUID of the object.
  returned: success
  type: list
  elements: dict
  sample: [{name: web1, id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10, status: POWERED_ON, memoryMB: 4096}]
record:
  description: The first of the records, or null when there is none.
  returned: success
  type: dict
  sample: {name: web1, id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10}
count:
  description: How many records there are in RV(records).
  returned: success
  type: int
  sample: 1
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 3
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: AmbiguousMatchError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, given

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {
    "type": {"type": "str", "required": True},
    "where": {"type": "dict", "default": {}},
    "filter": {"type": "str"},
    "fields": {"type": "list", "elements": "str", "default": []},
    "metadata": {"type": "list", "elements": "str", "default": []},
    "sort": {"type": "str"},
    "descending": {"type": "bool", "default": False},
    "limit": {"type": "int"},
    "expect": {"type": "str", "choices": ["all", "first", "one"], "default": "all"},
}
ASKED = ("filter", "fields", "metadata", "sort", "descending", "limit")


def query(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Ask, and take as many as are expected."""
    warnings: list[str] = []
    asked = client.query.query(params["type"], params["where"], warn=warnings.append, **given(params, ASKED))
    if params["expect"] == "one":
        records = [asked.one()]
    elif params["expect"] == "first":
        records = [record for record in [asked.first()] if record is not None]
    else:
        records = asked.all()
    shown = [record.as_dict() for record in records]
    return {
        "changed": False,
        "records": shown,
        "record": shown[0] if shown else None,
        "count": len(shown),
        "warnings": warnings,
    }


MODULE = Module(query, ARGUMENTS, of_edges=False)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
