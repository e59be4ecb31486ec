# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Result keys that identify the edge gateway or VDC group that was read.

Private to this collection. The functions send no requests. They use the data that the module has already read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Result

    from vcloudair_core import Client

_EDGE_KEYS = ("name", "id", "vdc", "vdc_id", "backend", "owner_name", "owner_id", "owner_type", "deployment_mode")
"""Keys of ``vca edge list -o json`` that are returned.

Keys of the current status are omitted.
"""


def edge_of(client: Client, target: Mapping[str, Any]) -> Result:
    """Return the result key ``edge``: the edge gateway that ``target`` selects."""
    row = client.edges.selected_edge(target.get("edge"), target.get("vdc")).as_row()
    return {"edge": {key: row[key] for key in _EDGE_KEYS}}


def vdc_group_of(client: Client, target: Mapping[str, Any]) -> Result:
    """Return the result key ``vdc_group``: the VDC group that ``target`` selects."""
    return {"vdc_group": client.edges.selected_vdc_group(target.get("vdc_group")).as_row()}
