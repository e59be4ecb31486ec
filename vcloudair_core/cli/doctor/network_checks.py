"""Check settings, URL, proxy, DNS, TCP, TLS and clock for ``vca doctor``."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from vcloudair_core.cli.doctor.diagnosis import DiagnosisStep, failed, passed, skipped, warned
from vcloudair_core.cli.exit_codes import exit_code_for
from vcloudair_core.errors import ConfigurationError, ConnectionFailedError, TlsError
from vcloudair_core.transport.tls_and_proxies import Trust, context_of, proxy_problem, trust_of

if TYPE_CHECKING:
    from vcloudair_core.plugin.records import AuthRecord
    from vcloudair_core.settings.settings import Settings

_USAGE = exit_code_for(ConfigurationError(""))
_NETWORK = exit_code_for(ConnectionFailedError(""))
_TLS = exit_code_for(TlsError(""))
_EXPIRES_SOON = timedelta(days=14)
_TRUSTED = "from the operator over a trusted channel, and set ca_path (VCA_CA_PATH, --ca-path) to the file."


@dataclass(frozen=True)
class Target:
    """The address of the server, taken from the URL."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True)
class Certificate:
    """The fields of a certificate that the diagnosis uses."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    @property
    def is_self_signed(self) -> bool:
        return self.subject == self.issuer


class Network:
    """Access to DNS, TCP and TLS. Tests replace this class."""

    def __init__(self, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the IP addresses of ``host``.

        Raises OSError if the name cannot be resolved.
        """
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in entries))

    def connect(self, host: str, port: int) -> None:
        """Open and close a TCP connection. Raises OSError if the connection fails."""
        socket.create_connection((host, port), timeout=self._timeout_s).close()

    def certificate(self, host: str, port: int) -> bytes:
        """Return the server's certificate in DER form, without verification.

        Raises OSError if the TLS handshake fails.
        """
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return self._handshake(context, host, port)

    def verify(self, host: str, port: int, ca_path: str | None) -> None:
        """Verify the certificate.

        Raises: ssl.SSLCertVerificationError if the certificate is not trusted; OSError if the connection fails.
        """
        self._handshake(context_of(trust_of(ca_path)), host, port)

    def proxy_for(self, target: Target) -> str | None:
        """Return the proxy that the environment sets for this host, or None if unset."""
        from urllib.request import getproxies, proxy_bypass

        return None if proxy_bypass(target.host) else getproxies().get(target.scheme)

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def _handshake(self, context: ssl.SSLContext, host: str, port: int) -> bytes:
        with (
            socket.create_connection((host, port), timeout=self._timeout_s) as raw,
            context.wrap_socket(raw, server_hostname=host) as tls,
        ):
            return tls.getpeercert(binary_form=True) or b""


def check_url(settings: Settings) -> tuple[DiagnosisStep, Target | None]:
    """Check the setting ``url``.

    If the URL is the browser address of a portal, the hint contains the API URL and the org.
    """
    from vcloudair_core.session.urls import base_url_of

    name = "URL"
    try:
        base = base_url_of(settings)
    except ConfigurationError as exc:
        return failed(name, exc.message.rstrip("."), exc.hint, _USAGE), None
    parts = urlsplit(base)
    target = Target(parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}[parts.scheme])
    url = str(settings.url or "")
    org = org_in(url)
    if org and not settings.org:
        return failed(
            name, f"{url} is the address of a web portal", f"Set url to {base} and org to {org}.", _USAGE
        ), None
    if org and str(settings.org).lower() != org.lower():
        return warned(
            name,
            f"{url} belongs to org {org}, but org is set to {settings.org}",
            f"Check org. The URL in use is {base}.",
        ), target
    if parts.scheme == "http":
        return warned(
            name, f"{base} is not encrypted", "Use https. Anyone on the network path can read the password."
        ), target
    shortened = url.rstrip("/") not in ("", base)
    return passed(name, f"{base} (from {url})" if shortened else base), target


def org_in(url: str) -> str:
    """Return the org in the address of a portal, or an empty string if there is none."""
    segments = [unquote(segment) for segment in urlsplit(url).path.split("/") if segment]
    lowered = [segment.lower() for segment in segments]
    for marker in (["tenant"], ["cloud", "org"]):
        if lowered[: len(marker)] == marker and len(segments) > len(marker):
            return segments[len(marker)]
    return "System" if lowered[:1] == ["provider"] else ""


