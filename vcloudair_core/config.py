"""Settings: arguments beat the environment, the environment beats the file; each value remembers where it came from.

The names are the same everywhere: here, on the command line, in modules, in the inventory plugin and, as
``VCA_<NAME>``, in the environment. An empty string counts as unset, because AWX injects
empty strings for fields left blank.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.redact import Secret

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Option:
    """One setting: its name, other names for it, its type and what it means."""

    name: str
    type: str  # str | secret | bool | float | path | list
    summary: str
    aliases: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    default: Any = None

    @property
    def env_names(self) -> tuple[str, ...]:
        """Environment variables, the first one first: ``VCA_<NAME>``, then historic ones."""
        return (f"VCA_{self.name.upper()}", *self.env)


OPTIONS: tuple[Option, ...] = (
    Option(
        "service_type", "str", "Which API: subscription portal, On-Demand, or a vCloud Director directly.",
        choices=("vchs", "vca", "vcd"), default="vcd",
    ),
    Option("url", "str", "Base URL of the API or portal.", aliases=("host", "hostname"), env=("VCA_HOST",)),
    Option("username", "str", "User name, without the org.", aliases=("user",), env=("VCA_USER",)),
    Option("password", "secret", "Password.", aliases=("pass", "passwd"), env=("VCA_PASS",)),
    Option("org", "str", "Organization name.", aliases=("org_name",)),
    Option("vdc", "str", "Virtual data center name.", aliases=("vdc_name",), env=("VCA_VDC_NAME",)),
    Option(
        "instance", "str", "On-Demand instance, or subscription service: id or name.",
        aliases=("instance_id", "service_id"), env=("VCA_INSTANCE_ID", "VCA_SERVICE_ID"),
    ),
    Option("api_token", "secret", "API token of a user of VMware Cloud Director. Service accounts: api_token_file."),
    Option(
        "api_token_file", "path",
        "JSON file with an API token, in the format of Terraform's provider; a token that rotates is written back.",
    ),
    Option("token", "secret", "A session token that is already there; no sign-in is made with it."),
    Option("auth_method", "str", "Name of the sign-in method; chosen by the other settings when unset."),
    Option("api_version", "str", "API version to pin, for example 36.3; negotiated when unset."),
    Option(
        "validate_certs", "bool", "Verify TLS certificates.",
        aliases=("verify_certs", "verify_ssl_certs"), env=("VCA_VERIFY_CERTS",), default=True,
    ),
    Option("ca_path", "path", "PEM file or directory of certificate authorities to trust."),
    Option("timeout", "float", "Seconds to wait for an answer; edges take long to publish.", default=120.0),
    Option("connect_timeout", "float", "Seconds to wait for a connection.", default=10.0),
    Option("retries", "float", "How many times a request that is safe to repeat is tried again.", default=4.0),
    Option("max_retry_wait", "float", "Seconds that one call may spend waiting between tries.", default=60.0),
    Option(
        "max_retry_total", "float",
        "Seconds that all calls of one session, such as those of a task, may spend waiting between tries.",
        default=600.0,
    ),
    Option(
        "parallel_calls", "float", "How many calls of one operation may be under way at the same time, such as pages.",
        default=8.0,
    ),
    Option(
        "allowed_origins", "list",
        "Further origins (https://host:port) that may be sent the token when the server names them.",
    ),
    Option("session_cache", "bool", "Keep the session token, encrypted, for the next process.", default=True),
    Option("cache_dir", "path", "Folder of the session cache."),
    Option("state_dir", "path", "Folder of locks, stages, and fingerprints of keys."),
    Option("lock", "bool", "Among processes of this user and host, let one at a time write to an edge.", default=True),
    Option("lock_timeout", "float", "Seconds to wait for another process of this host to be done.", default=600.0),
    Option("protected_names", "list", "Objects that no plan may change, move or delete; * and ? match."),
    Option(
        "firewall_lint", "str", "What becomes of changes to rules that never apply, say a thing twice or let all in.",
        choices=("off", "warn", "veto"), default="warn",
    ),
    Option("edge", "str", "Edge gateway, by name or UUID.", aliases=("gateway", "gateway_name")),
    Option(
        "edge_api", "str", "Wire form of the edge API; chosen by service_type when unset.",
        choices=("auto", "hybridity", "network_xml", "network_json"), default="auto",
    ),
)  # fmt: skip

_BY_NAME = {name: option for option in OPTIONS for name in (option.name, *option.aliases)}
_TRUE = {"1", "true", "yes", "on", "y", "t"}
_FALSE = {"0", "false", "no", "off", "n", "f"}


@dataclass(frozen=True)
class Origin:
    """Where a value came from: ``argument``, ``env VCA_URL``, ``file /path [profile]`` or ``default``."""

    source: str

    def __str__(self) -> str:
        return self.source


class Settings:
    """An immutable set of settings.

    ``settings.url`` or ``settings["url"]`` give the value (None when unset; secrets as :class:`Secret`);
    ``settings.origin("url")`` tells where it came from. Build one with :meth:`load`.
    """

    __slots__ = ("_origins", "_values")

    def __init__(self, values: Mapping[str, Any], origins: Mapping[str, Origin]) -> None:
        self._values = dict(values)
        self._origins = dict(origins)

    @classmethod
    def load(
        cls,
        arguments: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        config_file: str | Path | None = None,
        profile: str | None = None,
    ) -> Settings:
        """Merge arguments over the environment over the file over defaults.

        ``arguments`` may use aliases; None and empty strings count as unset. ``config_file`` defaults to
        ``VCA_CONFIG_FILE``, else ``vcloudair/config.toml`` in the user's configuration folder if it exists;
        ``profile`` (or ``VCA_PROFILE``) names the table ``[profile.<name>]`` in it.

        Raises: ConfigurationError on an unknown name, a bad value, two names of one option with different values, or
        a file that cannot be read.
        """
        env = os.environ if environ is None else environ
        values: dict[str, Any] = {option.name: option.default for option in OPTIONS}
        origins: dict[str, Origin] = {option.name: Origin("default") for option in OPTIONS}
        for layer in (_from_file(env, config_file, profile), _from_env(env), _from_arguments(arguments or {})):
            for name, (value, origin) in layer.items():
                values[name] = _typed(_BY_NAME[name], value, origin)
                origins[name] = origin
        return cls(values, origins)

    def __getitem__(self, name: str) -> Any:
        option = _BY_NAME.get(name)
        if option is None:
            raise KeyError(name)
        return self._values[option.name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def origin(self, name: str) -> Origin:
        """Where the value of ``name`` came from."""
        return self._origins[_BY_NAME[name].name]

    def replace(self, **changes: Any) -> Settings:
        """A copy with some values changed, as if given as arguments."""
        values, origins = dict(self._values), dict(self._origins)
        for name, (value, origin) in _from_arguments(changes).items():
            values[name] = _typed(_BY_NAME[name], value, origin)
            origins[name] = origin
        return Settings(values, origins)

    def require(self, *names: str) -> None:
        """Raises ConfigurationError that names every missing setting and how to give it."""
        missing = [name for name in names if self[name] in (None, "", Secret(""))]
        if missing:
            raise ConfigurationError(
                f"Missing {_listed(missing)}.",
                hint=f"Give it as an option, or set {_listed([_BY_NAME[name].env_names[0] for name in missing])}.",
            )

    def as_dict(self) -> dict[str, Any]:
        """Shape: ``{name: {"value": ..., "origin": str}}``; secrets as ``***``."""
        return {
            name: {"value": str(value) if isinstance(value, Secret) else value, "origin": str(self._origins[name])}
            for name, value in self._values.items()
        }

    def secrets(self) -> list[Secret]:
        """Every secret value that is set: what redaction must hide."""
        return [value for value in self._values.values() if isinstance(value, Secret) and value]

    def account_key(self, environ: Mapping[str, str] | None = None) -> str:
        """Return a slow, salted hash of everything that decides which account signs in, to tell caches apart.

        It covers every setting, secrets included, the contents of the files that they name, and the other ``VCA_*``
        variables, which sign-in methods of plugins may read. None of it can be read back.
        """
        env = os.environ if environ is None else environ
        parts = []
        for option in OPTIONS:
            value = self._values[option.name]
            parts.append(f"{option.name}={value.reveal() if isinstance(value, Secret) else value!r}")
            if option.type == "path" and value and Path(value).is_file():
                parts.append(f"{option.name}:{_digest(Path(value))}")
        known = {name for option in OPTIONS for name in option.env_names}
        parts += [f"{name}={env[name]}" for name in sorted(env) if name.startswith("VCA_") and name not in known]
        salt = hashlib.sha256(f"{self._values['url']}\0{self._values['org']}".encode("utf-8", "surrogatepass")).digest()
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1, dklen=32).hex()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._values.items() if value is not None)
        return f"Settings({shown})"


def secrets_in_environment(environ: Mapping[str, str]) -> list[Secret]:
    """Secrets in the environment, also those that another value has taken the place of: programs inherit them."""
    names = [name for option in OPTIONS if option.type == "secret" for name in option.env_names]
    return [Secret(environ[name]) for name in names if environ.get(name)]


def default_config_file() -> Path:
    """Where the configuration file is looked for when none is named."""
    return (user_folder("config") or Path("/nonexistent/vcloudair")) / "config.toml"


def user_folder(kind: str) -> Path | None:
    """Return the user's folder of a kind (``config``, ``cache``, ``state``), or None for a user without a home."""
    import platformdirs

    try:
        folder = Path(getattr(platformdirs, f"user_{kind}_dir")("vcloudair"))
    except RuntimeError:  # newer versions; older ones leave "~" in the path
        return None
    return folder if folder.is_absolute() else None


