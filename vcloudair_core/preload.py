"""For programs that fork: loads in the parent what every child would have to load by itself, a third of a second each.

Nothing here opens a connection, starts a thread or looks at credentials, so that children share no more than code.
"""

from __future__ import annotations

import importlib
import logging

from vcloudair_core.app import App

_log = logging.getLogger(__name__)

_WHEN_NEEDED = (
    "cryptography.fernet",
    "filelock",
    "platformdirs",
    "tenacity",
    "vcloudair_core.engine.lock",
    "vcloudair_core.services.ans.service",
    "vcloudair_core.services.dr.service",
    "vcloudair_core.services.metrics.service",
    "vcloudair_core.services.query.service",
    "vcloudair_core.session.auth_api_token",
    "vcloudair_core.session.auth_token",
    "vcloudair_core.session.auth_vca",
    "vcloudair_core.session.auth_vcd",
    "vcloudair_core.session.auth_vchs",
    "vcloudair_core.session.cache",
    "vcloudair_core.session.session",
    "vcloudair_core.staging",
    "vcloudair_core.transport.requests_",
)
"""What is imported at first use otherwise."""


def preload() -> App:
    """An App with its plugins, and everything imported that its clients use.

    Raises: PluginError when a plugin that VCA_REQUIRE_PLUGINS names is not working.
    """
    app = App()
    for name in _WHEN_NEEDED:
        importlib.import_module(name)
    from vcloudair_core.transport import requests_

    requests_.preload()
    app.plugins.services()
    app.plugins.auth_methods()
    app.plugins.record_types()
    for name, record in app.plugins.resource_kinds().items():
        try:
            record.load()
        except Exception as exc:  # noqa: BLE001 - foreign code; whoever uses the kind is told
            _log.debug("the kind %s cannot be loaded (%s)", name, type(exc).__name__)
    return app