def check_network(
    network: Network, target: Target, *, validate_certs: bool, ca_path: str | None
) -> Iterator[DiagnosisStep]:
    """Check proxy, DNS, TCP and TLS. Stops at the first failure."""
    proxy = network.proxy_for(target)
    if proxy:
        problem = proxy_problem(proxy)
        if problem:
            hint = "Correct or unset HTTPS_PROXY and HTTP_PROXY, or add the host to NO_PROXY."
            yield failed("Proxy", f"the proxy from the environment is not usable: {problem}", hint, _USAGE)
            return
        via = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        yield passed("Proxy", f"requests go through {via.hostname}:{via.port or 80} (from the environment)")
        reached = Target("http", via.hostname or "", via.port or 80)
    else:
        reached = target
    for step in (_check_dns(network, reached), _check_tcp(network, reached)):
        yield step
        if step.exit_code:
            return
    if target.scheme != "https":
        if not proxy:
            yield from _check_plain(network, target)
        return
    if proxy:
        yield skipped("TLS", "not checked, because the connection uses a proxy")
        return
    yield from _check_tls(network, target, validate_certs, ca_path)


def _check_dns(network: Network, target: Target) -> DiagnosisStep:
    try:
        addresses = network.resolve(target.host, target.port)
    except OSError as exc:
        return failed(
            "DNS",
            f"{target.host} has no address: {_reason(exc)}",
            "Check the spelling, and that this host can resolve the name (VPN, /etc/resolv.conf).",
            _NETWORK,
        )
    shown = ", ".join(addresses[:3]) + (" …" if len(addresses) > 3 else "")
    return passed(
        "DNS", f"{target.host} is {shown}" if addresses != [target.host] else f"{target.host} is an IP address"
    )


def _check_tcp(network: Network, target: Target) -> DiagnosisStep:
    where = f"{target.host}:{target.port}"
    try:
        network.connect(target.host, target.port)
    except ConnectionRefusedError:
        hint = "Check the port, and that the server is running."
        return failed("TCP", f"{where} refuses connections", hint, _NETWORK)
    except TimeoutError:
        hint = "Check the address and firewalls, and whether you need a VPN or a proxy (HTTPS_PROXY)."
        return failed("TCP", f"{where} does not respond", hint, _NETWORK)
    except OSError as exc:
        return failed("TCP", f"{where}: {_reason(exc)}", "Check the network of this host.", _NETWORK)
    return passed("TCP", f"{where} accepts connections")


def _check_plain(network: Network, target: Target) -> Iterator[DiagnosisStep]:
    """Yield a failed step if an http URL points to a TLS port."""
    try:
        network.certificate(target.host, target.port)
    except (OSError, ValueError):
        return
    where = f"{target.host}:{target.port}"
    yield failed(
        "TLS",
        f"{where} uses TLS, but the URL starts with http",
        f"Change the URL to https://{where}.",
        _USAGE,
    )


def _check_tls(network: Network, target: Target, validate_certs: bool, ca_path: str | None) -> Iterator[DiagnosisStep]:
    try:
        certificate = read_certificate(network.certificate(target.host, target.port))
    except (OSError, ValueError) as exc:
        yield failed(
            "TLS",
            f"TLS handshake with {target.host}:{target.port} failed: {_reason(exc)}",
            "Check that the port is an HTTPS port. A plain HTTP server causes this error.",
            _TLS,
        )
        return
    if not validate_certs:
        yield warned(
            "TLS",
            f"certificates are not verified (validate_certs is off); issuer: {certificate.issuer}",
            "Turn on validate_certs, and set ca_path to the certificate of the issuer. Without this check, anyone on "
            "the network path can read the password.",
        )
        return
    yield _verified(network, target, certificate, ca_path)


def _verified(network: Network, target: Target, certificate: Certificate, ca_path: str | None) -> DiagnosisStep:
    now, trust = network.now(), trust_of(ca_path)
    try:
        network.verify(target.host, target.port, ca_path)
    except ssl.SSLCertVerificationError as exc:
        return _explain_certificate(exc, target, certificate, now, trust)
    except OSError as exc:
        try:
            trust.check()
        except ConfigurationError as missing:
            return failed("TLS", missing.message.rstrip("."), missing.hint, _USAGE)
        return failed(
            "TLS", _reason(exc), f"Check {trust.described()}. It must be a PEM file, or a c_rehash folder.", _TLS
        )
    until = (
        f"issuer: {certificate.issuer}; valid until {certificate.not_after:%Y-%m-%d}; trusted by {trust.described()}"
    )
    if certificate.not_after - now < _EXPIRES_SOON:
        return warned("TLS", until, "Tell the operator of the server that the certificate expires soon.")
    return passed("TLS", until)


