"""Failures without an answer: messages for the exceptions of the HTTP stack.

Messages are made here from the kind of failure and never quote the stack's own text at length: that may hold a proxy's
password or a header's value.
"""

from __future__ import annotations

import errno
import socket
import ssl
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TlsError, TransportError

if TYPE_CHECKING:
    from vcloudair_core.transport.messages import Request

_CA_HINT = (
    "Get the certificate of its issuer from the operator by a safe way, and set ca_path (VCA_CA_PATH) to the file."
)
# Codes of OpenSSL's X509_V_ERR_*.
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN = 9, 10, 18, 19
_HOST_MISMATCH = (62, 64)
# Failures while TLS is being agreed on. Anything else of ssl may come later, when the request is already out.
_HANDSHAKE_REASONS = (
    "WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE", "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_PROTOCOL_VERSION", "DH_KEY_TOO_SMALL",
    "TLSV1_ALERT_INTERNAL_ERROR", "TLSV1_UNRECOGNIZED_NAME", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE",
)  # fmt: skip

_UNSENDABLE = {
    "InvalidHeader", "InvalidURL", "MissingSchema", "InvalidSchema", "LocationParseError", "LocationValueError",
}  # fmt: skip

_BEFORE_SENDING = {
    "NewConnectionError", "NameResolutionError", "InvalidProxyURL", "ProxySchemeUnknown", "ProxySchemeUnsupported",
}  # fmt: skip


def failure_of(
    exc: BaseException,
    request: Request,
    *,
    ca_path: str | None,
    timeout_s: tuple[float, float],
    handled: BaseException | None = None,
) -> TransportError:
    """Our error for an exception of requests, urllib3, ssl or the sockets below them.

    ``handled``: what the caller was handling when the request was sent. Python makes it a context of ``exc``, and it
    says nothing of this request.
    """
    chain = list(_chain(exc, handled))
    names = {type(link).__name__ for link in chain}
    if names & _UNSENDABLE or any(isinstance(link, UnicodeError) for link in chain):
        return _not_sendable(names, request)
    where = request.origin
    if names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return TimeoutExpiredError(
            f"No connection to {where} within {timeout_s[0]:g} s.",
            hint="Is the address right? A firewall may drop the packets; is a VPN or a proxy (HTTPS_PROXY) needed?",
        )
    if names & {"ProxyError", "InvalidProxyURL", "ProxySchemeUnknown", "ProxySchemeUnsupported"}:
        return ConnectionFailedError(
            f"The proxy on the way to {where} cannot be used{_status_of_proxy(chain)}.",
            may_have_executed=not _is_before_sending(chain, names),
            hint="Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment.",
        )
    if names & {"NewConnectionError", "NameResolutionError"}:
        return _broken_connection(chain, names, request)
    if is_timeout(exc, handled):
        return TimeoutExpiredError(
            f"{where} did not answer {request.method} {request.path} within {timeout_s[1]:g} s.",
            may_have_executed=True,
            hint="It may still be working on it: look before sending it again. Setting timeout allows more time.",
        )
    tls = next((link for link in chain if isinstance(link, ssl.SSLError)), None)
    if "CertificateError" in names:  # urllib3 1.x compares names by itself
        return _name_mismatch(where)
    if tls is not None or "SSLError" in names:
        return _tls_failure(tls, request, ca_path)
    if ca_path and any(isinstance(link, OSError) and "certificate" in str(link).lower() for link in chain):
        return TlsError(f"The certificate authorities in {ca_path} cannot be read.", hint="Is it a PEM file?")
    return _broken_connection(chain, names, request)


def is_timeout(exc: BaseException, handled: BaseException | None = None) -> bool:
    """True when the server had the request and took too long over the answer."""
    return any(
        type(link).__name__ in ("ReadTimeout", "ReadTimeoutError") or isinstance(link, TimeoutError)
        for link in _chain(exc, handled)
    )


def _chain(exc: BaseException | None, handled: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it holds: causes, contexts, urllib3's ``reason`` and wrapped arguments."""
    seen: set[int] = {id(handled)}
    waiting: list[object] = [exc]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]


def _is_before_sending(chain: list[BaseException], names: set[str]) -> bool:
    """Return True when a failure provably came before the request left.

    urllib3 1.x calls every error of a socket to a proxy a ProxyError, also one that comes after the request was sent.
    So the error has to be one of finding or reaching the proxy or of its tunnel, or to come out of connecting.
    """
    if names & _BEFORE_SENDING or any("Tunnel connection failed" in str(link) for link in chain):
        return True
    frames = (frame for link in chain for frame, _ in traceback.walk_tb(link.__traceback__))
    return any(
        frame.f_code.co_name == "connect" and frame.f_globals.get("__name__") == "urllib3.connection"
        for frame in frames
    )


