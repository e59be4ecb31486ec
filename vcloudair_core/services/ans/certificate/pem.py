"""Parse certificates and private keys in PEM format."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.util.redaction import Secret

KEY_MARK = "PRIVATE KEY-----"
"""Text in the first line of each private key in PEM format."""
_DAY_S = 86_400
_MOST_CACHED = 256


@dataclass(frozen=True)
class CertificateDetails:
    """The content of the first certificate of a PEM text.

    ``fingerprints`` has the SHA-256 fingerprint of each certificate of the text.
    """

    subject: str
    issuer: str
    serial_number: str
    fingerprints: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    dns_names: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 fingerprint of the first certificate: ``2b:f8:…``."""
        return self.fingerprints[0]

    def days_left(self, now: float) -> int:
        """Return the number of whole days until expiry. It is negative after expiry.

        ``now`` is the time in seconds since 1970.
        """
        return math.floor((self.not_after.timestamp() - now) / _DAY_S)


def normalized(pem: str) -> str:
    """Return a PEM text with Unix line ends and one line break at the end."""
    lines = [line.strip() for line in pem.strip().splitlines()]
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=_MOST_CACHED)
def details_of(pem: str) -> CertificateDetails | None:
    """Return the content of a certificate, or None if the text is not a certificate."""
    from cryptography import x509

    try:
        certificates = x509.load_pem_x509_certificates(pem.encode())
        first = certificates[0]
        return CertificateDetails(
            first.subject.rfc4514_string(),
            first.issuer.rfc4514_string(),
            f"{first.serial_number:x}",
            tuple(_fingerprint(certificate) for certificate in certificates),
            first.not_valid_before_utc,
            first.not_valid_after_utc,
            _dns_names(first),
        )
    except (ValueError, IndexError):
        return None


def certificate_complaint(pem: str) -> str:
    """Return the reason why a text is not a certificate, or an empty string.

    The reason does not quote the text, because it may contain a private key.
    """
    if KEY_MARK in pem:
        return "contains a private key; set the private key in private_key"
    return "" if details_of(pem) is not None else "is not a certificate in PEM format"


def key_complaint(pem: str, key: Secret, passphrase: Secret | None) -> str:
    """Return the reason why a private key does not match a certificate.

    Return an empty string if the key matches.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = key.reveal()
    is_encrypted = "ENCRYPTED" in text
    if is_encrypted and passphrase is None:
        return "is encrypted; set passphrase"
    if passphrase is not None and not is_encrypted:
        return "is not encrypted; remove passphrase"
    try:
        loaded = load_pem_private_key(text.encode(), passphrase.reveal().encode() if passphrase else None)
    except (ValueError, TypeError):
        return "cannot be decrypted with passphrase" if is_encrypted else "is not a private key in PEM format"
    except Exception as exc:  # noqa: BLE001 - cryptography has many errors for keys that it does not support
        return f"cannot be read ({type(exc).__name__})"
    certificate = x509.load_pem_x509_certificates(pem.encode())[0]
    return "" if loaded.public_key() == certificate.public_key() else "does not belong to the certificate"


def _fingerprint(certificate: Any) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    return str(certificate.fingerprint(SHA256()).hex(":"))


def _dns_names(certificate: Any) -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(names.value.get_values_for_type(x509.DNSName))
