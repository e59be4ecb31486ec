"""The way to the server, looked at from below: the URL's form, DNS, TCP, TLS. Nothing here speaks the API."""

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


@dataclass(frozen=True)
class Target:
    """The address of the server, taken from the URL."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True)
class Certificate:
    """The facts of a certificate that a person needs."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    @property
    def is_self_signed(self) -> bool:
        return self.subject == self.issuer


class Network:
    """Real DNS, TCP and TLS. Tests put another in its place."""

    def __init__(self, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of a name. Raises OSError."""
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in entries))

    def connect(self, host: str, port: int) -> None:
        """Open and close a connection. Raises OSError."""
        socket.create_connection((host, port), timeout=self._timeout_s).close()

    def certificate(self, host: str, port: int) -> bytes:
        """The server's certificate in DER form, unverified. Raises OSError."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return self._handshake(context, host, port)

    def verify(self, host: str, port: int, ca_path: str | None) -> None:
        """Raises ssl.SSLCertVerificationError when the certificate cannot be trusted, OSError otherwise."""
        self._handshake(context_of(trust_of(ca_path)), host, port)

    def proxy_for(self, target: Target) -> str | None:
        """The proxy that requests to this host take, from the environment."""
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
    """Is the URL one of an API? People often paste the address that they see in the browser: then say what it tells."""
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
        return failed(name, f"{url} is an address for browsers", f"Use url {base} and org {org}.", _USAGE), None
    if org and str(settings.org).lower() != org.lower():
        return warned(name, f"{url} is of org {org}, but org is {settings.org}", f"{base} is used."), target
    if parts.scheme == "http":
        return warned(name, f"{base} is not encrypted", "Anyone on the way can read the password: use https."), target
    shortened = url.rstrip("/") not in ("", base)
    return passed(name, f"{base} (from {url})" if shortened else base), target


def org_in(url: str) -> str:
    """The org that the address of a tenant's or provider's portal names, or an empty string."""
    segments = [unquote(word) for word in urlsplit(url).path.split("/") if word]
    lowered = [word.lower() for word in segments]
    for marker in (["tenant"], ["cloud", "org"]):
        if lowered[: len(marker)] == marker and len(segments) > len(marker):
            return segments[len(marker)]
    return "System" if lowered[:1] == ["provider"] else ""


def check_network(
    network: Network, target: Target, *, validate_certs: bool, ca_path: str | None
) -> Iterator[DiagnosisStep]:
    """DNS, TCP and TLS, ending with the first that fails."""
    proxy = network.proxy_for(target)
    if proxy:
        problem = proxy_problem(proxy)
        if problem:
            hint = "Correct or unset HTTPS_PROXY and HTTP_PROXY, or add the host to NO_PROXY."
            yield failed("Proxy", f"the proxy of the environment cannot be used: {problem}", hint, _USAGE)
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
        yield skipped("TLS", "not looked at from here: the proxy stands between")
        return
    yield from _check_tls(network, target, validate_certs, ca_path)


def _check_dns(network: Network, target: Target) -> DiagnosisStep:
    try:
        addresses = network.resolve(target.host, target.port)
    except OSError as exc:
        return failed(
            "DNS",
            f"{target.host} has no address: {_reason(exc)}",
            "Check the spelling, and that this machine can resolve the name (VPN, /etc/resolv.conf).",
            _NETWORK,
        )
    shown = ", ".join(addresses[:3]) + (" …" if len(addresses) > 3 else "")
    return passed("DNS", f"{target.host} is {shown}" if addresses != [target.host] else f"{target.host} is an address")


def _check_tcp(network: Network, target: Target) -> DiagnosisStep:
    where = f"{target.host}:{target.port}"
    try:
        network.connect(target.host, target.port)
    except ConnectionRefusedError:
        hint = "Nothing listens there: check the port, and that the server runs."
        return failed("TCP", f"{where} refuses connections", hint, _NETWORK)
    except TimeoutError:
        hint = "A firewall drops the packets, or the address is wrong. Is a VPN or a proxy (HTTPS_PROXY) needed?"
        return failed("TCP", f"{where} does not answer", hint, _NETWORK)
    except OSError as exc:
        return failed("TCP", f"{where}: {_reason(exc)}", "Check the network of this machine.", _NETWORK)
    return passed("TCP", f"{where} accepts connections")


def _check_plain(network: Network, target: Target) -> Iterator[DiagnosisStep]:
    """A failed step when the port of an http URL speaks TLS; nothing when it does not."""
    try:
        network.certificate(target.host, target.port)
    except (OSError, ValueError):
        return
    where = f"{target.host}:{target.port}"
    yield failed(
        "TLS",
        f"{where} speaks TLS, and the URL says http",
        f"Change the URL to https://{where}.",
        _USAGE,
    )


def _check_tls(network: Network, target: Target, validate_certs: bool, ca_path: str | None) -> Iterator[DiagnosisStep]:
    try:
        certificate = read_certificate(network.certificate(target.host, target.port))
    except (OSError, ValueError) as exc:
        yield failed(
            "TLS",
            f"no TLS with {target.host}:{target.port}: {_reason(exc)}",
            "Is this an https port? A server that speaks plain http there fails like this.",
            _TLS,
        )
        return
    if not validate_certs:
        yield warned(
            "TLS",
            f"certificates are not verified (validate_certs is off); issuer: {certificate.issuer}",
            "Anyone on the way can read the password. Set ca_path to the issuer's certificate instead.",
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
        return failed("TLS", _reason(exc), f"Check {trust.described()}: a PEM file, or a folder of c_rehash.", _TLS)
    until = (
        f"issuer: {certificate.issuer}; valid until {certificate.not_after:%Y-%m-%d}; trusted by {trust.described()}"
    )
    if certificate.not_after - now < _EXPIRES_SOON:
        return warned("TLS", until, "The certificate expires soon: tell the operator of the server.")
    return passed("TLS", until)


def _explain_certificate(
    error: ssl.SSLCertVerificationError, target: Target, certificate: Certificate, now: datetime, trust: Trust
) -> DiagnosisStep:
    if certificate.not_after < now:
        detail = f"the certificate expired on {certificate.not_after:%Y-%m-%d}"
        hint = "The operator of the server must renew it. Is the clock of this machine right?"
    elif certificate.not_before > now:
        detail = f"the certificate is valid from {certificate.not_before:%Y-%m-%d} on"
        hint = f"The clock of this machine says {now:%Y-%m-%d}: correct it."
    elif "mismatch" in str(error).lower():
        detail = f"the certificate is for {', '.join(certificate.names) or certificate.subject}, not {target.host}"
        hint = "Use a host name that the certificate is for."
    elif certificate.is_self_signed:
        detail = f"the certificate is self-signed ({certificate.subject})"
        hint = "Get that certificate by a safe way, and set ca_path (VCA_CA_PATH, --ca-path) to its file."
    else:
        detail = f"the issuer is not trusted by {trust.described()}: {certificate.issuer}"
        hint = "Get the issuer's certificate from the operator, and set ca_path (VCA_CA_PATH, --ca-path) to its file."
    return failed("TLS", detail, hint, _TLS)


def read_certificate(der: bytes) -> Certificate:
    """A certificate from its DER form. Raises ValueError."""
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
    """Compare clocks. Tokens carry times: a clock that is minutes off makes signing in fail for no visible reason."""
    if server_time is None:
        return skipped("Clock", "the server sent no time")
    skew_s = (now - server_time).total_seconds()
    side = "ahead of" if skew_s > 0 else "behind"
    if abs(skew_s) < 60:
        return passed("Clock", "agrees with the server's to the minute")
    detail = f"this machine is {_duration(abs(skew_s))} {side} the server"
    hint = "Set the clock (NTP) on whichever is wrong: tokens and certificates depend on it."
    return warned("Clock", detail, hint) if abs(skew_s) < 300 else failed("Clock", detail, hint)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def check_settings(settings: Settings, methods: Mapping[str, AuthRecord], *, can_ask: bool = False) -> DiagnosisStep:
    """Is there enough to sign in with? ``can_ask``: a person sits at the terminal who can type the password."""
    name = "Settings"
    chosen = settings.auth_method
    fitting = [
        known for known in methods.values() if known.name == chosen or (not chosen and known.is_applicable(settings))
    ]
    if not fitting:
        what = f"there is no sign-in method {chosen!r}" if chosen else "no sign-in method fits"
        return failed(name, what, f"Set auth_method to one of: {', '.join(sorted(methods)) or 'none'}.", _USAGE)
    method = fitting[0]
    asked = ("password",) if can_ask else ()
    missing = [option for option in method.options if not settings.is_set(option) and option not in asked]
    if missing:
        return failed(name, f"missing: {', '.join(missing)}", _how_to_give(missing), _USAGE)
    where = f"; url from {settings.origin('url')}" if settings.url else ""
    return passed(name, f"{settings.service_type}, sign-in method {method.name}{where}")


def _how_to_give(missing: list[str]) -> str:
    variables = ", ".join(f"VCA_{name.upper()}" for name in missing)
    ways = [f"--{name}" for name in missing if name not in ("password", "token", "api_token")]
    ways += ["--password-file"] if "password" in missing else []
    return f"Set {variables}" + (f"; or use {', '.join(ways)}." if ways else ".")
