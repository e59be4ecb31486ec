"""Create the certificate authority and server certificate of a simulator."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALIDITY = {"valid": (-1, 30 * 24), "other-name": (-1, 30 * 24), "expired": (-48, -24), "early": (24, 48)}
"""Start and end of validity in hours from now, by kind of certificate."""

_OTHER_HOSTS = ("elsewhere.example.net",)


def write_certificates(folder: Path, names: Iterable[str], *, kind: str = "valid") -> tuple[Path, Path]:
    """Create a CA and a server certificate in ``folder``. Return both paths.

    The first file contains the CA certificate. The second file contains the server certificate and its private key.
    Raises ValueError for an unknown kind of certificate.
    """
    if kind not in _VALIDITY:
        raise ValueError(f"unknown certificate {kind!r}; expected one of {', '.join(_VALIDITY)}")
    now = dt.datetime.now(dt.timezone.utc)
    begins, ends = (now + dt.timedelta(hours=hours) for hours in _VALIDITY[kind])
    names = _OTHER_HOSTS if kind == "other-name" else names
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vCloud simulator CA")])

    def builder(
        subject: x509.Name, public: ec.EllipticCurvePublicKey, begins: dt.datetime, ends: dt.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )

    authority = (
        builder(ca_name, ca_key.public_key(), now - dt.timedelta(days=7), now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        builder(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vCloud simulator")]), key.public_key(), begins, ends
        )
        .add_extension(x509.SubjectAlternativeName([_alternative_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
            if hasattr(x509, "ExtendedKeyUsageOID")
            else x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]),
            critical=False,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    ca_file, leaf_file = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    leaf_file.touch(mode=0o600)
    leaf_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    return ca_file, leaf_file


def _alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
