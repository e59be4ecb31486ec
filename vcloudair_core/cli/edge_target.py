"""Choose the edge gateway of a command from its argument, its options and the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.edge_document import explicit_target
from vcloudair_core.errors import ConfigurationError

if TYPE_CHECKING:
    from vcloudair_core.config import Settings


def edge_target(settings: Settings, argument: str | None) -> dict[str, str]:
    """Return the target of a command that takes the edge as an argument. Shape: ``{"edge", "vdc"}``, vdc if any.

    Raises: ConfigurationError when no edge is named, or when the argument and ``--edge`` name different ones.
    """
    option = explicit_target(settings).get("edge", "")
    if argument and option and argument.casefold() != option.casefold():
        raise ConfigurationError(
            f"The argument names edge gateway {argument!r}, and --edge {option!r}.", hint="Give one of the two."
        )
    if not argument:
        settings.require("edge")
    target = {"edge": str(argument or settings.edge), "vdc": str(settings.vdc or "")}
    return {name: value for name, value in target.items() if value}
