"""A program that writes rules to an edge, one at a time: ``python edge_writer.py NAME COUNT``.

It signs in as a user would, by the environment, and prints each rule's name when it is known to be there.
"""

from __future__ import annotations

import sys

from vcloudair_core import connect


def main(name: str, count: int) -> None:
    """Rules ``name-0`` to ``name-<count - 1>``, each right behind the one before it."""
    with connect(firewall_lint="off") as client:
        for number in range(count):
            spec = {"name": f"{name}-{number}", "action": "deny", "source": f"10.{number}.0.1"}
            if number:
                spec["after"] = f"{name}-{number - 1}"
            client.ensure("ans.firewall_rule", spec)
            print(spec["name"], flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
