"""Rules for the origins to which a token or a password can be sent.

Trusted origins are the issuer of the token, origins with the same registrable domain, and the entries of
``allowed_origins``. Registrable domains follow the public suffix list. Plain http is never trusted if the issuer uses
https. The same registrable domain is trusted because the portal, the regions and the vCloud Director servers have
different hosts (source: protocol/sessions.md §1.2).
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.errors import ConfigurationError, ConnectionFailedError
from vcloudair_core.transport.messages import origin_of
from vcloudair_core.util.xml import excerpt_of

_ODD = re.compile(r"[\x00-\x20\\]")
"""Characters that URL parsers handle differently: spaces, controls, backslashes."""
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z", re.IGNORECASE)


class UntrustedOriginError(ConnectionFailedError):
    """The token must not be sent to the origin of a link. Nothing was sent."""


class Origins:
    """The origins to which a token can be sent.

    ``issuer`` is any URL of the server that issued the token.
    """

    def __init__(self, issuer: str, allowed: Iterable[str] = ()) -> None:
        self._issuer = issuer
        self._issuer_origin = origin_of(issuer)
        self._is_https = urlsplit(issuer).scheme.lower() == "https"
        self._allowed = frozenset(_allowed_origin(entry) for entry in allowed)

    def admit(self, url: str) -> str:
        """Return ``url``. Raises UntrustedOriginError if its origin is not trusted."""
        parts = _split(url)
        scheme = parts.scheme.lower()
        if scheme == "http" and self._is_https:
            raise UntrustedOriginError(
                f"The server sent a link from https to plain http: {shown_origin(url)}. The link was not followed.",
                hint="Ask the operator of the server to check its public address. A proxy that terminates TLS can "
                "cause this error.",
            )
        if self.is_trusted(url):
            return url
        raise UntrustedOriginError(
            f"The server {self._issuer_origin} sent a link to another domain: {shown_origin(url)}. The token was not "
            "sent there.",
            hint=f"Set allowed_origins (VCA_ALLOWED_ORIGINS) to {shown_origin(url)} if you trust that host.",
        )

    def is_trusted(self, url: str) -> bool:
        """Return True if a token can be sent to this URL. Return False for an invalid URL."""
        try:
            _split(url)
        except UntrustedOriginError:
            return False
        origin = origin_of(url)
        if self._is_https and origin.startswith("http://"):
            return False
        if origin == self._issuer_origin or origin in self._allowed:
            return True
        # Last, because it loads the public suffix list.
        return owner_of(url) == owner_of(self._issuer)


def owner_of(url: str) -> str:
    """Return the registrable domain of a URL, such as ``example.com``.

    For IP addresses and names without a dot, return the host.
    """
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    if "." not in host or _is_address(host):
        return host
    return _registrable(host) or host


def shown_origin(url: str) -> str:
    """Return ``scheme://host[:port]`` for messages. A default port is omitted."""
    origin = origin_of(url)
    for scheme, port in (("https", ":443"), ("http", ":80")):
        if origin.startswith(f"{scheme}://") and origin.endswith(port):
            return origin[: -len(port)]
    return origin


def _split(url: str) -> Any:
    """Split an absolute URL.

    Raises UntrustedOriginError if the text is not an absolute URL, or if the URL has a user name.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError if the port is not a number
    except ValueError as exc:
        raise UntrustedOriginError(f"The server sent a link that is not a URL: {excerpt_of(url)!r}.") from exc
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or _ODD.search(url):
        raise UntrustedOriginError(f"The server sent a link that is not a URL: {excerpt_of(url)!r}.")
    if "@" in parts.netloc:
        raise UntrustedOriginError(
            f"The server sent a link that contains a user name: {shown_origin(url)}. The link was not followed."
        )
    return parts


def _is_address(host: str) -> bool:
    # The socket functions accept 10.0.0.010 and 0x7f.1 as addresses, but ipaddress rejects them.
    if _NUMBER.match(host.rpartition(".")[2]):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=256)
def _registrable(host: str) -> str:
    suffix = _suffixes().privatesuffix(host)
    return str(suffix or "")


@functools.lru_cache(maxsize=1)
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _allowed_origin(entry: str) -> str:
    text = entry if "://" in entry else f"https://{entry}"
    try:
        origin = origin_of(text)
        if urlsplit(text).scheme.lower() in ("http", "https") and urlsplit(text).hostname:
            return origin
    except ValueError:
        pass
    raise ConfigurationError(
        f"Invalid entry in allowed_origins: {excerpt_of(entry)!r} is not an origin.",
        hint="Write https://host or https://host:port.",
    )