def expand_user(path: str | Path) -> Path:
    """Return the path with ``~`` replaced, or as it is where the user has no home."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError without a home


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _is_unset(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _from_arguments(arguments: Mapping[str, Any]) -> dict[str, tuple[Any, Origin]]:
    return _named(arguments, Origin("argument"))


def _named(given: Mapping[str, Any], origin: Origin) -> dict[str, tuple[Any, Origin]]:
    found: dict[str, tuple[Any, Origin]] = {}
    for name, value in given.items():
        option = _BY_NAME.get(name)
        if option is None:
            near = difflib.get_close_matches(name, _BY_NAME, n=1)
            raise ConfigurationError(
                f"Unknown setting {name!r} ({origin}).", hint=f"Did you mean {near[0]!r}?" if near else ""
            )
        if _is_unset(value):
            continue
        known = found.get(option.name)
        if known is not None and str(known[0]) != str(value):
            raise ConfigurationError(
                f"Setting {option.name!r} is given twice with different values, once as {name!r} ({origin})."
            )
        found[option.name] = (value, origin)
    return found


def _from_env(env: Mapping[str, str]) -> dict[str, tuple[Any, Origin]]:
    found: dict[str, tuple[Any, Origin]] = {}
    for option in OPTIONS:
        for variable in option.env_names:
            if not _is_unset(env.get(variable)):
                found[option.name] = (env[variable], Origin(f"env {variable}"))
                break
    return found


def _from_file(
    env: Mapping[str, str], config_file: str | Path | None, profile: str | None
) -> dict[str, tuple[Any, Origin]]:
    named = config_file or env.get("VCA_CONFIG_FILE") or None
    profile = profile or env.get("VCA_PROFILE") or None
    path = expand_user(named) if named else default_config_file()
    if not path.is_file():
        if named or profile:
            wanted = f" (for profile {profile!r})" if profile and not named else ""
            raise ConfigurationError(f"The configuration file {path} does not exist{wanted}.")
        return {}
    tree = _read_toml(path)
    _warn_of_readers(path, tree)
    profiles = tree.pop("profile", {})
    found = _named(tree, Origin(f"file {path}"))
    if profile:
        if not isinstance(profiles, dict) or profile not in profiles:
            raise ConfigurationError(
                f"{path} has no profile {profile!r}.", hint=f"It has: {', '.join(profiles) or 'none'}."
            )
        found |= _named(profiles[profile], Origin(f"file {path} [profile.{profile}]"))
    return found


def _warn_of_readers(path: Path, tree: Mapping[str, Any]) -> None:
    """Others who can read a file of passwords have them. It is used all the same: it would be no safer unused."""
    parts = [tree, *(tree.get("profile") or {}).values()] if isinstance(tree.get("profile", {}), dict) else [tree]
    names = {name for part in parts if isinstance(part, dict) for name in part}
    held = sorted(name for name in names if name in _BY_NAME and _BY_NAME[name].type == "secret")
    if held and os.name == "posix" and path.stat().st_mode & 0o077:
        _log.warning("Others can read %s, which holds %s. Run: chmod 600 %s", path, _listed(held), path)


def _read_toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        tree: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return tree
    except RecursionError as exc:
        raise ConfigurationError(f"The configuration file {path} cannot be read: it is nested too deep.") from exc
    except (OSError, ValueError) as exc:  # no UTF-8, no TOML, a number of 5,000 digits
        raise ConfigurationError(f"The configuration file {path} cannot be read: {exc}.") from exc


def _typed(option: Option, value: Any, origin: Origin) -> Any:
    try:
        converted = _CONVERTERS[option.type](value)
    except ValueError as exc:
        shown = "" if option.type == "secret" else f" {value!r}"
        raise ConfigurationError(f"Setting {option.name!r}{shown} ({origin}) {exc}.") from exc
    if option.choices and converted not in option.choices:
        raise ConfigurationError(
            f"Setting {option.name!r} {value!r} ({origin}) must be one of {', '.join(option.choices)}."
        )
    return converted


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("is not a boolean (use true or false)")


def _to_positive(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("is not a number") from None
    if not 0 <= number < 1e9:
        raise ValueError("must be zero or more")
    return number


def _to_text(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        raise ValueError("is not text")
    return str(value).strip()


def _to_list(value: Any) -> tuple[str, ...]:
    items = value.replace(",", " ").split() if isinstance(value, str) else value
    return tuple(str(item).strip() for item in items)


_CONVERTERS: dict[str, Any] = {
    "str": _to_text,
    "path": lambda value: str(expand_user(_to_text(value))),
    "secret": lambda value: value if isinstance(value, Secret) else Secret(str(value)),
    "bool": _to_bool,
    "float": _to_positive,
    "list": _to_list,
}
