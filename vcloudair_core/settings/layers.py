"""Read setting values from arguments, environment and configuration file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.config_file import ConfigFile, read_config_file, refuse_readers
from vcloudair_core.settings.options import BY_NAME, CREDENTIALS, OPTIONS, server_of, shown_server
from vcloudair_core.settings.secret_sources import take_sources
from vcloudair_core.util.user_dirs import expand_user, user_folder


@dataclass(frozen=True)
class Origin:
    """The source of a value, such as ``env VCA_URL`` or ``file /path [context.NAME]``.

    ``server`` is set only for credentials from a configuration file. It is the only server (``https://host:port``) that
    may receive the credentials.
    """

    source: str
    server: str = ""
    place: str = ""
    """The source with its line number, for errors: ``file /path:3 [context.NAME]``."""

    def __str__(self) -> str:
        return self.source

    @property
    def shown(self) -> str:
        """The source for error messages, with the line number if it is known."""
        return self.place or self.source


@dataclass(frozen=True)
class FileUse:
    """The configuration file in use. ``path`` is None if no file is in use.

    ``context`` is the name of the context in use. ``contexts`` lists all contexts in the file. ``ignored`` is the name
    of the current context if it is ignored because its server differs from ``url``.
    """

    path: Path | None = None
    context: str | None = None
    ignored: str | None = None
    contexts: tuple[str, ...] = ()


Layer = dict[str, tuple[Any, Origin]]


def config_file_path(environ: Mapping[str, str], config_file: str | Path | None = None) -> Path:
    """Return the path of the configuration file, which may not exist.

    The path is ``config_file``, or ``VCA_CONFIG_FILE``, or the default path of the user, in this order.
    """
    named = config_file or environ.get("VCA_CONFIG_FILE") or None
    return expand_user(named) if named else default_config_file()


def default_config_file() -> Path:
    """Return the default path of the configuration file."""
    return (user_folder("config") or Path("/nonexistent/vcloudair")) / "config.toml"


def _is_unset(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def from_arguments(arguments: Mapping[str, Any]) -> Layer:
    """Return the settings that are set in ``arguments``.

    Raises ConfigurationError for an unknown setting, or if a setting and its alias have different values.
    """
    return _named(arguments, Origin("argument"))


def _named(values: Mapping[str, Any], origin: Origin, place_of: Callable[[str], str] = lambda name: "") -> Layer:
    layer: Layer = {}
    source = origin
    for name, value in values.items():
        option = BY_NAME.get(name)
        origin = replace(source, place=place_of(name))
        if option is None:
            near = difflib.get_close_matches(name, BY_NAME, n=1)
            raise ConfigurationError(
                f"Unknown setting: {name!r} ({origin.shown}).", hint=f"Did you mean {near[0]!r}?" if near else ""
            )
        if _is_unset(value):
            continue
        known = layer.get(option.name)
        if known is not None and str(known[0]) != str(value):
            raise ConfigurationError(
                f"Setting {option.name!r} has two different values. The second one is from {name!r} ({origin.shown}).",
                hint="Remove one of the values.",
            )
        layer[option.name] = (value, origin)
    return layer


def from_env(env: Mapping[str, str]) -> Layer:
    """Return the settings that are set in ``VCA_*`` environment variables."""
    layer: Layer = {}
    for option in OPTIONS:
        for variable in option.env_names:
            if not _is_unset(env.get(variable)):
                layer[option.name] = (env[variable], Origin(f"env {variable}"))
                break
    return layer


def open_file(env: Mapping[str, str], config_file: str | Path | None, context: str | None) -> ConfigFile | None:
    """Return the configuration file, or None if the default file does not exist.

    Raises: ConfigurationError if an explicitly named file does not exist or cannot be read, if other users can read
    passwords or tokens in it, or if a context is selected but no file exists.
    """
    path = config_file_path(env, config_file)
    is_named = bool(config_file or env.get("VCA_CONFIG_FILE"))
    if is_named or path.is_file():
        file = read_config_file(path)  # raises the error for a missing file
        refuse_readers(file, lambda name: name in BY_NAME and BY_NAME[name].type == "secret")
        return file
    if context:
        raise ConfigurationError(
            f"Context {context!r} does not exist. The configuration file {path} was not found.",
            hint=f"Run: vca context add {context} --url URL --org ORG",
        )
    return None


def from_file(file: ConfigFile, named: str | None, nearer: Layer) -> tuple[Layer, FileUse]:
    """Return the settings in the file, and a :class:`FileUse`.

    ``named`` is the name of a context that the user selected. ``nearer`` contains the settings from arguments and
    environment variables, which take precedence over the file.

    Raises: ConfigurationError if the context does not exist, or if its server differs from the server in ``nearer``.
    """
    top = _table_of(file, file.top, f"file {file.path}", {})
    name = named or file.current
    if name is None:
        return top, FileUse(file.path, contexts=tuple(file.contexts))
    layer = top | _table_of(file, file.context(name), f"file {file.path} [context.{name}]", top)
    own, chosen = _server(layer), _server(layer | nearer)
    if not own or own == chosen:
        return layer, FileUse(file.path, name, contexts=tuple(file.contexts))
    if named:
        source = nearer["url" if "url" in nearer else "service_type"][1]
        raise ConfigurationError(
            f"Context {name!r} is for {shown_server(own)}, but the setting url ({source}) is {shown_server(chosen)}.",
            hint="Select another context, or unset url (VCA_URL).",
        )
    return top, FileUse(file.path, ignored=name, contexts=tuple(file.contexts))


def _table_of(file: ConfigFile, table: Mapping[str, Any], source: str, above: Layer) -> Layer:
    """Return the settings in a table.

    Credentials in the table may be sent only to the server of the table. If the table does not set a server, the server
    in ``above`` counts as its server.
    """
    plain, references = take_sources(table, origin=source, folder=file.path.parent)
    layer = _named(plain, Origin(source), lambda key: source.replace(str(file.path), file.place(key, table), 1))
    for name, reference in references.items():
        layer[name] = (reference, Origin(source))
    server = _server(above | layer)
    return {
        name: (value, replace(origin, server=server if name in CREDENTIALS else ""))
        for name, (value, origin) in layer.items()
    }


def _server(layer: Layer) -> str:
    url, service_type = (layer[name][0] if name in layer else None for name in ("url", "service_type"))
    return server_of(str(url or ""), str(service_type or "").strip())
