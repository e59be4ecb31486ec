"""Reviewed dependencies and their reasons, for docs/reference/dependencies.md.

The generator of the page fails when a dependency of pyproject.toml is missing here.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("", "cli", "keyring", "simulator", "metrics", "dr", "ansible")
"""Extras that users install, without those of tests and documentation.

The empty one has the dependencies of the library itself.
"""


@dataclass(frozen=True)
class Review:
    """A reviewed dependency.

    ``given``: external data that reaches it. ``reviewed``: the version that was reviewed and is tested.
    """

    why: str
    licence: str
    given: str
    reviewed: str


REVIEWS = {
    "requests": Review(
        "HTTP with pooled connections and TLS; driven below its sessions, so no cookies, netrc or redirects",
        "Apache-2.0",
        "what servers and proxies send",
        "2.34.2",
    ),
    "pluggy": Review("every service is a plugin", "MIT", "installed plugins", "1.7.0"),
    "lxml": Review(
        "XML that keeps what we do not know; no DTD, no entities, no network",
        "BSD-3-Clause",
        "documents of servers",
        "6.1.3",
    ),
    "tenacity": Review("retries", "Apache-2.0", "nothing", "9.2.1"),
    "platformdirs": Review("where settings, caches and state live", "MIT", "the environment", "4.14.8"),
    "filelock": Review("one writer at a time among processes", "MIT", "paths within folders of ours", "4.3.1"),
    "cryptography": Review(
        "encrypts kept sessions; certificates of the simulator", "Apache-2.0 OR BSD-3-Clause", "kept sessions", "50.0.2"
    ),
    "publicsuffixlist": Review(
        "which hosts belong to one owner, so that a token stays with it", "MPL-2.0", "names of hosts in links", "1.1.2"
    ),
    "tomli": Review("the configuration file, on Python 3.10 only", "MIT", "the user's file", "2.5.0"),
    "typer": Review("the command line", "MIT", "the user's words", "0.29.2"),
    "rich": Review(
        "tables and live views; given text that is made harmless before", "MIT", "names of elsewhere", "15.0.0"
    ),
    "PyYAML": Review(
        "documents, plans and output; safe loader only, with limits of ours", "MIT", "the user's files", "6.0.4"
    ),
    "tomlkit": Review(
        "changes contexts in the configuration file and keeps its comments", "MIT", "the user's file", "0.15.2"
    ),
    "keyring": Review(
        "reads passwords from the desktop's keyring, where the configuration file names an entry",
        "MIT",
        "entries of the user's keyring",
        "25.7.0",
    ),
    "jmespath": Review("selects from results with --query", "MIT", "the user's expression", "1.1.0"),
    "starlette": Review("the simulator's routes", "BSD-3-Clause", "requests to the simulator", "1.10.0"),
    "uvicorn": Review("the simulator's server", "BSD-3-Clause", "requests to the simulator", "0.54.0"),
    "matplotlib": Review("plots of metrics", "PSF-like", "names and numbers of machines", "3.11.2"),
    "prometheus-client": Review("the exporter", "Apache-2.0 AND BSD-2-Clause", "names of machines; scrapes", "0.26.0"),
    "jsonschema": Review("says what is wrong with a plan", "MIT", "the user's file", "4.26.0"),
    "jinja2": Review("the page of a report, escaped", "BSD-3-Clause", "names and messages of elsewhere", "3.1.6"),
    "distlib": Review(
        "reads the allow-list of the collection's files; only for building it", "PSF-2.0", "nothing", "0.4.4"
    ),
    "ansible-core": Review(
        "runs the collection; not needed by the library", "GPL-3.0-or-later", "playbooks, results", "2.19.14"
    ),
}


def table() -> str:
    """Return the table of the page. Raise KeyError for an unreviewed dependency."""
    rows = [
        "| dependency | for | at least | licence | why | what reaches it from elsewhere | reviewed |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (least, extras) in shipped().items():
        review = REVIEWS[name]
        used = ", ".join(f"`{extra}`" if extra else "everybody" for extra in extras)
        rows.append(
            f"| `{name}` | {used} | {least} | {review.licence} | {review.why} | {review.given} | {review.reviewed} |"
        )
    return "\n".join(rows)


def shipped() -> dict[str, tuple[str, list[str]]]:
    """Return minimum version and extras by name, in the order of pyproject.toml."""
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
