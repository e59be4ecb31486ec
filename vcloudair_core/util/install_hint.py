"""Command that installs an extra of this package, in the way in which the package itself was installed."""

from __future__ import annotations

import json
from pathlib import Path

PACKAGE = "vcloudair-core"


def install_hint(extra: str) -> str:
    """Return a hint that installs one extra, such as ``Run: pip install -e '/src/vcloudair-core[metrics]'``.

    pip records where a package came from (PEP 610). A package without such a record came from an index, which has its
    extras too. A folder or file that no longer exists is replaced by the words "from a checkout".
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
    """The record of PEP 610; an empty one for a package that is not installed, but imported from its sources."""
    import importlib.metadata  # as below: only an error needs it

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
