# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""An inventory plugin that adds the hosts, variables and groups of a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.inventory import BaseInventoryPlugin

DOCUMENTATION = r"""
name: minimal
short_description: Add the hosts of a JSON file
description: Reads the output of ansible-inventory --list.
options:
  plugin:
    description: Name of this plugin.
    required: true
    choices: [minimal]
  hosts:
    description: Path of the JSON file.
    required: true
"""


class InventoryModule(BaseInventoryPlugin):  # type: ignore[misc]
    """An inventory plugin that only adds hosts, to measure the minimum time."""

    NAME = "minimal"

    def verify_file(self, path: str) -> bool:
        return path.endswith(".minimal.yml")

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        content = json.loads(Path(self.get_option("hosts")).read_text(encoding="utf-8"))
        for host, variables in content.pop("_meta")["hostvars"].items():
            inventory.add_host(host)
            for name, value in variables.items():
                inventory.set_variable(host, name, value)
        for group, members in content.items():
            if members.get("hosts"):
                inventory.add_group(group)
                for host in members["hosts"]:
                    inventory.add_child(group, host)
