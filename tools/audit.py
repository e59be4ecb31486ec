"""Audit the installed packages with pip-audit.

The exit status is 0 if all packages were audited and have no known vulnerabilities. It is 1 if a package has a known
vulnerability, and 77 if the package index does not respond. If the index is a mirror without vulnerability data,
pip-audit finds no vulnerabilities.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

UNKNOWN = 77
OUR_OWN = ("vcloudair-core", "vcloudair_core")


def main() -> int:
    """Run the audit. Return the exit status that the module docstring describes."""
    command = [sys.executable, "-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run([*command, "--timeout", "15"], capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (done.stderr.strip().splitlines() or ["pip-audit printed nothing"])[-1]
        print(f"Nothing was audited: {reason.rstrip(chr(46))}.")
        return UNKNOWN
    return report(found)


def report(dependencies: list[dict[str, Any]]) -> int:
    """Print the result of pip-audit and return the exit status.

    ``dependencies`` is the list from the JSON output of pip-audit.
    """
    others = [one for one in dependencies if one["name"] not in OUR_OWN]
    passed_over = [one["name"] for one in others if "skip_reason" in one]
    weak = [one for one in others if one.get("vulns")]
    for one in weak:
        for weakness in one["vulns"]:
            fixed = ", ".join(weakness.get("fix_versions") or ()) or "no version yet"
            print(f"{one['name']} {one['version']}: {weakness['id']}, fixed in {fixed}")
    if len(passed_over) == len(others):
        print(f"Nothing was audited: the index has no data on the {len(others)} packages.")
        return UNKNOWN
    if passed_over:
        print(f"Not audited: {', '.join(sorted(passed_over))}")
    print(f"{len(others) - len(passed_over)} packages were audited, {len(weak)} have known vulnerabilities.")
    return 1 if weak or passed_over else 0


if __name__ == "__main__":
    sys.exit(main())
