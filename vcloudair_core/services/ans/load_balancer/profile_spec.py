"""Specs of monitors, application rules and application profiles.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from vcloudair_core.engine.canonical import fold
from vcloudair_core.engine.fields import FieldInfo, spec_field
from vcloudair_core.engine.rulelist import NamedSpec
from vcloudair_core.engine.validation import Reader
from vcloudair_core.services.ans.section.rule_fields import clear_key

MONITOR_TYPES = ("tcp", "http", "https", "udp", "icmp")
PERSISTENCE = ("cookie", "sourceip", "ssl_sessionid", "msrdp")
PROTOCOLS = ("tcp", "udp", "http", "https")
WEB_TYPES = ("http", "https")
_WEB_FIELDS = ("method", "url_path", "expected")


def name_field(noun: str) -> Any:
    """Return the name field of a spec. The name identifies the object."""
    return spec_field(f"Name of the {noun}. It identifies the {noun}.", identity=True, required=True)


def text_field(summary: str) -> Any:
    """Return a text field that ``clear`` can reset to an empty string."""
    return spec_field(summary, absent="", read=Reader.clearable)


def _method(text: str) -> str:
    return fold(text) or "get"


def _url(text: str) -> str:
    return text or "/"


@dataclass(frozen=True)
class MonitorSpec(NamedSpec):
    """A service monitor, which checks the members of pools.

    A field that is None keeps its value.
    """

    name: str | None = name_field("monitor")
    type: str | None = spec_field(
        "Protocol of the check. Required for a new monitor.", canonical=fold, choices=MONITOR_TYPES
    )
    interval: int | None = spec_field("Time between two checks.", absent=5, bounds=(1, None), unit="seconds")
    response_timeout: int | None = spec_field(
        "Time in which a member must respond.", absent=15, bounds=(1, None), unit="seconds"
    )
    max_retries: int | None = spec_field(
        "Number of failed checks after which a member is down.", absent=3, bounds=(1, None)
    )
    method: str | None = spec_field(
        "HTTP method of the check. Only for the types `http` and `https`. The default is `GET`.",
        canonical=_method,
        absent="",
    )
    url_path: str | None = spec_field(
        "URL path of the check, such as `/health`. Only for the types `http` and `https`. The default is `/`.",
        canonical=_url,
        absent="",
        read=Reader.clearable,
    )
    expected: str | None = text_field(
        "Start of the status line that the check expects, such as ``HTTP/1.1 200``. Only for the types `http` and "
        "`https`."
    )
    send: str | None = text_field("Data that the check sends. Not for the type `icmp`.")
    receive: str | None = text_field("String that the response must contain. Not for the type `icmp`.")
    extension: str | None = text_field("More parameters of the check, as lines in the form ``key=value``.")

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("url_path", "expected", "send", "receive", "extension")
    }

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        if self.type is None or self.type in WEB_TYPES:
            return []
        fields = [*_WEB_FIELDS, *(("send", "receive") if self.type == "icmp" else ())]
        return [(name, f"cannot be combined with type {self.type}") for name in fields if getattr(self, name)]


def script_meaning(text: str) -> str:
    """Return a script without blank space at the ends of its lines, for comparison."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@dataclass(frozen=True)
class LbApplicationRuleSpec(NamedSpec):
    """An application rule, a script that virtual servers apply to traffic.

    A field that is None keeps its value.
    """

    name: str | None = name_field("application rule")
    script: str | None = spec_field(
        "Script of the rule, in the syntax of HAProxy. Required for a new application rule.",
        "The server checks the syntax. Space at the ends of lines is ignored in comparisons.",
        canonical=script_meaning,
        read=Reader.text,
    )


@dataclass(frozen=True)
class LbApplicationProfileSpec(NamedSpec):
    """An application profile, which defines how virtual servers treat traffic.

    A field that is None keeps its value.
    """

    name: str | None = name_field("application profile")
    type: str | None = spec_field(
        "Type of the traffic. Required for a new application profile.", canonical=fold, choices=PROTOCOLS
    )
    persistence: str | None = spec_field(
        "Method that keeps the connections of a client on one member. By default, there is none.",
        canonical=fold,
        absent="",
        suggestions=PERSISTENCE,
        read=Reader.clearable,
    )
    cookie_name: str | None = spec_field("Name of the cookie. Only with `persistence=cookie`.", absent="")
    cookie_mode: str | None = spec_field(
        "Mode of the cookie, one of `insert`, `prefix` and `app`. Only with `persistence=cookie`.",
        canonical=fold,
        absent="",
        suggestions=("insert", "prefix", "app"),
    )
    persistence_timeout: int | None = spec_field(
        "Time after which persistence expires.", bounds=(1, None), unit="seconds"
    )
    http_redirect_url: str | None = text_field("URL to which HTTP requests are redirected.")
    x_forwarded_for: bool | None = spec_field(
        "Whether to add the HTTP header ``X-Forwarded-For`` with the IP address of the client.", absent=False
    )
    ssl_passthrough: bool | None = spec_field("Whether members decrypt HTTPS, not the edge gateway.", absent=False)
    pool_side_ssl: bool | None = spec_field(
        "Whether the edge gateway encrypts the connections to members.", absent=False
    )
    certificate: str | None = spec_field(
        "Name or ID of the certificate with which the edge gateway decrypts HTTPS. The lookup takes one more API call.",
        absent="",
        read=Reader.clearable,
    )
    ca_certificates: tuple[str, ...] | None = spec_field(
        "Names or IDs of the CA certificates that verify certificates of clients.", absent=(), unordered=True
    )

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "clear": clear_key("persistence", "http_redirect_url", "certificate")
    }

    def complaints(self) -> list[tuple[str, str]]:
        """Return errors that the field declarations do not detect.

        Shape: ``[(field, reason)]``.
        """
        if self.persistence and fold(self.persistence) not in PERSISTENCE:
            return [("persistence", f"{self.persistence!r} is unknown; use one of {', '.join(PERSISTENCE)}")]
        if self.persistence is None or fold(self.persistence) == "cookie":
            return []
        fields = ("cookie_name", "cookie_mode")
        return [(name, "needs persistence: cookie") for name in fields if getattr(self, name)]
