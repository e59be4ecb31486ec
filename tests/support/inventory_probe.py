"""Read several inventories in one Ansible process, and print the results as JSON.

Standard input: a list of ``{"sources": [paths], "env": {...}}``. Standard output: a list of
``{"hosts": {name: variables}, "groups": {name: [hosts]}, "said": [warnings], "error": text}``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    from ansible.plugins.loader import init_plugin_loader

    # Collections are found only if this comes first.
    init_plugin_loader([os.environ["ANSIBLE_COLLECTIONS_PATH"]])
    scenarios = json.load(sys.stdin)
    json.dump([read(**scenario) for scenario in scenarios], sys.stdout)


def read(sources: list[str], env: dict[str, str]) -> dict[str, Any]:
    """Return the hosts, groups, warnings and error of one inventory."""
    from ansible import constants
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.utils.display import Display

    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    said: list[str] = []
    display = Display()
    display.warning = display.error_as_warning = lambda *words, **more: said.append(f"{words} {more}")
    constants.TRANSFORM_INVALID_GROUP_CHARS = env.get("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "never")
    error = ""
    hosts: dict[str, Any] = {}
    groups: dict[str, list[str]] = {}
    try:
        manager = InventoryManager(loader=DataLoader(), sources=sources, cache=True)
        hosts = {name: {key: _plain(value) for key, value in host.vars.items()} for name, host in manager.hosts.items()}
        groups = {name: sorted(host.name for host in group.get_hosts()) for name, group in manager.groups.items()}
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is what became of this inventory
        error = " ".join(str(exc).split())
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return {"hosts": hosts, "groups": groups, "said": [" ".join(text.split()) for text in said], "error": error}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, list, dict)) else str(value)


if __name__ == "__main__":
    main()
