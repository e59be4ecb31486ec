"""Check the certificates and private keys that clients upload.

The checks are inferred: no source states what the servers check.
"""

from __future__ import annotations

from typing import Any


class InvalidPemError(Exception):
    """An invalid certificate or key. ``str()`` of the exception is the error message."""


def check_upload(certificate: str, private_key: str, passphrase: str) -> Any:
    """Return the first certificate of a PEM text.

    Raises InvalidPemError if the text has no certificate, or if the private key does not match the certificate.
    """
    from cryptography import x509

    try:
        first = x509.load_pem_x509_certificates(certificate.encode())[0]
    except (ValueError, IndexError):
        raise InvalidPemError("The certificate is not a valid PEM certificate.") from None
    if private_key and _public_key(private_key, passphrase) != first.public_key():
        raise InvalidPemError("The private key does not match the certificate.")
    return first


def common_name(certificate: Any) -> str:
    """Return the common name of the subject.

    Return the whole subject if it has no common name.
    """
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else str(certificate.subject.rfc4514_string())


def _public_key(private_key: str, passphrase: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(private_key.encode(), passphrase.encode() or None).public_key()
    except (ValueError, TypeError):
        raise InvalidPemError("The private key cannot be read. Check the key and its passphrase.") from None
