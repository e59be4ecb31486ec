"""Select the edge gateway of a command from options and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


def edge_target(settings: Settings) -> dict[str, str]:
    """Return the edge gateway that the settings select.

    Shape: ``{"edge": ..., "vdc": ...}``. ``vdc`` is left out if it is not set.

    Raises: ConfigurationError if no edge gateway is set.
    """
    settings.require("edge")
    target = {"edge": str(settings.edge), "vdc": str(settings.vdc or "")}
    return {name: value for name, value in target.items() if value}
