"""Composition root: create clients from plugins, transports and sessions."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.client import Client, pick_record
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.settings.directories import current_user
from vcloudair_core.settings.settings import Settings

if TYPE_CHECKING:
    from vcloudair_core.session.auth.base import AuthProvider
    from vcloudair_core.session.cache.token_cache import TokenCache
    from vcloudair_core.session.session import Session
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.util.clock import Clock


class App:
    """Factory of clients that share the loaded plugins.

    ``plugins`` is a prepared plugin manager. By default, every installed plugin is loaded. ``clock`` is used for waits.
    The default is the clock of the host. ``program`` is the name of the program for the audit log, such as
    ``vca edge apply``. The default is the name of the running program.

    Raises: PluginError if a plugin in VCA_REQUIRE_PLUGINS is missing or failed.
    """

    def __init__(
        self,
        *,
        plugins: PluginManager | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        program: str = "",
    ) -> None:
        if plugins is None:
            plugins = PluginManager(environ=environ)
            plugins.load_entry_points()
        self.plugins = plugins
        self._environ = environ
        self._clock = clock
        self.program = program

    def settings(
        self,
        arguments: Mapping[str, Any] | None = None,
        *,
        config_file: str | Path | None = None,
        context: str | None = None,
    ) -> Settings:
        """Load settings from arguments, environment and configuration file.

        Raises: ConfigurationError if a setting is invalid or the file cannot be read.
        """
        return Settings.load(arguments, environ=self._environ, config_file=config_file, context=context)

    def session(
        self,
        settings: Settings,
        *,
        transport: Transport | None = None,
        auth: AuthProvider | None = None,
        cache: TokenCache | None = None,
    ) -> Session:
        """Return a session that signs in before its first API call.

        ``auth`` and ``cache`` replace the auth flow and the token cache that the settings select.

        Raises: ConfigurationError if settings are missing, PluginError if the auth method does not exist.
        """
        from vcloudair_core.session.auth.base import select_auth
        from vcloudair_core.session.cache.token_cache import open_cache
        from vcloudair_core.session.session import Session
        from vcloudair_core.util.clock import SYSTEM_CLOCK

        return Session(
            settings,
            transport or self.plugins.transport(settings) or _default_transport(settings),
            auth or select_auth(settings, self.plugins.auth_methods()),
            observers=[self.plugins.exchange_finished] if self.plugins.implements("vca_exchange_finished") else [],
            task_observers=[self.plugins.task_progressed],
            write_observers=[self.plugins.write_finished] if self.plugins.implements("vca_write_finished") else [],
            program=self.program,
            cache=cache or open_cache(settings),
            clock=self._clock or SYSTEM_CLOCK,
            record_types=self.plugins.record_types,
        )

    def client(
        self,
        settings: Settings | None = None,
        *,
        transport: Transport | None = None,
        context: str | None = None,
        config_file: str | Path | None = None,
        auth: AuthProvider | None = None,
        cache: TokenCache | None = None,
        **arguments: Any,
    ) -> Client:
        """Return a client with a new session.

        ``arguments`` are settings by name. See :class:`Settings`. If ``settings`` is None, the settings are loaded
        from ``arguments``, the environment, and the ``context`` in ``config_file``. ``auth`` and ``cache`` are passed
        to :meth:`session`.

        Raises: ConfigurationError, PluginError.
        """
        if settings is None:
            chosen = self.settings(arguments, config_file=config_file, context=context)
        else:
            chosen = settings.replace(**arguments)
        return Client(
            chosen,
            self.session(chosen, transport=transport, auth=auth, cache=cache),
            services=self.plugins.services(),
            kinds=self.plugins.resource_kinds(),
            policy=lambda plan: self.plugins.plan_ready(plan, chosen),
        )

    def secrets_in(self, kind: str, specs: Any) -> list[str]:
        """Return all secrets in the specs of a kind, in all encodings, for redaction.

        The specs may be invalid. A value is secret if the kind declares the field as secret, or if the field name
        itself indicates a secret, such as ``password``. No request is sent.

        Raises: PluginError if no plugin offers the kind.
        """
        from vcloudair_core.engine.fields import secrets_in
        from vcloudair_core.util.redaction import secret_spellings

        names = pick_record(self.plugins.resource_kinds(), kind, "resource kind").load().secret_names()
        secrets = dict.fromkeys(secrets_in(specs, names))
        return [spelling for secret in secrets for spelling in sorted(secret_spellings(secret))]


def connect(*, context: str | None = None, config_file: str | Path | None = None, **arguments: Any) -> Client:
    """Return a client for settings from arguments, environment and configuration file.

    The client uses every installed plugin.

    ::

        with connect(url="https://vcd.example.com", username="ops", org="acme") as client:
            client.read("ans.firewall", {"edge": "web-edge"})

        with connect(context="prod") as client: ...

    Raises: ConfigurationError if a setting is missing or invalid; PluginError if a required plugin is missing or
    failed.
    """
    return App().client(context=context, config_file=config_file, **arguments)


def _default_transport(settings: Settings) -> Transport:
    """Return the transport of a session.

    If ``vcda_url`` and ``vcda_ca_path`` are set, requests to VMware Cloud Director Availability use that CA file. The
    same applies to the VMware Cloud Director of the other site.
    """
    from vcloudair_core.transport.requests_transport import RequestsTransport

    default = RequestsTransport(settings)
    places = ((settings.vcda_url, settings.vcda_ca_path), (settings.vcda_peer_vcd_url, settings.vcda_peer_vcd_ca_path))
    own = {url: ca_path for url, ca_path in places if url and ca_path}
    if not own:
        return default
    from vcloudair_core.settings.options import server_of
    from vcloudair_core.transport.routing import ConnectionOptions, RoutingTransport

    others = {}
    for url, ca_path in own.items():
        options = ConnectionOptions(settings.connect_timeout, settings.timeout, settings.validate_certs, ca_path)
        others[server_of(url, None)] = RequestsTransport(options)
    return RoutingTransport(default, others)


_log = logging.getLogger(__name__)
_OURS = ("audit", "engine", "services", "session", "transport")
"""Packages whose modules :func:`preload` imports.

