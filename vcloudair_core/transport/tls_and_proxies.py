"""Find certificate authorities and proxies in the settings and the environment."""

from __future__ import annotations

import functools
import importlib.util
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.errors import ConfigurationError

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# CA stores of Linux distributions, for Python builds that look in another path.
_STORES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_PROXY_SCHEMES = ("http", "https")
_SOCKS_SCHEMES = ("socks4", "socks4a", "socks5", "socks5h")


@dataclass(frozen=True)
class Trust:
    """Trusted certificate authorities.

    ``path`` is the CA file or folder, or empty for the system trust store. ``origin`` is the name of the setting or
    environment variable that contains the path.
    """

    path: str = ""
    origin: str = ""

    def check(self) -> None:
        """Raise ConfigurationError if the path does not exist or cannot be read."""
        if not self.path:
            return
        try:
            if Path(self.path).is_dir():
                os.listdir(self.path)  # noqa: PTH208 - only checks that it can be read
            else:
                Path(self.path).open("rb").close()
        except OSError as exc:
            reason = "does not exist" if isinstance(exc, FileNotFoundError) else f"cannot be read: {exc.strerror}"
            is_setting = self.origin == "ca_path"
            target = "ca_path (VCA_CA_PATH)" if is_setting else self.origin
            remedy = "" if is_setting else f", or unset {self.origin}"
            raise ConfigurationError(
                f"The certificate authority file {self.path} ({self.origin}) {reason}. Nothing was sent.",
                hint=f"Set {target} to an existing file{remedy}.",
            ) from exc

    def described(self) -> str:
        """Return a text for messages that names the source of the CA certificates."""
        if self.path:
            return f"{self.origin} {self.path}"
        variables = [f"{name} {os.environ[name]}" for name in _SYSTEM_VARIABLES if os.environ.get(name)]
        return f"the system's store{' with ' + ' and '.join(variables) if variables else ''}"


def trust_of(ca_path: str | None, environ: Mapping[str, str] | None = None) -> Trust:
    """Return the trusted certificate authorities.

    The first of these that is set applies: ``ca_path``, ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``. If none of them is
    set, the system trust store of OpenSSL is used. ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the path of this
    store, as in the Ansible module ``uri``.
    """
    env = os.environ if environ is None else environ
    if ca_path:
        return Trust(ca_path, "ca_path")
    for name in _BUNDLES:
        if env.get(name):
            return Trust(env[name], name)
    return Trust()


def load_system_store(context: ssl.SSLContext) -> None:
    """Load the system trust store into an SSL context.

    If there is no system trust store, load the certificates of certifi.
    """
    context.load_default_certs()
    if any(os.environ.get(name) for name in _SYSTEM_VARIABLES) or context.cert_store_stats()["x509_ca"]:
        return
    paths = ssl.get_default_verify_paths()
    # Certificates in a directory are loaded on demand, so cert_store_stats does not count them.
    if paths.capath and any(Path(paths.capath).iterdir()):
        return
    for store in _STORES:
        if Path(store).is_file():
            context.load_verify_locations(cafile=store)
            return
    import certifi

    context.load_verify_locations(cafile=certifi.where())


def context_of(trust: Trust) -> ssl.SSLContext:
    """Return an SSL context that trusts these certificate authorities.

    Raises OSError if the path cannot be used.
    """
    if not trust.path:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        load_system_store(context)
        return context
    if Path(trust.path).is_dir():
        return ssl.create_default_context(capath=trust.path)
    return ssl.create_default_context(cafile=trust.path)


def proxy_problem(proxy: str) -> str:
    """Return the reason why a proxy cannot be used, or an empty string."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    scheme = parts.scheme.lower()
    if scheme in _SOCKS_SCHEMES:
        if importlib.util.find_spec("socks") is None:
            return f"a proxy with the scheme {scheme} needs the package PySocks, which is not installed"
    elif scheme not in _PROXY_SCHEMES:
        return f"{scheme!r} is not a supported proxy scheme (http, https, socks4, socks5)"
    try:
        port = parts.port
    except ValueError:
        return "its port is not a number"
    return "" if parts.hostname and port != 0 else "it does not have a host"


def check_proxies(url: str, proxies: Mapping[str, str]) -> None:
    """Raise ConfigurationError if the proxy for a URL cannot be used."""
    from requests.utils import select_proxy

    proxy = select_proxy(url, dict(proxies))
    if not proxy:
        return
    reason = proxy_problem(proxy)
    if not reason:
        return
    names = _variables_with(proxy)
    hint = f"Correct or unset {names}, or add the host to NO_PROXY."
    if "PySocks" in reason:
        hint = f"Run `pip install PySocks`, or correct or unset {names}."
    raise ConfigurationError(f"The proxy in {names} cannot be used. {_sentence(reason)}", hint=hint)


def _variables_with(proxy: str) -> str:
    """Return the names of the environment variables that contain this proxy.

    If no variable contains the proxy, return the usual variable names.
    """
    names = [name for name, value in os.environ.items() if name.lower().endswith("_proxy") and value == proxy]
    return " and ".join(sorted(names)) or "HTTPS_PROXY or HTTP_PROXY"


def _sentence(reason: str) -> str:
    return f"{reason[0].upper()}{reason[1:]}. Nothing was sent."


def trusting_adapter(base: Any) -> Any:
    """Return a requests adapter whose ``verify=True`` uses the system trust store.

    All adapters of the process share the trust store. The adapter must not be used with another value of ``verify``,
    because urllib3 would add the other certificates to the shared store.
    """

    class Trusting(base):  # type: ignore[misc]
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options, ssl_context=system_context())

        def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
            return super().proxy_manager_for(*arguments, **options, ssl_context=system_context())

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            conn.cert_reqs, conn.ca_certs, conn.ca_cert_dir = "CERT_REQUIRED", None, None

    return Trusting


def system_context() -> ssl.SSLContext:
    """Return an SSL context of urllib3 that trusts the system trust store.

    Loading the store takes up to 40 ms. It is loaded again if its files or their variables change.
    """
    paths = ssl.get_default_verify_paths()
    files = [
        paths.openssl_cafile,
        paths.openssl_capath,
        *_STORES,
        *(os.environ.get(name) for name in _SYSTEM_VARIABLES),
    ]
    return _loaded_context("\n".join(f"{path} {_stamp(path)}" for path in files))


@functools.lru_cache(maxsize=1)
def _loaded_context(state: str) -> ssl.SSLContext:
    """Return a new context. ``state`` identifies the content of the trust store."""
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    load_system_store(context)
    return context


def _stamp(path: str | None) -> str:
    try:
        status = os.stat(path or "")  # noqa: PTH116 - the path may be empty
    except OSError:
        return ""
    return f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"
