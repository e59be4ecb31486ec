"""Auth flow for vCloud Director with the SAML assertion of an identity provider.

The endpoints are the same as for a sign-in with a password. Only the Authorization header differs: ``SIGN`` with the
compressed assertion. Source: protocol/sessions.md §4.3.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.session.auth.vcd import VcdAuth
from vcloudair_core.util.redaction import Secret, remember
from vcloudair_core.util.user_files import refuse_readable_secrets, unreadable

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

MAX_ASSERTION_BYTES = 1024 * 1024
SIGNATURE_ALGORITHM = "SHA256withRSA"
_GZIP = b"\x1f\x8b"
_CHECK = "Get a new assertion, because assertions expire soon. Check org (VCA_ORG), and the clock of this host."
_FORMS = "Set saml_token to the assertion: XML, base64 of the XML, or base64 of the compressed XML."


class SamlAuth(VcdAuth):
    """Auth flow with a SAML assertion: bearer or holder-of-key."""

    name = "saml"
    prefers_legacy = True  # clients are known to send assertions to this endpoint

    def __init__(self, settings: Settings, *, checks_version: bool = True) -> None:
        super().__init__(settings, checks_version=checks_version)
        org = str(settings.org)
        if '"' in org or "\\" in org:
            raise ConfigurationError(f"Invalid org for a sign-in with SAML: {org!r}.", hint="Check org (VCA_ORG).")

    def _authorization(self) -> str:
        assertion = assertion_of(self._settings.required_secret("saml_token"))
        token = base64.b64encode(gzip.compress(assertion, mtime=0)).decode("ascii")
        remember(secret := Secret(token))
        self._secret = secret  # redacted as long as this flow exists
        signature = ""
        if self._settings.saml_key_file:
            signed = sign(assertion, self._settings.saml_key_file)
            signature = f',signature="{signed}",signature_alg="{SIGNATURE_ALGORITHM}"'
        return f'SIGN token="{token}",org="{self._settings.org}"{signature}'

    @property
    def _who(self) -> str:
        return f"the user of the SAML assertion in org {self._settings.org}"

    def _hint(self) -> str:
        return _CHECK


def assertion_of(token: Secret) -> bytes:
    """Return the XML of an assertion.

    The token is XML, base64 of the XML, or base64 of the compressed XML. Raises ConfigurationError for other text.
    """
    text = token.reveal().strip()
    if text.startswith("<"):
        return text.encode()
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
        if content.startswith(_GZIP):
            unpacker = zlib.decompressobj(wbits=31)
            content = unpacker.decompress(content, MAX_ASSERTION_BYTES)
            if not unpacker.eof:
                raise ValueError("too large or cut off")
    except (binascii.Error, ValueError, zlib.error) as exc:
        raise ConfigurationError("saml_token is not a SAML assertion.", hint=_FORMS) from exc
    if not content.lstrip().startswith(b"<"):
        raise ConfigurationError("saml_token is not a SAML assertion.", hint=_FORMS)
    return content


def sign(assertion: bytes, key_file: str) -> str:
    """Return the signature of an assertion with an RSA key, as base64.

    Servers require the signature if the subject confirmation of the assertion is ``holder-of-key``. Source: the class
    ``VcdSignLoginCredentials`` in VMware's Java client vcd-api-client-java.

    Raises: ConfigurationError if the key cannot be used.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    path = Path(key_file)
    try:
        refuse_readable_secrets(path, path.stat(), "private key")
        pem = path.read_bytes()
    except OSError as exc:
        raise unreadable("The key file", path, exc) from exc
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as exc:
        raise ConfigurationError(
            f"The key file {path} cannot be used. It is not an unencrypted private key in PEM format.",
            hint="Check saml_key_file (VCA_SAML_KEY_FILE).",
        ) from exc
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(f"The key file {path} cannot be used. It is not an RSA key.", hint="Use an RSA key.")
    return base64.b64encode(key.sign(assertion, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")