Without ``preload``, the modules are imported at first use.
"""
_OTHERS = (
    "cryptography.fernet",
    "encodings.ascii",
    "encodings.idna",
    "filelock",
    "gzip",
    "lxml.etree",
    "platformdirs",
    "xml.etree.ElementTree",
)


def preload() -> App:
    """Import all client modules before a program forks, and return an App.

    Raises: PluginError if a plugin in VCA_REQUIRE_PLUGINS is missing or failed.
    """
    app = App()
    for name in (*_OTHERS, "vcloudair_core.staging.service", *_all_modules()):
        importlib.import_module(name)
    _start_cryptography()
    current_user()  # The first call imports modules.
    app.plugins.services()
    app.plugins.auth_methods()
    app.plugins.record_types()
    for name, record in app.plugins.resource_kinds().items():
        try:
            record.load()
        except Exception as exc:  # noqa: BLE001 - plugin code; using the kind raises the error again
            _log.debug("Loading the kind %s failed (%s).", name, type(exc).__name__)
    return app


def _all_modules() -> list[str]:
    names = []
    for package in _OURS:
        path = importlib.import_module(f"vcloudair_core.{package}").__path__
        names += [module.name for module in pkgutil.walk_packages(path, f"vcloudair_core.{package}.")]
    return names


def _start_cryptography() -> None:
    """Warm up the cryptography and TLS libraries, because their first use is slow."""
    from cryptography.fernet import Fernet

    from vcloudair_core.transport import requests_transport

    requests_transport.preload()
    cipher = Fernet(Fernet.generate_key())
    cipher.decrypt(cipher.encrypt(b""))
