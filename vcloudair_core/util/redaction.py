"""Redact secrets in text, headers and structured data.

Known secrets are wrapped in :class:`Secret`, which is always displayed as ``***``. External text, such as errors,
headers and bodies of a server, is passed to :func:`redact_text` or :func:`redacted_exchange`. These functions redact
known secrets anywhere in the text. They also redact any value whose name indicates a secret (``psk``, ``password``,
``Authorization`` …).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from vcloudair_core.transport.messages import Exchange, Headers, Request, Response

MASK = "***"
_MOST_SPELLED = 256

_NAMES = (
    "password|passwd|passphrase|psk|presharedkey|pre_shared_key|peercode|peer_code|sharedsecret|shared_secret"
    "|secret|privatekey|private_key|token|api_token|access_token|refresh_token|authorization|authorizationtoken|cookie|credential|credentials"
)
_SECRET_HEADER = re.compile(r"authorization|cookie|token|password|secret|vcav-auth", re.IGNORECASE)
_SECRET_KEY = re.compile(rf"(?:^|_|-)(?:{_NAMES})$", re.IGNORECASE)
# Text can be truncated, so an unterminated value is redacted to the end of the text.
_IN_JSON = re.compile(rf'("(?:\w*_)?(?:{_NAMES})"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?\Z)|-?\d[\d.eE+-]*)', re.IGNORECASE)
_IN_XML_ELEMENT = re.compile(
    rf"(<(?:\w+:)?(?:{_NAMES})(?:\s[^<>]*)?(?<!/)>)(?:\s*<!\[CDATA\[.*?(?:\]\]>|\Z)|[^<]+)", re.IGNORECASE | re.DOTALL
)
_IN_ATTRIBUTE = re.compile(rf"\b((?:{_NAMES})\s*=\s*)(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))", re.IGNORECASE)
# Proxies repeat request headers in HTML pages and plain text.
_HEADER_LINE = re.compile(
    r"(?<![\w\"'-])((?:[\w-]*-)?(?:authorization|cookie|access-token|api-token|vcav-auth)\s*:\s*)[^\r\n<]+",
    re.IGNORECASE,
)
_IN_QUERY = re.compile(rf"([?&;](?:{_NAMES})=)[^&#\s\"'<>]*", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic|SIGN)\s+[A-Za-z0-9+/=._~-]{6,}")
_URL_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@\"'<>]+@", re.IGNORECASE)
_MAY_NAME_A_SECRET = re.compile("[:<=]|Bearer|Basic|SIGN")
"""Signs and words that every match of the patterns contains.

Most values, such as addresses, contain none of them.
"""


def as_bytes(value: str) -> bytes:
    """Encode a secret as UTF-8. Undecodable bytes from the environment are preserved."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


