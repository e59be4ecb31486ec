"""For programs that fork: loads in the parent what every child would have to load by itself, a third of a second each.

Nothing here opens a connection, starts a thread or looks at credentials, so that children share no more than code.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil

from vcloudair_core.app import App

_log = logging.getLogger(__name__)

_OURS = ("engine", "services", "session", "transport")
"""Packages whose modules are imported at first use otherwise."""
_OTHERS = ("cryptography.fernet", "encodings.ascii", "encodings.idna", "filelock", "gzip", "lxml.etree", "platformdirs")


def preload() -> App:
    """An App with its plugins, and everything imported that its clients use.

    Raises: PluginError when a plugin that VCA_REQUIRE_PLUGINS names is not working.
    """
    app = App()
    for name in (*_OTHERS, "vcloudair_core.staging.service", *_modules()):
        importlib.import_module(name)
    _start_cryptography()
    app.plugins.services()
    app.plugins.auth_methods()
    app.plugins.record_types()
    for name, record in app.plugins.resource_kinds().items():
        try:
            record.load()
        except Exception as exc:  # noqa: BLE001 - foreign code; whoever uses the kind is told
            _log.debug("the kind %s cannot be loaded (%s)", name, type(exc).__name__)
    return app


def _modules() -> list[str]:
    found = []
    for package in _OURS:
        path = importlib.import_module(f"vcloudair_core.{package}").__path__
        found += [module.name for module in pkgutil.walk_packages(path, f"vcloudair_core.{package}.")]
    return found


def _start_cryptography() -> None:
    """Its libraries set themselves up when they are first used, which takes some milliseconds."""
    from cryptography.fernet import Fernet

    from vcloudair_core.transport import requests_transport

    requests_transport.preload()
    cipher = Fernet(Fernet.generate_key())
    cipher.decrypt(cipher.encrypt(b""))
