"""Sign-in with a SAML assertion: ``Authorization: SIGN token="...",org="..."``.

The token is a compressed assertion in base64. Source: protocol/sessions.md §4.3. The simulator accepts assertions of
any issuer, because it has no trust relationship with an identity provider.
"""

from __future__ import annotations

import base64
import re
import zlib
from datetime import datetime
from typing import Any

from lxml import etree

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
HOLDER_OF_KEY = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
_MAX_BYTES = 1024 * 1024
_FIELD = re.compile(r'(\w+)="([^"]*)"')


def saml_user(context: Any) -> Any:
    """Return the user that the assertion of a request names, or None.

    Return None for a missing, damaged or expired assertion, an unknown user, and a missing or wrong signature.
    """
    scheme, _, text = context.request.headers.get("Authorization", "").partition(" ")
    fields = dict(_FIELD.findall(text))
    if scheme.upper() != "SIGN" or not fields.get("org"):
        return None
    try:
        document = zlib.decompressobj(wbits=31).decompress(base64.b64decode(fields["token"], validate=True), _MAX_BYTES)
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except (KeyError, ValueError, zlib.error, etree.XMLSyntaxError):
        return None
    if root.tag != f"{SAML}Assertion" or _is_expired(root, context.simulator.clock.now()):
        return None
    if _needs_key(root) and not _is_signed(root, document, fields):
        return None
    name = (root.findtext(f"{SAML}Subject/{SAML}NameID") or "").strip()
    org = fields["org"].lower()
    return next((user for user in context.world.users if (user.name, user.org.lower()) == (name, org)), None)


def _is_expired(root: Any, now: float) -> bool:
    conditions = root.find(f"{SAML}Conditions")
    limit = conditions.get("NotOnOrAfter") if conditions is not None else None
    try:
        return limit is not None and datetime.fromisoformat(limit.replace("Z", "+00:00")).timestamp() <= now
    except ValueError:
        return True


def _needs_key(root: Any) -> bool:
    return any(element.get("Method") == HOLDER_OF_KEY for element in root.iter(f"{SAML}SubjectConfirmation"))


def _is_signed(root: Any, document: bytes, fields: dict[str, str]) -> bool:
    """Return True if the signature matches the certificate in the assertion."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.x509 import load_der_x509_certificate

    certificate = next(root.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate"), None)
    if certificate is None or fields.get("signature_alg") != "SHA256withRSA":
        return False
    try:
        key: Any = load_der_x509_certificate(base64.b64decode(certificate.text or "")).public_key()
        signature = base64.b64decode(fields.get("signature", ""), validate=True)
        key.verify(signature, document, padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True
