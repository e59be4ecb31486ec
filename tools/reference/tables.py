"""Format the cells of tables in reference pages."""

from __future__ import annotations

from typing import Any


def cell(text: str | None) -> str:
    """Return a text on one line, without characters that end a cell."""
    return " ".join((text or "").split()).replace("|", "\\|")


def codes(names: Any) -> str:
    """Return names as code, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)
