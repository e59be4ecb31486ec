"""Compare the version of the library with all files that contain the version.

Usage: ``python tools/release.py check [TAG]``, for example with the tag ``v0.2.0``.

vcloudair_core/_version.py is the source of the version. If a tag is given, it must also have this version.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def version() -> str:
    """Return the version of the library, which is also the version of the release."""
    return _search("vcloudair_core/_version.py", r'__version__ = "([^"]+)"')


def places() -> dict[str, str]:
    """Return the version that each file contains, keyed by file name."""
    releases = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    return {
        "galaxy.yml": str(yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]),
        "changelogs/changelog.yaml": max(releases, key=lambda name: [int(part) for part in name.split(".")]),
        "CHANGELOG.md": _search("CHANGELOG.md", r'<a id="v([\d-]+)"></a>').replace("-", "."),
    }


def requirements() -> dict[str, str]:
    """Return the minimum library version that each file requires, by file name."""
    return {
        "requirements.txt": _search("requirements.txt", r">=([\d.]+)"),
        "plugins/module_utils/_runner.py": _search("plugins/module_utils/_runner.py", r'MINIMUM_LIBRARY = "([^"]+)"'),
        "plugins/doc_fragments/_vca.py": _search("plugins/doc_fragments/_vca.py", r"vcloudair-core >= ([\d.]+)"),
    }


def problems(tag: str | None = None) -> list[str]:
    """Return a line for each file or tag whose version is not the expected version.

    Before 1.0, a minor release may break packages that require the library.
    """
    expected = version()
    lines = [f"{name} names version {value}, not {expected}." for name, value in places().items() if value != expected]
    minor = expected.rpartition(".")[0]
    for name, value in requirements().items():
        if value.rpartition(".")[0] != minor:
            lines.append(f"{name} requires the library {value}, not {minor}.0 or newer.")
    if tag is not None and tag != f"v{expected}":
        lines.append(f"The tag is {tag}, not v{expected}.")
    return lines


def _search(name: str, pattern: str) -> str:
    match = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"))
    if match is None:
        raise SystemExit(f"Reading the version failed: {name}. No line matches {pattern}.")
    return match[1]


if __name__ == "__main__":
    if sys.argv[1:2] != ["check"]:
        raise SystemExit("Usage: python tools/release.py check [TAG]")
    differences = problems(sys.argv[2] if len(sys.argv) > 2 else None)
    print("\n".join(differences) or f"Every place names version {version()}.")
    sys.exit(1 if differences else 0)
