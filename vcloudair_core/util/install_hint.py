"""Build the install command for an extra, based on how this package was installed."""

from __future__ import annotations

import json
from pathlib import Path

PACKAGE = "vcloudair-core"


def install_hint(extra: str) -> str:
    """Return a hint such as ``Run: pip install -e '/src/vcloudair-core[metrics]'``.

    pip records the source of a package (PEP 610). A package without such a record was installed from an index. If the
    recorded directory or file no longer exists, the hint tells the user to install from a checkout.
    """
    record = _direct_url()
    if record is None:
        return f"Run: pip install '{PACKAGE}[{extra}]'"
    source = _local_path(str(record.get("url", "")))
    if source is None or not source.exists():
        return f"From a checkout of {PACKAGE}, run: pip install '.[{extra}]'"
    folder = record.get("dir_info")
    option = "-e " if isinstance(folder, dict) and folder.get("editable") else ""
    return f"Run: pip install {option}'{source}[{extra}]'"


def _direct_url() -> dict[str, object] | None:
    """Return the PEP 610 record of this package.

    Return None if the package has no record. Return an empty record if the record is invalid, or if the package is
    not installed.
    """
    import importlib.metadata  # only needed for errors

    try:
        text = importlib.metadata.distribution(PACKAGE).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return {}
    if text is None:
        return None
    try:
        record = json.loads(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _local_path(url: str) -> Path | None:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None
