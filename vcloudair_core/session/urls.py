"""The base URL as people give it, made into what paths can be appended to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.settings import DEFAULT_URLS

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

# What people paste from a browser or from a client's documentation; all below the base.
_ENDINGS = re.compile(
    r"(?:/api(?:/versions|/sessions?|/vchs(?:/sessions?|/services)?|/iam(?:/login)?|/sc)?"
    r"|/cloudapi(?:/[0-9.]+(?:/sessions.*)?)?|/(?:tenant|cloud/org|provider)(?:/.*)?|/cloud)/*$",
    re.IGNORECASE,
)
# Characters that may stand in a path of ours as they are; everything else is percent-encoded.
_SAFE_IN_PATH = "/%:@!$&'()*+,;=~-._?"


def base_url_of(settings: Settings) -> str:
    """The base URL that settings name, else the flavor's own. Raises ConfigurationError."""
    url = settings.url or DEFAULT_URLS.get(settings.service_type)
    if not url:
        settings.require("url")
    return normalize_url(str(url))


def normalize_url(url: str) -> str:
    """A base URL without a trailing slash or any part of the API's own paths; a prefix is kept.

    A missing scheme becomes https; plain http is kept only when it was written out.

    Raises: ConfigurationError when it is no URL, or holds a user name, a query or a fragment.
    """
    text = url.strip()
    text = text if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*://", text) else f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as exc:
        raise ConfigurationError("url is not a URL: its port or host is malformed.", hint=_EXAMPLE) from exc
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", text):
        raise ConfigurationError("url is not a URL of the form https://host.", hint=_EXAMPLE)
    if "@" in parts.netloc:
        raise ConfigurationError(
            "url holds a user name or password.",
            hint="Give them as username and password (VCA_USERNAME, VCA_PASSWORD).",
        )
    if parts.query or parts.fragment:
        raise ConfigurationError("url holds a query (?…) or fragment (#…), which a base URL cannot.", hint=_EXAMPLE)
    host = parts.hostname.lower()
    host = f"[{host}]" if ":" in host else host
    is_default = port in (None, {"http": 80, "https": 443}[parts.scheme.lower()])
    path = _ENDINGS.sub("", parts.path.rstrip("/")).rstrip("/")
    return f"{parts.scheme.lower()}://{host}{'' if is_default else f':{port}'}{path}"


def is_absolute(path: str) -> bool:
    """True for a URL with a scheme, and for ``//host/…``, which names a host too."""
    return bool(re.match(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//", path))


def join(base_url: str, path: str) -> str:
    """Append a path to a base URL: never from the host's root, since On-Demand lives under a prefix.

    A path that already begins with the base's own prefix (as a ``Location`` may) is not given it twice.

    Raises ConfigurationError as :func:`reject_dot_segments` does.
    """
    reject_dot_segments(path)
    path = quote(path if path.startswith("/") else f"/{path}", safe=_SAFE_IN_PATH)
    prefix = urlsplit(base_url).path
    if prefix and path.startswith(f"{prefix}/"):
        path = path[len(prefix) :]
    return base_url + path


def reject_dot_segments(path: str) -> None:
    """Raises ConfigurationError for a path with ``..`` in it, however it is spelled: it would lead elsewhere."""
    if any(unquote(segment) in (".", "..") for segment in re.split(r"[/\\]", path.partition("?")[0])):
        raise ConfigurationError(
            f"The path {path!r} has a '.' or '..' in it, so nothing was sent.", hint="Is an id or name given wrong?"
        )


_EXAMPLE = "Example: https://vcd.example.com"
