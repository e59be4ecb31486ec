"""Save a report as JSON, JUnit XML and HTML files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.recovery.report.run_report import RunReport

FORMATS = ("json", "junit", "html")
_NAMES = {"json": "report.json", "junit": "report.xml", "html": "report.html"}


def rendered(report: RunReport, name: str) -> bytes:
    """Return the report as ``json``, ``junit`` or ``html``.

    Raises ConfigurationError when jinja2 is not installed.
    """
    if name == "json":
        return (json.dumps(report.as_dict(), indent=2, ensure_ascii=False, default=str) + "\n").encode(
            "utf-8", "replace"
        )
    if name == "junit":
        from vcloudair_core.recovery.report.junit_report import junit_of

        return junit_of(report)
    if name != "html":
        raise ValueError(name)
    from vcloudair_core.recovery.report.html_report import html_of

    return html_of(report).encode("utf-8", "replace")


def save_report(report: RunReport, folder: Path) -> dict[str, Path]:
    """Write the JSON, JUnit and HTML reports and return the path of each format.

    The files are ``report.json``, ``report.xml`` and ``report.html``.

    Each file is written atomically, and only its owner can read it. All reports are created before the first is
    written. Raises ConfigurationError when jinja2 is not installed; OSError.
    """
    contents = {name: rendered(report, name) for name in FORMATS}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = {}
    for name, content in contents.items():
        path = folder / _NAMES[name]
        temporary = folder / f".{path.name}.{os.getpid()}.tmp"
        try:
            temporary.unlink(missing_ok=True)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        paths[name] = path
    return paths