def _explain_certificate(
    error: ssl.SSLCertVerificationError, target: Target, certificate: Certificate, now: datetime, trust: Trust
) -> DiagnosisStep:
    if certificate.not_after < now:
        detail = f"the certificate expired on {certificate.not_after:%Y-%m-%d}"
        hint = "Ask the operator of the server to renew the certificate, and check the clock of this host."
    elif certificate.not_before > now:
        detail = f"the certificate is not valid before {certificate.not_before:%Y-%m-%d}"
        hint = f"Correct the clock of this host, which is set to {now:%Y-%m-%d}."
    elif "mismatch" in str(error).lower():
        detail = f"the certificate is for {', '.join(certificate.names) or certificate.subject}, not {target.host}"
        hint = "Use a host name from the certificate."
    elif certificate.is_self_signed:
        detail = f"the certificate is self-signed ({certificate.subject})"
        hint = f"Get the certificate {_TRUSTED}"
    else:
        detail = f"the issuer is not trusted by {trust.described()}: {certificate.issuer}"
        hint = f"Get the issuer's certificate {_TRUSTED}"
    return failed("TLS", detail, hint, _TLS)


def read_certificate(der: bytes) -> Certificate:
    """Parse a certificate in DER form.

    Raises ValueError if the data is not a certificate.
    """
    from cryptography import x509

    parsed = x509.load_der_x509_certificate(der)
    try:
        extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = tuple(str(entry.value) for entry in extension.value)
    except x509.ExtensionNotFound:
        names = ()
    return Certificate(
        subject=_name(parsed.subject),
        issuer=_name(parsed.issuer),
        names=names,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
    )


def _name(name: Any) -> str:
    return ", ".join(str(attribute.value) for attribute in name) or "(no name)"


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def check_clock(server_time: datetime | None, now: datetime) -> DiagnosisStep:
    """Compare the clocks of host and server.

    Tokens contain times, so a wrong clock can make sign-in fail.
    """
    if server_time is None:
        return skipped("Clock", "the server sent no time")
    skew_s = (now - server_time).total_seconds()
    side = "ahead of" if skew_s > 0 else "behind"
    if abs(skew_s) < 60:
        return passed("Clock", "differs from the server by less than a minute")
    detail = f"this host is {_duration(abs(skew_s))} {side} the server"
    hint = "Correct the wrong clock, for example with NTP. Tokens and certificates depend on the time."
    return warned("Clock", detail, hint) if abs(skew_s) < 300 else failed("Clock", detail, hint)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def check_settings(settings: Settings, methods: Mapping[str, AuthRecord], *, can_ask: bool = False) -> DiagnosisStep:
    """Check that the settings are complete enough to sign in.

    ``can_ask`` is true if the user can be prompted for the password.
    """
    name = "Settings"
    chosen = settings.auth_method
    applicable = [
        method
        for method in methods.values()
        if method.name == chosen or (not chosen and method.is_applicable(settings))
    ]
    if not applicable:
        problem = f"unknown auth method {chosen!r}" if chosen else "no auth method applies to the settings"
        return failed(name, problem, f"Set auth_method to one of: {', '.join(sorted(methods)) or 'none'}.", _USAGE)
    method = applicable[0]
    prompted = ("password",) if can_ask else ()
    missing = [option for option in method.options if not settings.is_set(option) and option not in prompted]
    if missing:
        return failed(name, f"missing: {', '.join(missing)}", _missing_hint(missing), _USAGE)
    where = f"; url from {settings.origin('url')}" if settings.url else ""
    return passed(name, f"{settings.service_type}, auth method {method.name}{where}")


def _missing_hint(missing: list[str]) -> str:
    variables = ", ".join(f"VCA_{name.upper()}" for name in missing)
    options = [f"--{name}" for name in missing if name not in ("password", "token", "api_token")]
    options += ["--password-file"] if "password" in missing else []
    return f"Set {variables}, or use {', '.join(options)}." if options else f"Set {variables}."
