#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Query records of VMs, networks, tasks and other objects."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_query_info
short_description: Query VMs, networks, catalogs, tasks and other objects
version_added: "0.1.0"
description:
  - Returns records of one type from the query service of the API, such as VMs, networks, catalogs or tasks.
  - The result is always complete. If the records change too often while the pages are read, the task fails.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  type:
    description:
      - Type of the records, as the API names it, such as V(vm) or V(edgeGateway). To list the types of a server, run
        C(vca query).
    type: str
    required: true
  where:
    description:
      - Conditions on attributes. A record must meet all of them. Values can have any characters and need no quoting.
      - A list matches any of its values. A mapping uses another comparison, with the keys V(ne), V(lt), V(le), V(gt),
        V(ge) or V(like). In V(like), C(*) matches any text.
      - To compare metadata, use C(metadata:KEY) as the name of the attribute.
    type: dict
    default: {}
  filter:
    description:
      - Filter expression in the syntax of the API. The expression is sent without changes, so you must quote its
        values.
      - If O(where) is also set, a record must meet both.
    type: str
  fields:
    description:
      - Attributes to return, in addition to the name. By default, all attributes are returned.
    type: list
    elements: str
    default: []
  metadata:
    description:
      - Keys of the metadata to return, at most 8.
    type: list
    elements: str
    default: []
  sort:
    description:
      - Attribute to sort by. By default, records are sorted by ID.
    type: str
  descending:
    description:
      - Whether to sort in descending order.
    type: bool
    default: false
  limit:
    description:
      - Maximum number of records to return.
    type: int
  expect:
    description:
      - Number of records to expect. V(all) returns all matching records.
      - V(first) returns only the first record, or an empty list if no record matches.
      - V(one) fails unless exactly one record matches. If several records match, the error lists them.
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
- name: List running VMs with at least 16 GiB of memory, largest first
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

- name: Find an edge gateway by name
  vcloudair.cloud.vca_query_info:
    type: edgeGateway
    where: {name: web-edge}
    expect: one
  register: edge

- name: Show the ID of the edge gateway
  ansible.builtin.debug:
    msg: "{{ edge.record.id }}"

- name: List the tasks that failed today
  vcloudair.cloud.vca_query_info:
    type: task
    where:
      status: [error, aborted]
      startDate: {ge: "{{ now(utc=true).strftime('%Y-%m-%dT00:00:00Z') }}"}

- name: List VMs by metadata and name
  vcloudair.cloud.vca_query_info:
    type: vm
    where: {"metadata:tier": gold, name: {like: "web*"}}
    metadata: [tier]
"""

RETURN = r"""
records:
  description:
    - Matching records, in order. The list can be empty.
    - Numbers and booleans are converted. Times are returned as the server formats them. C(id) is the UUID of the
      object.
  returned: success
  type: list
  elements: dict
  sample: [{name: web1, id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10, status: POWERED_ON, memoryMB: 4096}]
record:
  description: First record, or V(null) if no record matches.
  returned: success
  type: dict
  sample: {name: web1, id: 5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10}
count:
  description: Number of records in RV(records).
  returned: success
  type: int
  sample: 1
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 3
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
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
QUERY_OPTIONS = ("filter", "fields", "metadata", "sort", "descending", "limit")


def query(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the records that match the query."""
    warnings: list[str] = []
    result = client.query.query(params["type"], params["where"], warn=warnings.append, **given(params, QUERY_OPTIONS))
    if params["expect"] == "one":
        records = [result.one()]
    elif params["expect"] == "first":
        records = [record for record in [result.first()] if record is not None]
    else:
        records = result.all()
    rows = [record.as_dict() for record in records]
    return {
        "changed": False,
        "records": rows,
        "record": rows[0] if rows else None,
        "count": len(rows),
        "warnings": warnings,
    }


MODULE = Module(query, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
