"""Settings from arguments, environment and configuration file, by precedence.

Setting names are the same in Python, on the command line, in modules, in the inventory plugin and, as ``VCA_<NAME>``,
in the environment. An empty string counts as unset, because AWX injects empty strings for blank fields.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.layers import (
    FileUse,
    Origin,
    config_file_path,
    default_config_file,
    from_arguments,
    from_env,
    from_file,
    open_file,
)
from vcloudair_core.settings.options import (
    BY_NAME,
    CREDENTIALS,
    DEFAULT_URLS,
    OPTIONS,
    Option,
    SettingValues,
    server_of,
    shown_server,
    typed_value,
)
from vcloudair_core.settings.secret_sources import SecretSource
from vcloudair_core.util.redaction import MASK, Secret
from vcloudair_core.util.user_dirs import expand_user, user_folder

__all__ = [
    "DEFAULT_URLS",
    "OPTIONS",
    "FileUse",
    "Option",
    "Origin",
    "Settings",
    "config_file_path",
    "default_config_file",
    "expand_user",
    "secrets_in_environment",
    "server_of",
    "user_folder",
]


class Settings(SettingValues):
    """An immutable set of settings, created with :meth:`load`.

    ``settings.url`` and ``settings["url"]`` return the value of the setting ``url``, or None if it is not set. The
    value of a secret is a :class:`Secret`. ``settings.origin("url")`` is the source of the value. ``settings.file`` is
    the configuration file and context in use. A secret by reference is read at first use.
    """

    def __init__(self, values: Mapping[str, Any], origins: Mapping[str, Origin], file: FileUse | None = None) -> None:
        kept, sources = _without_foreign_credentials(values, origins)
        self._values = kept
        self._origins = sources
        self.file = file or FileUse()
        self.__dict__.update(kept)  # the class is frozen, and secrets have descriptors

    @classmethod
    def load(
        cls,
        arguments: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        config_file: str | Path | None = None,
        context: str | None = None,
    ) -> Settings:
        """Load settings from arguments, environment, file and defaults, in this order.

        If several sources set a value, the first source takes precedence. ``arguments`` can use aliases. None and empty
        strings count as unset. ``config_file`` defaults to ``VCA_CONFIG_FILE``. If that variable is not set, the file
        ``vcloudair/config.toml`` in the user's configuration folder is used if it exists. ``context`` (or
        ``VCA_CONTEXT``, or ``current_context`` in the file) selects the table ``[context.NAME]``.

        If the arguments or the environment set a server, and ``current_context`` is for a different server,
        ``current_context`` is ignored. If ``context`` or ``VCA_CONTEXT`` is for a different server, an error is raised.
        Credentials in the file are sent only to the ``url`` in the same table.

        Raises: ConfigurationError for an unknown name, an invalid value, different values of a setting and its alias,
        or an unreadable file.
        """
        env = os.environ if environ is None else environ
        nearer = from_env(env) | from_arguments(arguments or {})
        named = context or env.get("VCA_CONTEXT") or None
        file = open_file(env, config_file, named)
        layer, use = from_file(file, named, nearer) if file is not None else ({}, FileUse())
        values: dict[str, Any] = {option.name: option.default for option in OPTIONS}
        origins: dict[str, Origin] = {option.name: Origin("default") for option in OPTIONS}
        for name, (value, origin) in (layer | nearer).items():
            values[name] = typed_value(BY_NAME[name], value, origin)
            origins[name] = origin
        return cls(values, origins, use)

    @property
    def context(self) -> str | None:
        """Name of the context in use, or None."""
        return self.file.context

    def __getitem__(self, name: str) -> Any:
        option = BY_NAME.get(name)
        if option is None:
            raise KeyError(name)
        return getattr(self, option.name)

    def is_set(self, name: str) -> bool:
        """Return True if a setting has a value.

        Secrets by reference are not read.
        """
        value = self._values[BY_NAME[name].name]
        return isinstance(value, SecretSource) or value not in (None, "", Secret(""))

    def is_reference(self, name: str) -> bool:
        """Return True if a setting is a secret by reference that was not read yet."""
        value = self._values[BY_NAME[name].name]
        return isinstance(value, SecretSource) and value.secret is None

    def origin(self, name: str) -> Origin:
        """Return the source of the value of a setting."""
        return self._origins[BY_NAME[name].name]

    def replace(self, **changes: Any) -> Settings:
        """Return a copy in which ``changes`` override the values of all other sources."""
        values, origins = dict(self._values), dict(self._origins)
        for name, (value, origin) in from_arguments(changes).items():
            values[name] = typed_value(BY_NAME[name], value, origin)
            origins[name] = origin
        return Settings(values, origins, self.file)

    def reset(self, *names: str) -> Settings:
        """Return a copy in which the settings in ``names`` have their default values."""
        values, origins = dict(self._values), dict(self._origins)
        for name in names:
            values[name], origins[name] = BY_NAME[name].default, Origin("default")
        return Settings(values, origins, self.file)

    def require(self, *names: str) -> None:
        """Raise ConfigurationError if any setting in ``names`` has no value."""
        missing = [name for name in names if not self.is_set(name)]
        if missing:
            withheld = [str(self._origins[name]) for name in missing if self._origins[name].server]
            variables = _join_names([BY_NAME[name].env_names[0] for name in missing])
            reasons = "".join(f" {reason[0].upper()}{reason[1:]}." for reason in withheld)
            raise ConfigurationError(
                f"Missing {_join_names(missing)}.{reasons}",
                hint=f"Pass {'it as an option' if len(missing) == 1 else 'them as options'}, or set {variables}"
                f"{self._context_hint()}",
            )

    def required_secret(self, name: str) -> Secret:
        """Return the value of a secret setting.

        Raises ConfigurationError if the secret is not set.
        """
        value: Secret | None = self[name]
        if value is None:
            self.require(name)
        assert value is not None
        return value

    def _context_hint(self) -> str:
        if self.file.context or not self.file.contexts:
            return "."
        ignored = f" The current context {self.file.ignored!r} is for another server." if self.file.ignored else ""
        return f", or run `vca context use NAME` (available: {', '.join(self.file.contexts)}).{ignored}"

    def as_dict(self) -> dict[str, Any]:
        """Return ``{name: {"value": ..., "origin": str}}``, with secrets as ``***``."""
        return {
            name: {"value": str(_shown(value)) if _is_secret(value) else value, "origin": str(self._origins[name])}
            for name, value in self._values.items()
        }

    def secrets(self) -> list[Secret]:
        """Return all secrets that are set, except references that have not been read.

        Used to redact secrets in output.
        """
        known = [value.secret if isinstance(value, SecretSource) else value for value in self._values.values()]
        return [value for value in known if isinstance(value, Secret) and value]

    def account_key(self, environ: Mapping[str, str] | None = None) -> str:
        """Return a salted scrypt hash that identifies the account in a cache name.

        The hash covers all settings including secrets, and the content of files with secrets. The hash also covers all
        other ``VCA_*`` variables, because auth methods of plugins can read these variables.
        """
        env = os.environ if environ is None else environ
        parts = []
        for option in OPTIONS:
            value = self._values[option.name]
            if isinstance(value, SecretSource):
                parts.append(f"{option.name}={value.identity}")
            else:
                parts.append(f"{option.name}={value.reveal() if isinstance(value, Secret) else value!r}")
            if option.type == "path" and value and Path(value).is_file():
                parts.append(f"{option.name}:{_digest(Path(value))}")
        known = {name for option in OPTIONS for name in option.env_names}
        parts += [f"{name}={env[name]}" for name in sorted(env) if name.startswith("VCA_") and name not in known]
        salt = hashlib.sha256(f"{self._values['url']}\0{self._values['org']}".encode("utf-8", "surrogatepass")).digest()
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1, dklen=32).hex()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)!r}" for name, value in self._values.items() if value is not None)
        return f"Settings({shown})"


class _SecretAttribute:
    """Descriptor that returns the value of a secret setting.

    A secret by reference is read at first access.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Settings | None, owner: type[Settings]) -> Secret | None:
        value: Secret | SecretSource | None = None if instance is None else instance.__dict__[self._name]
        return value.read() if isinstance(value, SecretSource) else value

    def __set__(self, instance: Settings, value: object) -> None:
        raise FrozenInstanceError(self._name)


