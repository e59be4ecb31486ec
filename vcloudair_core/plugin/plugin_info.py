"""Status of a plugin: origin, implemented hooks, and error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class PluginInfo:
    """Status of a plugin.

    Attributes:
        api_version: Plugin API version for which the plugin was written, or None if the plugin does not set it.
        status: ``loaded``, ``failed`` or ``disabled``.
        error: Reason for the failure. It is empty if the plugin has not failed.
    """

    name: str
    distribution: str = ""
    version: str = ""
    module: str = ""
    api_version: int | None = None
    hooks: tuple[str, ...] = ()
    status: str = "loaded"
    error: str = ""
    plugin: Any = field(default=None, repr=False)

    @property
    def origin(self) -> str:
        """Name of the plugin in messages: ``name (distribution version)``."""
        return f"{self.name} ({self.distribution} {self.version})" if self.distribution else self.name

    def as_dict(self) -> dict[str, Any]:
        """Return all fields except the plugin object. ``hooks`` is a list."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
            "module": self.module,
            "api_version": self.api_version,
            "hooks": list(self.hooks),
            "status": self.status,
            "error": self.error,
        }
