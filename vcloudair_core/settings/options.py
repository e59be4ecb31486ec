"""The table of settings: names, types, environment variables and meaning, and the conversion of values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.secret_sources import SecretSource
from vcloudair_core.transport.messages import origin_of
from vcloudair_core.util.redaction import Secret
from vcloudair_core.util.user_dirs import expand_user


class Option(NamedTuple):
    """A setting as data: its name, other names for it, its type and its meaning."""

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


def _option(kind: str, summary: str, *, default: Any = None, **more: tuple[str, ...]) -> Any:
    """Return the field of a setting. ``more``: ``aliases``, ``env`` and ``choices`` of its :class:`Option`."""
    return field(default=default, metadata={"type": kind, "summary": summary, **more})


@dataclass(frozen=True, init=False, repr=False, eq=False)
class SettingValues:
    """The table of settings, one field each. Everything that lists settings is derived from it.

    None is the value of a setting that is not set. A secret that the configuration file gives by reference is read
    when its attribute is.
    """

    service_type: str = _option(
        "str",
        "Which API: subscription portal, On-Demand, or a vCloud Director directly.",
        choices=("vchs", "vca", "vcd"),
        default="vcd",
    )
    url: str | None = _option("str", "Base URL of the API or portal.", aliases=("host", "hostname"), env=("VCA_HOST",))
    username: str | None = _option("str", "User name, without the org.", aliases=("user",), env=("VCA_USER",))
    password: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "Password.", aliases=("pass", "passwd"), env=("VCA_PASS",)
    )
    org: str | None = _option("str", "Organization name.", aliases=("org_name",))
    vdc: str | None = _option("str", "Virtual data center name.", aliases=("vdc_name",), env=("VCA_VDC_NAME",))
    instance: str | None = _option(
        "str",
        "On-Demand instance, or subscription service: id or name.",
        aliases=("instance_id", "service_id"),
        env=("VCA_INSTANCE_ID", "VCA_SERVICE_ID"),
    )
    api_token: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "API token of a user of VMware Cloud Director. Service accounts: api_token_file."
    )
    api_token_file: str | None = _option(
        "path",
        "JSON file with an API token, in the format of Terraform's provider; a token that rotates is written back.",
    )
    token: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "A session token that is already there; no sign-in is made with it."
    )
    auth_method: str | None = _option("str", "Name of the sign-in method; chosen by the other settings when unset.")
    api_version: str | None = _option("str", "API version to pin, for example 36.3; negotiated when unset.")
    validate_certs: bool = _option(
        "bool",
        "Verify TLS certificates.",
        aliases=("verify_certs", "verify_ssl_certs"),
        env=("VCA_VERIFY_CERTS",),
        default=True,
    )
    ca_path: str | None = _option("path", "PEM file or directory of certificate authorities to trust.")
    timeout: float = _option("float", "Seconds to wait for an answer; edges take long to publish.", default=120.0)
    connect_timeout: float = _option("float", "Seconds to wait for a connection.", default=10.0)
    retries: float = _option("float", "How many times a request that is safe to repeat is tried again.", default=4.0)
    max_retry_wait: float = _option("float", "Seconds that one call may spend waiting between tries.", default=60.0)
    max_retry_total: float = _option(
        "float",
        "Seconds that all calls of one session, such as those of a task, may spend waiting between tries.",
        default=600.0,
    )
    parallel_calls: float = _option(
        "float", "How many calls of one operation may be under way at the same time, such as pages.", default=8.0
    )
    allowed_origins: tuple[str, ...] | None = _option(
        "list", "Further origins (https://host:port) that may be sent the token when the server names them."
    )
    session_cache: bool = _option("bool", "Keep the session token, encrypted, for the next process.", default=True)
    cache_dir: str | None = _option("path", "Folder of the session cache.")
    state_dir: str | None = _option("path", "Folder of locks, stages, and fingerprints of keys.")
    lock: bool = _option(
        "bool", "Among processes of this user and host, let one at a time write to an edge.", default=True
    )
    lock_timeout: float = _option(
        "float", "Seconds to wait for another process of this host to be done.", default=600.0
    )
    protected_names: tuple[str, ...] | None = _option(
        "list", "Objects that no plan may change, move or delete; * and ? match."
    )
    firewall_lint: str = _option(
        "str",
        "What becomes of changes to rules that never apply, say a thing twice or let all in.",
        choices=("off", "warn", "reject"),
        default="warn",
    )
    edge: str | None = _option("str", "Edge gateway, by name or UUID.", aliases=("gateway", "gateway_name"))
    edge_api: str = _option(
        "str", "API of all edge gateways, in place of the one that each of them has.",
        choices=("auto", "hybridity", "network_xml", "network_json"), default="auto",
    )  # fmt: skip


OPTIONS = tuple(Option(row.name, default=row.default, **row.metadata) for row in fields(SettingValues))

DEFAULT_URLS = {"vchs": "https://vchs.vmware.com", "vca": "https://vca.vmware.com"}
"""Where the two portals of vCloud Air live. Source: protocol/sessions.md §1."""

BY_NAME = {name: option for option in OPTIONS for name in (option.name, *option.aliases)}
_TRUE = {"1", "true", "yes", "on", "y", "t"}
_FALSE = {"0", "false", "no", "off", "n", "f"}
CREDENTIALS = ("password", "api_token", "api_token_file", "token")


def server_of(url: str | None, service_type: str | None) -> str:
    """Return the origin (``https://host:port``) that sign-in talks to; an empty string when it is not known."""
    text = (url or "").strip() or DEFAULT_URLS.get(str(service_type), "")
    if not text:
        return ""
    try:
        return origin_of(text if "://" in text else f"https://{text}")
    except ValueError:  # a malformed port: refused later, and equal to nothing but itself
        return text


def shown_server(server: str) -> str:
    """The origin for messages, without a default port."""
    for scheme, port in (("https", ":443"), ("http", ":80")):
        if server.startswith(f"{scheme}://"):
            return server.removesuffix(port)
    return server


def _shown_origin(origin: object) -> object:
    return getattr(origin, "shown", origin)


def typed_value(option: Option, value: Any, origin: object) -> Any:
    """Return the value in the type of its option. Raises ConfigurationError that names ``origin``."""
    if isinstance(value, SecretSource):
        return value
    try:
        converted = _CONVERTERS[option.type](value)
    except ValueError as exc:
        shown = "" if option.type == "secret" else f" {value!r}"
        raise ConfigurationError(f"Setting {option.name!r}{shown} ({_shown_origin(origin)}) {exc}.") from exc
    if option.choices and converted not in option.choices:
        raise ConfigurationError(
            f"Setting {option.name!r} {value!r} ({_shown_origin(origin)}) must be one of {', '.join(option.choices)}."
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