class Secret:
    """A string that is always displayed as ``***``.

    Only :meth:`reveal` returns the value.

    Secrets with the same value are equal. Secrets cannot be pickled, which prevents accidental writes to files.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str | Secret) -> None:
        self._value: str = value._value if isinstance(value, Secret) else str(value)

    def reveal(self) -> str:
        """Return the value. Use it only to send or encrypt the secret."""
        return self._value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(hashlib.sha256(as_bytes(self._value)).digest())

    def __reduce__(self) -> Any:
        raise TypeError("Secret objects cannot be pickled")


class MaskedStr(str):
    """A secret as a plain string, for programs that send the secret themselves.

    ``repr()`` is masked, but ``str()`` is not.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)

    def __reduce__(self) -> Any:
        return str, (str(self),)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return True if a key, attribute or header with this name has a secret value."""
    return bool(_SECRET_KEY.search(name.replace("-", "_")) or _SECRET_HEADER.search(name))


@lru_cache(maxsize=_MOST_SPELLED)
def secret_spellings(value: str) -> frozenset[str]:
    """Return a secret in all encodings: plain, JSON, XML, URL and base64."""
    # Imported here because it loads urllib.request, which `vca --help` does not need.
    from xml.sax.saxutils import escape

    if not value:
        return frozenset()
    encoded = json.dumps(value)[1:-1]
    spellings = {
        value,
        encoded,
        json.dumps(value, ensure_ascii=False)[1:-1],
        escape(value),
        escape(value, {'"': "&quot;"}),
        escape(value, {'"': "&quot;", "'": "&apos;"}),
        escape(value, {'"': "&quot;", "'": "&#39;"}),
        escape(value, {'"': "&quot;", "'": "&#x27;"}),
        quote(as_bytes(value)),
        quote(as_bytes(value), safe=""),
        quote_plus(as_bytes(value)),
        repr(value)[1:-1],
        base64.b64encode(as_bytes(value)).decode(),
    }
    return frozenset(spellings)


def redact_text(text: str, secrets: Iterable[Secret | str] = ()) -> str:
    """Redact known secrets, and values whose names indicate a secret.

    A secret of one or two characters is redacted only after such a name. Replacing every ``a`` would make the text
    unreadable and reveal the secret.
    """
    return _redact(text, _long_spellings(secrets))


def _long_spellings(secrets: Iterable[Secret | str]) -> list[str]:
    """Return the secrets in all encodings, without very short ones, longest first."""
    spellings: set[str] = set()
    for secret in secrets:
        spellings |= secret_spellings(secret.reveal() if isinstance(secret, Secret) else secret)
    return sorted((known for known in spellings if len(known) > 2), key=len, reverse=True)


def _redact(text: str, spellings: Sequence[str]) -> str:
    for spelling in spellings:
        text = text.replace(spelling, MASK)
    if not _MAY_NAME_A_SECRET.search(text):
        return text
    text = _IN_JSON.sub(rf'\1"{MASK}"', text)
    text = _IN_XML_ELEMENT.sub(rf"\1{MASK}", text)
    text = _IN_ATTRIBUTE.sub(rf'\1"{MASK}"', text)
    text = _IN_QUERY.sub(rf"\1{MASK}", text)
    text = _HEADER_LINE.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    return _URL_USERINFO.sub(rf"\1{MASK}@", text)


_remembered: weakref.WeakValueDictionary[int, Secret] = weakref.WeakValueDictionary()
"""The secrets of :func:`remember`, by ``id()``.

Equal secrets have separate entries, because their lifetimes can differ.
"""
_guard = threading.Lock()


def remember(*secrets: Secret) -> None:
    """Register secrets to redact anywhere in this process, such as in excerpts.

    The registry contains weak references, so a secret is redacted as long as its object exists. The registry is
    necessary because parsers create excerpts, but have no access to the session.
    """
    with _guard:
        _remembered.update({id(secret): secret for secret in secrets if secret})


def remembered() -> list[Secret]:
    """Return the secrets that were passed to :func:`remember` and still exist."""
    with _guard:
        return list(dict.fromkeys(_remembered.values()))


def redact_tree(value: Any, secrets: Iterable[Secret | str] = ()) -> Any:
    """Return a copy of JSON-like data in which all secret values are ``***``."""
    return _redact_tree(value, _long_spellings(secrets))


def _redact_tree(value: Any, spellings: Sequence[str]) -> Any:
    if isinstance(value, str):
        return _redact(value, spellings)
    if isinstance(value, Mapping):
        return {
            key: (
                MASK
                if is_secret_name(str(key))
                and item not in (None, "")
                and not isinstance(item, (Mapping, list, tuple, bool))
                else _redact_tree(item, spellings)
            )
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_redact_tree(item, spellings) for item in value]
    return MASK if isinstance(value, Secret) else value


def redact_headers(headers: Headers, secrets: Iterable[Secret | str] = ()) -> Headers:
    """Redact known secrets in headers, and the whole values of secret headers.

    Authorization, cookie and token headers are secret.
    """
    known = list(secrets)
    return Headers(
        [(name, MASK if is_secret_name(name) else redact_text(value, known)) for name, value in headers.pairs()]
    )


def redacted_exchange(exchange: Exchange, secrets: Iterable[Secret | str] = ()) -> Exchange:
    """Return a copy of an exchange with redacted URL, headers, bodies and error text."""
    known = list(secrets)

    def hide(body: bytes) -> bytes:
        return redact_text(body.decode("utf-8", errors="replace"), known).encode() if body else body

    request: Request = replace(
        exchange.request,
        url=redact_text(exchange.request.url, known),
        headers=redact_headers(exchange.request.headers, known),
        body=hide(exchange.request.body),
    )
    response: Response | None = exchange.response
    if response is not None:
        response = replace(
            response,
            url=redact_text(response.url, known),
            headers=redact_headers(response.headers, known),
            body=hide(response.body),
        )
    error = exchange.error
    if error is not None:
        error = type(error)(redact_text(str(error), known)) if type(error) is RuntimeError else error
    return replace(exchange, request=request, response=response, error=error)
