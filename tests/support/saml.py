"""SAML assertions for tests."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"


def assertion(
    user: str = "demo", minutes: int = 5, method: str = BEARER, certificate: str = "", at: float | None = None
) -> str:
    """Return an assertion that expires ``minutes`` after ``at``.

    ``at`` is in seconds since 1970. The default is now.
    """
    start = datetime.now(timezone.utc) if at is None else datetime.fromtimestamp(at, timezone.utc)
    limit = (start + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = (
        '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
        f"{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )
    return (
        '<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0">\n'
        f'<saml2:Subject><saml2:NameID>{user}</saml2:NameID><saml2:SubjectConfirmation Method="{method}">'
        f"{key if certificate else ''}</saml2:SubjectConfirmation></saml2:Subject>\n"
        f'<saml2:Conditions NotOnOrAfter="{limit}"/></saml2:Assertion>'
    )
