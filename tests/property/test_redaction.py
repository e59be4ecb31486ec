"""Property tests: no output shows a secret in any encoding."""

from __future__ import annotations

import base64
import json
import logging
import pickle
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vcloudair_core.settings.settings import Settings
from vcloudair_core.transport.messages import Exchange, Headers, Request, Response
from vcloudair_core.util.redaction import (
    MASK,
    Secret,
    is_secret_name,
    redact_headers,
    redact_text,
    redact_tree,
    redacted_exchange,
)

# The prefix does not occur in other text by chance.
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=4, max_size=40).map("zQ7".__add__)
TEXTS = st.text(max_size=60)


def hidden(secret: str, output: str) -> bool:
    """Return True if the output contains no encoding of the secret."""
    return secret not in output


@given(SECRETS, TEXTS, TEXTS)
def test_text_hides_a_known_secret(secret: str, before: str, after: str) -> None:
    assume(secret not in before + MASK + after)
    output = redact_text(f"{before} {secret} {after}", [Secret(secret)])
    assert hidden(secret, output)


@given(SECRETS)
def test_text_hides_every_encoding_of_a_secret(secret: str) -> None:
    spellings = [
        json.dumps({"note": secret}),
        json.dumps({"note": secret}, ensure_ascii=False),
        f"<a>{escape(secret)}</a>",
        f"<a note={quoteattr(secret)}/>",
        f"https://h/x?note={quote(secret, safe='')}",
        f"note={quote_plus(secret)}",
        base64.b64encode(secret.encode()).decode(),
        repr(secret),
    ]
    for text in spellings:
        output = redact_text(text, [secret])
        inner = text.partition("note=")[2] or text
        assert MASK in output, inner
        assert hidden(secret, output) or secret in MASK


@given(SECRETS, st.sampled_from(["password", "psk", "preSharedKey", "sharedSecret", "token", "access_token"]))
def test_hides_unknown_values_after_names_of_secrets(secret: str, name: str) -> None:
    assume(not set(secret) & set("\"'<>&\\") and secret.strip("*"))
    for text in (
        json.dumps({name: secret}),
        f"<{name}>{escape(secret)}</{name}>",
        f"<ns0:{name} a='b'>{escape(secret)}</ns0:{name}>",
        f'<x {name}="{secret}"/>',
    ):
        assert hidden(secret, redact_text(text)), text


def trees(leaf: str) -> st.SearchStrategy[Any]:
    """Generate JSON trees that contain the secret."""
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.just(f"x {leaf} y"), st.just(leaf), TEXTS)
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
    )


@given(st.data())
def test_tree_hides_a_secret(data: st.DataObject) -> None:
    secret = data.draw(SECRETS)
    assume(secret.strip("*") and not secret.isdigit())
    tree = data.draw(trees(secret))
    output = redact_tree({"psk": secret, "inner": tree}, [Secret(secret)])
    assert all(hidden(secret, value) for value in _values(output))
    assert output["psk"] == MASK


def _values(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in _values(value)]
    if isinstance(tree, list):
        return [leaf for value in tree for leaf in _values(value)]
    return [tree] if isinstance(tree, str) else []


KEYS = TEXTS.filter(lambda name: not is_secret_name(name))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(), lambda inner: st.dictionaries(KEYS, st.lists(inner)), max_leaves=10
    )
)
def test_tree_without_text_is_unchanged(tree: Any) -> None:
    assert redact_tree({"rules": tree}) == {"rules": tree}


@given(SECRETS)
def test_redacted_exchange_has_no_secret(secret: str) -> None:
    assume(secret.strip("*") and "\r" not in secret and "\n" not in secret)
    basic = base64.b64encode(f"ops@acme:{secret}".encode()).decode()
    request = Request(
        "POST",
        f"https://h.test/x?token={quote(secret, safe='')}",
        Headers({"Authorization": f"Basic {basic}", "X-Vcloud-Authorization": secret}),
        json.dumps({"psk": secret, "note": f"it is {secret}!"}).encode(),
    )
    response = Response(
        200,
        Headers([("Set-Cookie", f"vcloud-token={secret}"), ("X-Note", secret)]),
        f"<a>{escape(secret)}</a>".encode(),
    )
    output = redacted_exchange(Exchange(request, response, None, 0.1), [Secret(secret)])
    assert output.response is not None
    text = f"{output.request.url}{output.request.headers.pairs()}{output.response.headers.pairs()}"
    text += output.request.body.decode() + output.response.body.decode()
    assert hidden(secret, text)
    assert basic not in text


@given(SECRETS)
def test_renderings_of_a_secret_hide_its_value(value: str) -> None:
    assume(value not in MASK)
    secret = Secret(value)
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s %r", (secret, secret), None)
    renderings = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", "{}".format(secret), record.getMessage()]  # noqa: UP032
    renderings += [repr([secret]), repr({"a": secret}), str(Secret(secret))]
    assert all(hidden(value, output) for output in renderings)
    assert secret.reveal() == value
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps({"a": secret})


@given(SECRETS)
def test_settings_hide_secrets(value: str) -> None:
    assume(value.strip() and value not in MASK)
    settings = Settings.load({"password": value, "api_token": value, "token": value}, environ={"VCA_CONFIG_FILE": ""})
    assert hidden(value, f"{settings!r}{settings}{settings.as_dict()}")


@pytest.mark.parametrize(
    "name", ["Authorization", "x-vcloud-authorization", "X-VMWARE-VCLOUD-ACCESS-TOKEN", "Cookie", "Set-Cookie"]
)
def test_masks_headers_with_tokens(name: str) -> None:
    assert redact_headers(Headers({name: "value-of-it"}))[name] == MASK
