"""The spec of a certificate.

Source: protocol/ans.md §5, protocol/nsxt.md §7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.engine.fields import spec_field
from vcloudair_core.services.ans.certificate.pem import certificate_complaint, key_complaint, normalized
from vcloudair_core.services.ans.edge.limits import Limit
from vcloudair_core.util.redaction import Secret


def _read_pem(reader: Any, name: str) -> str | None:
    value = reader.data.get(name)
    if value is None:
        return None
    if not isinstance(value, (str, Secret)):
        reader.problems.add(reader.at(name), "text in PEM format was expected")
        return None
    text = value.reveal() if isinstance(value, Secret) else value
    if text.isascii():
        return normalized(text)
    reader.problems.add(reader.at(name), "must contain only ASCII characters, because it is PEM text")
    return None


def _read_key(reader: Any, name: str) -> Secret | None:
    text = _read_pem(reader, name)
    return None if text is None else Secret(text)


@dataclass(frozen=True)
class CertificateSpec:
    """The spec of a certificate. A field that is None stays unchanged.

    Source: protocol/ans.md §5, protocol/nsxt.md §7.
    """

    name: str | None = spec_field(
        "Name of the certificate.",
        "On NSX-V edge gateways, certificates have no names that a client can set. The name is stored in the "
        "description of the certificate. A certificate without a description has the name that the server derived "
        "from its subject.",
        identity=True,
        required=True,
    )
    certificate: str | None = spec_field(
        "Certificate in PEM format. Certificates of intermediate CAs can follow.",
        "Required to add a certificate. An existing certificate is compared by its fingerprint. If it differs, the new "
        "certificate is added, IPsec tunnels and load balancers that use the old certificate get the new one, and the "
        "old certificate is deleted.",
        read=_read_pem,
    )
    private_key: Secret | None = spec_field(
        "Private key of the certificate in PEM format. A CA certificate needs no private key.",
        "The server never returns private keys, so a changed private key is sent only together with another "
        "certificate.",
        secret=True,
        input_only=True,
        read=_read_key,
    )
    passphrase: Secret | None = spec_field("Passphrase of an encrypted `private_key`.", secret=True, input_only=True)
    description: str | None = spec_field("Description of the certificate.", absent="")
    certificate_id: str | None = spec_field(
        "ID of the certificate. Required to select one of several certificates with the same name.", read_only=True
    )
    force: bool | None = spec_field(
        "Whether to delete a certificate that is in use, with `state=absent`. Its references are removed first.",
        "This is possible only if no active service needs the certificate. On NSX-V edge gateways, this applies to "
        "application profiles without a virtual server, and to CA certificates if all enabled IPsec tunnels use "
        "pre-shared keys. On NSX-T edge gateways, this applies to virtual servers without an encrypted protocol, and "
        "to pools that have another CA certificate, have no virtual server, or do not use TLS.",
        input_only=True,
    )

    def complaints(self) -> list[tuple[str, str]]:
        """Return the fields with invalid content, each with the reason."""
        complaints: list[tuple[str, str]] = []
        if self.certificate is not None and (reason := certificate_complaint(self.certificate)):
            complaints.append(("certificate", reason))
        elif self.private_key is not None and self.certificate is None:
            complaints.append(("private_key", "requires certificate"))
        elif self.private_key is not None and self.certificate is not None:
            reason = key_complaint(self.certificate, self.private_key, self.passphrase)
            if reason:
                complaints.append(("private_key", reason))
        if self.passphrase is not None and self.private_key is None:
            complaints.append(("passphrase", "requires private_key"))
        return complaints


NSXV_LIMITS = (
    Limit(
        "description",
        "the description of the certificate holds its name",
        hint="Remove description, or write it as part of name.",
    ),
)
"""Options that NSX-V edge gateways do not support."""

OUTPUT = (
    "subject",
    "issuer",
    "serial_number",
    "fingerprint",
    "not_before",
    "not_after",
    "days_left",
    "dns_names",
    "used_by",
)
"""Keys that reads return and that input can contain. They are ignored."""
