"""Certificates and private keys for tests.

They are created once, because keys are slow to create.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=timezone.utc)
PASSPHRASE = "open sesame & co"


@dataclass(frozen=True)
class Pair:
    """A certificate with its private key, as PEM.

    ``encrypted_key`` needs :data:`PASSPHRASE`.
    """

    certificate: str
    key: str
    encrypted_key: str


@cache
def make_pair(common_name: str = "www.example.test", year: int = 2030, serial: int = 0) -> Pair:
    """Return a self-signed certificate that expires on January 1 of ``year``."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(datetime(year, 1, 1, tzinfo=timezone.utc))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), critical=False)
        .sign(private_key, hashes.SHA256())
    )

    def key(encryption: NoEncryption | BestAvailableEncryption) -> str:
        return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    return Pair(
        made.public_bytes(Encoding.PEM).decode(), key(NoEncryption()), key(BestAvailableEncryption(PASSPHRASE.encode()))
    )
