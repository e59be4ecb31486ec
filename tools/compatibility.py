"""Generate the support matrix of clouds, API versions, Python and ansible-core.

The clouds and API versions come from docs/reference/compatibility.yml. The versions of Python and ansible-core come
from tools/environments.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from environments import CORES, PYTHONS

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "docs" / "reference" / "compatibility.yml"
BEGIN = "<!-- support matrix: generated from docs/reference/compatibility.yml -->"
END = "<!-- end of the support matrix -->"
READMES = ("README.md", "README-collection.md")
"""Pages outside docs that show the support matrix between ``BEGIN`` and ``END``."""
COLUMNS = {
    "cloud": "Cloud",
    "edge": "Edge firewall, NAT, IPsec",
    "query": "Queries, inventory, metrics",
    "recovery": "Disaster recovery",
}
STATUSES = ("works", "planned", "no")


def support_matrix() -> str:
    """Return the table of clouds.

    Raises: ValueError for a cell that is not one of ``STATUSES``.
    """
    rows = _source()["clouds"]
    for row in rows:
        for column in list(COLUMNS)[1:]:
            if row[column].partition(",")[0] not in STATUSES:
                raise ValueError(f"{SOURCE.name}: {row['cloud']}: {column} must be one of {', '.join(STATUSES)}")
    return _table(list(COLUMNS.values()), [[row[column] for column in COLUMNS] for row in rows])


def api_versions() -> str:
    """Return the table of releases with their newest API versions."""
    columns = {"release": "Release", "api": "API version", "sign_in": "Sign-in", "tested": "Tested with"}
    return _table(list(columns.values()), [[row[column] for column in columns] for row in _source()["releases"]])


def core_versions() -> str:
    """Return the table of ansible-core versions, with a column for each Python."""
    rows = [[core, *("yes" if python in fitting else "" for python in PYTHONS)] for core, fitting in CORES.items()]
    return _table(["ansible-core", *(f"Python {python}" for python in PYTHONS)], rows)


def with_matrix(text: str) -> str:
    """Return the text of a page with the current support matrix between two marks."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The page has no line: {BEGIN if not begin else END}")
    return f"{head}{BEGIN}\n\n{support_matrix()}\n\n{END}{tail}"


def simulated_versions() -> list[str]:
    """Return the API versions that the table lists as tested with the simulator."""
    return [
        version for row in _source()["releases"] if row["tested"] == "simulator" for version in row["api"].split(" to ")
    ]


def _source() -> dict[str, Any]:
    source: dict[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return source


def _table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, *rows)).replace(
        "\n", f"\n|{'---|' * len(header)}\n", 1
    )