for _option in OPTIONS:
    if _option.type == "secret":
        setattr(Settings, _option.name, _SecretAttribute(_option.name))


def _without_foreign_credentials(
    values: Mapping[str, Any], origins: Mapping[str, Origin]
) -> tuple[dict[str, Any], dict[str, Origin]]:
    """Return values and origins, without file credentials for a different server."""
    kept, sources = dict(values), dict(origins)
    server = server_of(kept["url"], kept["service_type"])
    for name in CREDENTIALS:
        origin = sources[name]
        if origin.server and origin.server != server and kept[name] is not None:
            kept[name] = None
            reason = f"the {name} in {origin} is not used, because it is for {shown_server(origin.server)}"
            sources[name] = Origin(reason, origin.server)
    return kept, sources


def secrets_in_environment(environ: Mapping[str, str]) -> list[Secret]:
    """Return all secrets in the environment, even if other settings override them."""
    names = [name for option in OPTIONS if option.type == "secret" for name in option.env_names]
    return [Secret(environ[name]) for name in names if environ.get(name)]


def _is_secret(value: Any) -> bool:
    return isinstance(value, (Secret, SecretSource))


def _shown(value: Any) -> Any:
    """Return a value for display, with ``***`` for secrets."""
    return Secret(MASK) if isinstance(value, SecretSource) else value


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _join_names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
