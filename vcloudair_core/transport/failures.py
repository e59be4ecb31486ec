"""Map HTTP stack exceptions to the exception classes of this library.

A message describes the kind of failure. It does not quote the original exception, because the original text can
contain the password of a proxy or the value of a header.
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
    "Get the issuer's certificate from the operator over a trusted channel, and set ca_path (VCA_CA_PATH) to the file."
)
_PEM_HINT = "Check that the file is in PEM format."
# Codes of OpenSSL's X509_V_ERR_*.
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN = 9, 10, 18, 19
_HOST_MISMATCH = (62, 64)
# TLS errors during the handshake. Other errors of ssl can also occur after the request was sent.
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
    """Return the TransportError for an exception of requests, urllib3, ssl or socket.

    ``handled`` is an exception that the caller was already handling when the request was sent. Python sets
    ``handled`` as the context of ``exc``, although the exceptions are unrelated.
    """
    chain = list(_chain(exc, handled))
    names = {type(link).__name__ for link in chain}
    if names & _UNSENDABLE or any(isinstance(link, UnicodeError) for link in chain):
        return _not_sendable(names, request)
    where = request.origin
    if names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return TimeoutExpiredError(
            f"Connecting to {where} timed out after {timeout_s[0]:g} s.",
            hint="Check the address, the firewall, and whether you need a VPN or a proxy (HTTPS_PROXY).",
        )
    if names & {"ProxyError", "InvalidProxyURL", "ProxySchemeUnknown", "ProxySchemeUnsupported"}:
        return ConnectionFailedError(
            f"Connecting to {where} through the proxy failed{_status_of_proxy(chain)}.",
            may_have_executed=not _is_before_sending(chain, names),
            hint="Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment.",
        )
    if names & {"NewConnectionError", "NameResolutionError"}:
        return _broken_connection(chain, names, request)
    if is_timeout(exc, handled):
        return TimeoutExpiredError(
            f"{where} did not answer {request.method} {request.path} within {timeout_s[1]:g} s.",
            may_have_executed=True,
            hint="Check the object before you send the request again, because the server may still execute the "
            "first request. To allow more time, set timeout (VCA_TIMEOUT).",
        )
    tls = next((link for link in chain if isinstance(link, ssl.SSLError)), None)
    if "CertificateError" in names:  # urllib3 1.x compares names by itself
        return _name_mismatch(where)
    if tls is not None or "SSLError" in names:
        return _tls_failure(tls, request, ca_path)
    if ca_path and any(isinstance(link, OSError) and "certificate" in str(link).lower() for link in chain):
        return TlsError(f"The certificate authorities in {ca_path} cannot be read.", hint=_PEM_HINT)
    return _broken_connection(chain, names, request)


def is_timeout(exc: BaseException, handled: BaseException | None = None) -> bool:
    """Return True if the request was sent, but the response did not arrive in time."""
    return any(
        type(link).__name__ in ("ReadTimeout", "ReadTimeoutError") or isinstance(link, TimeoutError)
        for link in _chain(exc, handled)
    )


def _chain(exc: BaseException | None, handled: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all exceptions to which it refers, except ``handled``.

    An exception can refer to others in ``__cause__``, ``__context__``, ``reason`` and ``args``.
    """
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
    """Return True if a failure certainly occurred before the request was sent.

    urllib3 1.x raises ProxyError for every socket error of a proxy connection, even after the request was sent. So a
    ProxyError counts only if name resolution, the connection to the proxy, or the tunnel failed.
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
        hint = "Check the port. The server on this port may use plain HTTP."
        return TlsError(f"{where} does not support TLS.", hint=hint)
    if ca_path and (tls is None or "PEM" in reason or reason.startswith("NO_CERTIFICATE")):
        return TlsError(f"The certificate authorities in {ca_path} cannot be read.", hint=_PEM_HINT)
    if tls is None or reason in _HANDSHAKE_REASONS:
        return TlsError(
            f"TLS handshake with {where} failed: {reason or 'unknown reason'}.",
            hint="Check for a proxy in front of the server, and that the server supports the TLS versions of this "
            "host's OpenSSL.",
        )
    return ConnectionFailedError(
        f"The TLS connection to {where} was interrupted: {reason or 'unknown reason'}.",
        may_have_executed=True,
        hint="Try again. If the error persists, check for a proxy that inspects TLS.",
    )


def _certificate_failure(tls: ssl.SSLCertVerificationError, request: Request, ca_path: str | None) -> TlsError:
    where, code = request.origin, tls.verify_code
    if code == _EXPIRED:
        return TlsError(
            f"The certificate of {where} has expired.",
            hint="Check the clock of this host, or ask the operator of the server to renew the certificate.",
        )
    if code == _NOT_YET_VALID:
        return TlsError(f"The certificate of {where} is not valid yet.", hint="Check the clock of this host.")
    if code in _HOST_MISMATCH:
        return _name_mismatch(where)
    if code == _SELF_SIGNED:
        return TlsError(
            f"The certificate of {where} is self-signed.",
            hint="Get the certificate from the operator over a trusted channel, and set ca_path (VCA_CA_PATH) to the "
            "file.",
        )
    detail = f" The issuer is not in {ca_path}." if ca_path else ""
    reason = "Its chain ends in an unknown root" if code == _SELF_SIGNED_IN_CHAIN else "Its issuer is unknown"
    return TlsError(f"The certificate of {where} is not trusted. {reason}.{detail}", hint=_CA_HINT)


def _name_mismatch(where: str) -> TlsError:
    return TlsError(
        f"The certificate of {where} is for another host name.",
        hint="Set url to a host name of the certificate.",
    )


def _not_sendable(names: set[str], request: Request) -> ConnectionFailedError:
    reason = "A header contains invalid characters" if "InvalidHeader" in names else "The URL is invalid"
    return ConnectionFailedError(
        f"{request.method} {request.path} cannot be sent. {reason}.",
        hint="Check url. Check that the password or token does not contain a line break.",
    )


def _broken_connection(chain: list[BaseException], names: set[str], request: Request) -> ConnectionFailedError:
    where = request.origin
    if "NameResolutionError" in names or any(isinstance(link, socket.gaierror) for link in chain):
        return ConnectionFailedError(
            f"The host name of {where} cannot be resolved.",
            hint="Check the spelling of url, and the name resolution of this host (VPN, /etc/resolv.conf).",
        )
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return ConnectionFailedError(
            f"{where} refused the connection.", hint="Check the port, and that the server is running."
        )
    if "NewConnectionError" in names:
        return ConnectionFailedError(
            f"Connecting to {where} failed{_system_reason(chain)}.", hint="Check the network of this host."
        )
    return ConnectionFailedError(
        f"The connection to {where} was interrupted before the response to {request.method} {request.path} "
        f"arrived{_system_reason(chain)}.",
        may_have_executed=not _is_before_sending(chain, names),
        hint="Check the object before you send the request again. The server may have executed the request.",
    )


def _system_reason(chain: list[BaseException]) -> str:
    """Return the system error for a message, such as `` (ECONNRESET)``, or ``""``."""
    numbers = [link.errno for link in chain if isinstance(link, OSError) and link.errno is not None]
    names = [errno.errorcode[number] for number in numbers if number in errno.errorcode]
    return f" ({names[-1]})" if names else ""


def _status_of_proxy(chain: list[BaseException]) -> str:
    text = " ".join(str(link) for link in chain)
    return " (the proxy requires a user name and password)" if " 407 " in f" {text} " or "407 Proxy" in text else ""
