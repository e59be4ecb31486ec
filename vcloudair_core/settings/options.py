"""Define all settings, and convert their values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.secret_sources import SecretSource
from vcloudair_core.transport.messages import origin_of
from vcloudair_core.util.redaction import Secret
from vcloudair_core.util.user_dirs import expand_user


class Option(NamedTuple):
    """The definition of a setting."""

    name: str
    type: str  # str | secret | bool | float | path | list
    summary: str
    aliases: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    default: Any = None

    @property
    def env_names(self) -> tuple[str, ...]:
        """Environment variables in order of precedence: ``VCA_<NAME>``, then older names."""
        return (f"VCA_{self.name.upper()}", *self.env)


def _option(kind: str, summary: str, *, default: Any = None, **more: tuple[str, ...]) -> Any:
    """Return a dataclass field for a setting.

    ``more`` can contain ``aliases``, ``env`` and ``choices``.
    """
    return field(default=default, metadata={"type": kind, "summary": summary, **more})


@dataclass(frozen=True, init=False, repr=False, eq=False)
class SettingValues:
    """Base class that declares each setting as a field.

    The documentation and the command-line options are generated from these fields.

    The value of a setting is None if it is not set and has no default. A secret by reference is read at first access.
    """

    service_type: str = _option(
        "str",
        "Type of the service: subscription portal (vchs), On-Demand (vca), or vCloud Director (vcd).",
        choices=("vchs", "vca", "vcd"),
        default="vcd",
    )
    url: str | None = _option("str", "Base URL of the API or portal.", aliases=("host", "hostname"), env=("VCA_HOST",))
    username: str | None = _option("str", "User name, without the organization.", aliases=("user",), env=("VCA_USER",))
    password: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "Password.", aliases=("pass", "passwd"), env=("VCA_PASS",)
    )
    org: str | None = _option("str", "Organization name.", aliases=("org_name",))
    vdc: str | None = _option("str", "Virtual data center name.", aliases=("vdc_name",), env=("VCA_VDC_NAME",))
    instance: str | None = _option(
        "str",
        "ID or name of the On-Demand instance or the subscription service.",
        aliases=("instance_id", "service_id"),
        env=("VCA_INSTANCE_ID", "VCA_SERVICE_ID"),
    )
    api_token: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "API token of a VMware Cloud Director user. For a service account, use api_token_file."
    )
    api_token_file: str | None = _option(
        "path",
        "JSON file with an API token, in the format of the Terraform provider. A rotated token is written back.",
    )
    token: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "Existing session token to use instead of signing in."
    )
    saml_token: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "SAML assertion of an identity provider to sign in with, as XML or base64."
    )
    saml_key_file: str | None = _option("path", "PEM file with the RSA key of a holder-of-key SAML assertion.")
    auth_method: str | None = _option("str", "Name of the auth method. Default: selected by the other settings.")
    api_version: str | None = _option("str", "API version to use, for example 36.3. Default: negotiated.")
    validate_certs: bool = _option(
        "bool",
        "Verify TLS certificates.",
        aliases=("verify_certs", "verify_ssl_certs"),
        env=("VCA_VERIFY_CERTS",),
        default=True,
    )
    ca_path: str | None = _option("path", "PEM file or directory of certificate authorities to trust.")
    timeout: float = _option(
        "float", "Seconds to wait for a response. Edge gateways take a long time to apply changes.", default=120.0
    )
    connect_timeout: float = _option("float", "Seconds to wait for a connection.", default=10.0)
    retries: float = _option("float", "Maximum number of retries of a request that is safe to repeat.", default=4.0)
    max_retry_wait: float = _option(
        "float", "Maximum time that one call waits before retries, in seconds.", default=60.0
    )
    max_retry_total: float = _option(
        "float",
        "Maximum time that all calls of a session, such as an Ansible task, wait before retries, in seconds.",
        default=600.0,
    )
    parallel_calls: float = _option(
        "float", "Maximum number of concurrent calls of one operation, such as reading pages.", default=8.0
    )
    allowed_origins: tuple[str, ...] | None = _option(
        "list", "Origins (https://host:port) to trust in links of the server. Trusted origins receive the token."
    )
    session_cache: bool = _option("bool", "Cache the session token, encrypted, for later processes.", default=True)
    cache_dir: str | None = _option("path", "Directory of the session cache.")
    state_dir: str | None = _option(
        "path", "Directory of locks, stages, run journals, key fingerprints and the audit log."
    )
    state_url: str | None = _option(
        "str",
        "Folder (file:///mnt/state) or object store (s3://bucket/path) of recovery runs that several hosts share. "
        "Default: the runs stay in state_dir.",
    )
    audit_log: bool = _option("bool", "Record every write in the audit log of this user on this host.", default=True)
    lock: bool = _option(
        "bool", "Serialize writes to an edge gateway between processes of this user on this host.", default=True
    )
    lock_timeout: float = _option(
        "float", "Seconds to wait for a lock that another process on this host holds.", default=600.0
    )
    protected_names: tuple[str, ...] | None = _option(
        "list", "Names of objects that must not be changed, moved or deleted. * and ? are wildcards."
    )
    firewall_lint: str = _option(
        "str",
        "Action if a changed firewall rule never matches, is redundant, or allows all traffic.",
        choices=("off", "warn", "reject"),
        default="warn",
    )
    edge: str | None = _option("str", "Edge gateway, by name or UUID.", aliases=("gateway", "gateway_name"))
    edge_api: str = _option(
        "str", "API to use for all edge gateways. Default: detected for each edge gateway.",
        choices=("auto", "hybridity", "network_xml", "network_json"), default="auto",
    )  # fmt: skip
    dr_provider: str = _option(
        "str",
        "API of disaster recovery: vr (DR 2.x) or vcda (VMware Cloud Director Availability). Default: vcda if vcda_url "
        "is set, otherwise vr.",
        choices=("auto", "vr", "vcda"), default="auto",
    )  # fmt: skip
    vcda_url: str | None = _option(
        "str", "Base URL of VMware Cloud Director Availability (VCDA) at the site that VMs are recovered to."
    )
    vcda_ca_path: str | None = _option(
        "path", "PEM file or directory of certificate authorities to trust for vcda_url. Default: ca_path."
    )
    vcda_version: str | None = _option("str", "API version of VCDA, for example 4.7. Default: the newest version.")
    vcda_peer_user: str | None = _option(
        "str", "User of the other VCDA site, as user@org. Migrations and reversed replications need this site."
    )
    vcda_peer_password: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "Password of vcda_peer_user."
    )
    vcda_peer_token: Secret | None = _option(  # noqa: RUF009 - it returns a field
        "secret", "Access token of the other site's VMware Cloud Director, instead of vcda_peer_user."
    )
    vcda_peer_org: str | None = _option(
        "str", "Org at the other VCDA site that is associated with this org, instead of vcda_peer_user."
    )
    vcda_peer_vcd_url: str | None = _option(
        "str",
        "Base URL of the other site's VMware Cloud Director, to check VMs there after a failback. It needs "
        "vcda_peer_user or vcda_peer_token.",
    )
    vcda_peer_vcd_ca_path: str | None = _option(
        "path", "PEM file or directory of certificate authorities to trust for vcda_peer_vcd_url. Default: ca_path."
    )
    vdc_group: str | None = _option("str", "VDC group of a distributed firewall, by name or URN.")


OPTIONS = tuple(Option(row.name, default=row.default, **row.metadata) for row in fields(SettingValues))

DEFAULT_URLS = {"vchs": "https://vchs.vmware.com", "vca": "https://vca.vmware.com"}
"""Default URLs of the two portals of vCloud Air. Source: protocol/sessions.md §1."""

BY_NAME = {name: option for option in OPTIONS for name in (option.name, *option.aliases)}
_TRUE = {"1", "true", "yes", "on", "y", "t"}
_FALSE = {"0", "false", "no", "off", "n", "f"}
CREDENTIALS = ("password", "api_token", "api_token_file", "token", "saml_token")


def server_of(url: str | None, service_type: str | None) -> str:
    """Return the origin of the sign-in server, such as ``https://host:443``.

    Return an empty string if no server is known.
    """
    text = (url or "").strip() or DEFAULT_URLS.get(str(service_type), "")
    if not text:
        return ""
    try:
        return origin_of(text if "://" in text else f"https://{text}")
    except ValueError:  # a malformed port, which is rejected later
        return text


def shown_server(server: str) -> str:
    """Return an origin as shown in messages, without the default port."""
    for scheme, port in (("https", ":443"), ("http", ":80")):
        if server.startswith(f"{scheme}://"):
            return server.removesuffix(port)
    return server


def _shown_origin(origin: object) -> object:
    return getattr(origin, "shown", origin)


def typed_value(option: Option, value: Any, origin: object) -> Any:
    """Convert a value to the type of its option.

    Raises ConfigurationError for an invalid value. The message of the error contains ``origin``.
    """
    if isinstance(value, SecretSource):
        return value
    try:
        converted = _CONVERTERS[option.type](value)
    except ValueError as exc:
        shown = "" if option.type == "secret" else f": {value!r}"
        raise ConfigurationError(
            f"Invalid value of setting {option.name!r}{shown} ({_shown_origin(origin)}). The value {exc}."
        ) from exc
    if option.choices and converted not in option.choices:
        raise ConfigurationError(
            f"Invalid value of setting {option.name!r}: {value!r} ({_shown_origin(origin)}). "
            f"The value must be one of {', '.join(option.choices)}."
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
        raise ValueError("is not a string")
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
