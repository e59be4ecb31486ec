"""The status of one plugin: where it comes from, which hooks it implements, and why it does not work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class PluginInfo:
    """One plugin, working or not. ``error`` is empty for a plugin that works.

    ``api_version`` is the version that the plugin states, or None.
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
        """The name for messages: ``name (distribution version)``."""
        return f"{self.name} ({self.distribution} {self.version})" if self.distribution else self.name

    def as_dict(self) -> dict[str, Any]:
        """Return all fields but the plugin object; ``hooks`` as a list."""
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
