"""Normalize base URLs, and join paths to base URLs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.settings import DEFAULT_URLS

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

# Paths that users copy from a browser or an API example, all below the base URL.
_ENDINGS = re.compile(
    r"(?:/api(?:/versions|/sessions?|/vchs(?:/sessions?|/services)?|/iam(?:/login)?|/sc)?"
    r"|/cloudapi(?:/[0-9.]+(?:/sessions.*)?)?|/(?:tenant|cloud/org|provider)(?:/.*)?|/cloud)/*$",
    re.IGNORECASE,
)
# Characters of a path that are not percent-encoded.
_SAFE_IN_PATH = "/%:@!$&'()*+,;=~-._?"


def base_url_of(settings: Settings) -> str:
    """Return the base URL in the settings, or the default URL of the service type.

    Raises: ConfigurationError if there is no URL, or if the URL is invalid.
    """
    url = settings.url or DEFAULT_URLS.get(settings.service_type)
    if not url:
        settings.require("url")
    return normalize_url(str(url))


def normalize_url(url: str) -> str:
    """Return a base URL without a trailing slash or API path. A path prefix is kept.

    The default scheme is https.

    Raises: ConfigurationError if the URL is invalid, or has a user name, a query or a fragment.
    """
    text = url.strip()
    text = text if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*://", text) else f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as exc:
        raise ConfigurationError("Invalid url. The host or port is malformed.", hint=_EXAMPLE) from exc
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", text):
        raise ConfigurationError("Invalid url. The URL does not have the form https://host.", hint=_EXAMPLE)
    if "@" in parts.netloc:
        raise ConfigurationError(
            "Invalid url. The URL contains a user name or password.",
            hint="Set username and password (VCA_USERNAME, VCA_PASSWORD) instead.",
        )
    if parts.query or parts.fragment:
        raise ConfigurationError("Invalid url. A base URL cannot have a query (?…) or fragment (#…).", hint=_EXAMPLE)
    host = parts.hostname.lower()
    host = f"[{host}]" if ":" in host else host
    is_default = port in (None, {"http": 80, "https": 443}[parts.scheme.lower()])
    path = _ENDINGS.sub("", parts.path.rstrip("/")).rstrip("/")
    return f"{parts.scheme.lower()}://{host}{'' if is_default else f':{port}'}{path}"


def is_absolute(path: str) -> bool:
    """Return True for a URL with a host: ``scheme://host/…`` or ``//host/…``."""
    return bool(re.match(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//", path))


def join(base_url: str, path: str) -> str:
    """Append a path to a base URL.

    A path prefix of the base URL is kept, because the base URLs of On-Demand have a prefix. If the path already
    starts with this prefix, for example in a ``Location`` header, the prefix is not repeated.

    Raises: ConfigurationError for a path with ``.`` or ``..`` segments.
    """
    reject_dot_segments(path)
    path = quote(path if path.startswith("/") else f"/{path}", safe=_SAFE_IN_PATH)
    prefix = urlsplit(base_url).path
    if prefix and path.startswith(f"{prefix}/"):
        path = path[len(prefix) :]
    return base_url + path


def reject_dot_segments(path: str) -> None:
    """Raise ConfigurationError for a path with ``.`` or ``..`` segments."""
    if any(unquote(segment) in (".", "..") for segment in re.split(r"[/\\]", path.partition("?")[0])):
        raise ConfigurationError(
            f"Invalid path: {path!r} has a '.' or '..' segment. Nothing was sent.", hint="Check the name or ID."
        )


_EXAMPLE = "Set url (VCA_URL) to a value such as https://vcd.example.com."
