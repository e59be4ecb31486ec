"""Choose the edge gateway of a command from its options and the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


def edge_target(settings: Settings) -> dict[str, str]:
    """Return the edge gateway that a command acts on. Shape: ``{"edge", "vdc"}``, vdc if any.

    Raises: ConfigurationError when no edge gateway is named.
    """
    settings.require("edge")
    target = {"edge": str(settings.edge), "vdc": str(settings.vdc or "")}
    return {name: value for name, value in target.items() if value}
