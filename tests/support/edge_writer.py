"""A program that adds rules to an edge: ``python edge_writer.py NAME COUNT``.

The program signs in with the settings of the environment. It prints the name of each rule when the rule is written.
"""

from __future__ import annotations

import sys

from vcloudair_core import connect


def main(name: str, count: int) -> None:
    """Add the rules ``name-0`` to ``name-<count - 1>``, each after the previous one."""
    with connect(firewall_lint="off") as client:
        for number in range(count):
            spec = {"name": f"{name}-{number}", "action": "deny", "source": f"10.{number}.0.1"}
            if number:
                spec["after"] = f"{name}-{number - 1}"
            client.ensure("ans.firewall_rule", spec)
            print(spec["name"], flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
