# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Look up the IDs of objects by name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vca_id
author:
  - The vcloudair-core authors (@vcloudair-core)
short_description: Look up the ID of a VM, edge gateway or other object by name
version_added: "0.1.0"
description:
  - Returns the UUIDs of objects that you specify by name. The lookup fails if a name matches no object or several
    objects. The error lists the matching objects.
options:
  _terms:
    description: Names of the objects.
    required: true
    type: list
    elements: str
  type:
    description:
      - Type of the objects, as the query service names it, such as V(vm), V(edgeGateway) or V(orgVdcNetwork).
    type: str
    default: vm
  where:
    description:
      - Additional conditions, in the format of O(vcloudair.cloud.vca_query_info#module:where).
    type: dict
    default: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
seealso:
  - module: vcloudair.cloud.vca_query_info
"""

EXAMPLES = r"""
- name: Show the ID of an edge gateway
  ansible.builtin.debug:
    msg: "{{ lookup('vcloudair.cloud.vca_id', 'web-edge', type='edgeGateway') }}"

- name: Show the IDs of two VMs of a vApp
  ansible.builtin.debug:
    msg: "{{ query('vcloudair.cloud.vca_id', 'web1', 'web2', where={'containerName': 'shop'}) }}"
"""

RETURN = r"""
_raw:
  description: UUIDs of the objects, in the order of the names.
  type: list
  elements: str
  sample: [5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10]
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.vcloudair.cloud.plugins.module_utils import _runner
from ansible_collections.vcloudair.cloud.plugins.module_utils._native import native

if TYPE_CHECKING:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params, Result

    from vcloudair_core import Client


class LookupModule(LookupBase):
    """Lookup plugin that returns the IDs of objects by name."""

    def run(self, terms: Iterable[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        """Return a UUID for each name in ``terms``.

        Raises AnsibleError if a name matches no object or several objects.
        """
        self.set_options(var_options=variables, direct=kwargs)
        query = native({"terms": _flat(terms), "type": self.get_option("type"), "where": self.get_option("where")})
        problem = _runner.library_problem()
        if problem:
            raise AnsibleError("vcloudair.cloud.vca_id: " + problem["msg"])
        result = _runner.execute(_find, dict(_runner.connection_options(self), **query))
        if result.get("failed"):
            raise AnsibleError("vcloudair.cloud.vca_id: " + result["msg"])
        return result["ids"]


def _flat(terms: Iterable[Any]) -> list[str]:
    """Return the names in ``terms`` as a flat list. A term can be a list of names."""
    return [name for term in terms for name in (_flat(term) if isinstance(term, (list, tuple)) else [str(term)])]


def _find(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    service = client.query
    records = [service.query(params["type"], dict(params["where"], name=term)).one() for term in params["terms"]]
    return {"ids": [record.id for record in records]}
