"""Reviewed dependencies, with reasons, for docs/reference/dependencies.md.

The generator of the page fails if a dependency of pyproject.toml is missing in this file.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("", "cli", "keyring", "simulator", "metrics", "dr", "ansible")
"""Extras that users install. The extras of tests and documentation are left out.

The empty name stands for the dependencies of the library itself.
"""


@dataclass(frozen=True)
class Review:
    """A reviewed dependency.

    ``given`` is the external data that reaches the dependency. ``reviewed`` is the version that was reviewed and is
    tested.
    """

    why: str
    license: str
    given: str
    reviewed: str


REVIEWS = {
    "requests": Review(
        "sends HTTP requests over pooled TLS connections; only its adapters are used, "
        "so cookies, netrc and redirects have no effect",
        "Apache-2.0",
        "responses of servers and proxies",
        "2.34.2",
    ),
    "pluggy": Review("calls the hooks of plugins", "MIT", "installed plugins", "1.7.0"),
    "lxml": Review(
        "parses XML and keeps unknown elements; DTDs, entities and network access are turned off",
        "BSD-3-Clause",
        "XML documents of servers",
        "6.1.3",
    ),
    "tenacity": Review("retries requests", "Apache-2.0", "none", "9.2.1"),
    "platformdirs": Review(
        "finds the folders for settings, caches and state", "MIT", "environment variables", "4.14.8"
    ),
    "filelock": Review("locks files between processes", "MIT", "paths in the folders of this project", "4.3.1"),
    "cryptography": Review(
        "encrypts stored sessions, reads certificates, and creates the certificates of the simulator",
        "Apache-2.0 OR BSD-3-Clause",
        "stored sessions",
        "50.0.2",
    ),
    "publicsuffixlist": Review(
        "finds the registrable domain of a host, because tokens are sent only within this domain",
        "MPL-2.0",
        "host names in links",
        "1.1.2",
    ),
    "tomli": Review("reads the configuration file on Python 3.10", "MIT", "files of the user", "2.5.0"),
    "typer": Review("parses the command line", "MIT", "arguments of the user", "0.29.2"),
    "rich": Review("shows tables and live views; names are escaped before", "MIT", "names from servers", "15.0.0"),
    "PyYAML": Review(
        "reads documents and plans, and writes output; only its safe loader is used, with additional limits",
        "MIT",
        "files of the user",
        "6.0.4",
    ),
    "tomlkit": Review(
        "changes contexts in the configuration file and keeps its comments", "MIT", "files of the user", "0.15.2"
    ),
    "keyring": Review(
        "reads passwords from the desktop keyring, if the configuration file names an entry",
        "MIT",
        "entries of the keyring",
        "25.7.0",
    ),
    "jmespath": Review("evaluates `--query`", "MIT", "expressions of the user", "1.1.0"),
    "starlette": Review("routes the requests to the simulator", "BSD-3-Clause", "requests to the simulator", "1.10.0"),
    "uvicorn": Review("serves the simulator over HTTP", "BSD-3-Clause", "requests to the simulator", "0.54.0"),
    "matplotlib": Review("plots metrics", "PSF-like", "names and values of VMs", "3.11.2"),
    "prometheus-client": Review(
        "formats the values of the Prometheus exporter",
        "Apache-2.0 AND BSD-2-Clause",
        "names of VMs and scrape requests",
        "0.26.0",
    ),
    "jsonschema": Review("validates recovery plans", "MIT", "files of the user", "4.26.0"),
    "jinja2": Review(
        "renders the HTML report and escapes all texts", "BSD-3-Clause", "names and messages from servers", "3.1.6"
    ),
    "distlib": Review("reads the list of files when the collection is built", "PSF-2.0", "none", "0.4.4"),
    "ansible-core": Review(
        "runs the collection; the library works without it", "GPL-3.0-or-later", "playbooks and results", "2.19.14"
    ),
}


def table() -> str:
    """Return the table of the page. Raise KeyError for an unreviewed dependency."""
    rows = [
        "| dependency | extra | minimum version | license | purpose "
        "| external data that reaches the dependency | reviewed version |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (least, extras) in shipped().items():
        review = REVIEWS[name]
        used = ", ".join(f"`{extra}`" if extra else "always installed" for extra in extras)
        rows.append(
            f"| `{name}` | {used} | {least} | {review.license} | {review.why} | {review.given} | {review.reviewed} |"
        )
    return "\n".join(rows)


def shipped() -> dict[str, tuple[str, list[str]]]:
    """Return (minimum version, extras) by dependency, in the order of pyproject.toml."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {"": project["dependencies"], **project["optional-dependencies"]}
    found: dict[str, tuple[str, list[str]]] = {}
    for extra in SHIPPED:
        for line in extras[extra]:
            match = re.match(r"([A-Za-z0-9._-]+)(?:>=([0-9.]+))?", line)
            if match is None:
                raise ValueError(line)
            name, least = match[1], match[2] or "any"
            found.setdefault(name, (least, []))[1].append(extra)
    return found