def _tls_failure(tls: ssl.SSLError | None, request: Request, ca_path: str | None) -> TransportError:
    where = request.origin
    if isinstance(tls, ssl.SSLCertVerificationError):
        return _certificate_failure(tls, request, ca_path)
    reason = str(getattr(tls, "reason", "") or "")
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"):
        return TlsError(
            f"{where} does not speak TLS.", hint="Is the port right? A server of plain http there fails like this."
        )
    if ca_path and (tls is None or "PEM" in reason or reason.startswith("NO_CERTIFICATE")):
        return TlsError(f"The certificate authorities in {ca_path} cannot be read.", hint="Is it a PEM file?")
    if tls is None or reason in _HANDSHAKE_REASONS:
        return TlsError(
            f"No TLS could be agreed on with {where} ({reason or 'no reason given'}).",
            hint="The server may be too old for this machine's OpenSSL, or a proxy stands in between.",
        )
    return ConnectionFailedError(
        f"The encrypted connection to {where} broke ({reason or 'no reason given'}).",
        may_have_executed=True,
        hint="Try again; if it stays, look for a proxy that inspects TLS.",
    )


def _certificate_failure(tls: ssl.SSLCertVerificationError, request: Request, ca_path: str | None) -> TlsError:
    where, code = request.origin, tls.verify_code
    if code == _EXPIRED:
        return TlsError(
            f"The certificate of {where} has expired.",
            hint="The operator of the server must renew it. Is the clock of this machine right?",
        )
    if code == _NOT_YET_VALID:
        return TlsError(f"The certificate of {where} is not valid yet.", hint="Is the clock of this machine right?")
    if code in _HOST_MISMATCH:
        return _name_mismatch(where)
    if code == _SELF_SIGNED:
        return TlsError(
            f"The certificate of {where} is self-signed.",
            hint="Get it from the operator by a safe way, and set ca_path (VCA_CA_PATH) to the file.",
        )
    beside = f" The authorities in {ca_path} do not know its issuer." if ca_path else ""
    kind = "ends in an authority of its own" if code == _SELF_SIGNED_IN_CHAIN else "has an unknown issuer"
    return TlsError(f"The certificate of {where} cannot be trusted: it {kind}.{beside}", hint=_CA_HINT)


def _name_mismatch(where: str) -> TlsError:
    return TlsError(
        f"The certificate of {where} is for another name.",
        hint="Set url to a host name that the certificate is for.",
    )


def _not_sendable(names: set[str], request: Request) -> ConnectionFailedError:
    what = "a header with characters that must not be there" if "InvalidHeader" in names else "a URL that is none"
    return ConnectionFailedError(
        f"{request.method} {request.path} cannot be sent: it has {what}.",
        hint="Check url, and that the password or token has no line break in it.",
    )


def _broken_connection(chain: list[BaseException], names: set[str], request: Request) -> ConnectionFailedError:
    where = request.origin
    if "NameResolutionError" in names or any(isinstance(link, socket.gaierror) for link in chain):
        return ConnectionFailedError(
            f"The name of {where} cannot be resolved.",
            hint="Check the spelling of url, and that this machine can resolve names (VPN, /etc/resolv.conf).",
        )
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return ConnectionFailedError(
            f"{where} refuses connections.", hint="Nothing listens there: check the port, and that the server runs."
        )
    if "NewConnectionError" in names:
        return ConnectionFailedError(
            f"No connection to {where}{_system_reason(chain)}.", hint="Check the network of this machine."
        )
    return ConnectionFailedError(
        f"The connection to {where} broke before the answer to {request.method} {request.path} was "
        f"here{_system_reason(chain)}.",
        may_have_executed=not _is_before_sending(chain, names),
        hint="Whether the server carried it out is unknown: look before sending it again.",
    )


def _system_reason(chain: list[BaseException]) -> str:
    """The operating system's word for it, from a number: never from text of elsewhere."""
    numbers = [link.errno for link in chain if isinstance(link, OSError) and link.errno is not None]
    names = [errno.errorcode[number] for number in numbers if number in errno.errorcode]
    return f" ({names[-1]})" if names else ""


def _status_of_proxy(chain: list[BaseException]) -> str:
    text = " ".join(str(link) for link in chain)
    return " (it wants a user name and password)" if " 407 " in f" {text} " or "407 Proxy" in text else ""
