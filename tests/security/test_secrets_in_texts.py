"""Check that secrets are redacted in text from servers, proxies and programs."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.session.mocked_http import TOKEN, MockedTransport, reply, vcd_answers, vcd_session
from vcloudair_core.errors import DecodeError, VcloudAirError
from vcloudair_core.settings.settings import Settings
from vcloudair_core.util.redaction import MASK, Secret, redact_text, remember, remembered
from vcloudair_core.util.xml import excerpt_of, parse, parse_json

pytestmark = pytest.mark.usefixtures("mocked_http")

AWKWARD = [
    "p\"a's`s", "100%25&x=1", "line\nbreak", "back\\slash\\\\x", "<&>&amp;", "pass\u00e9\u4e16\U0001f600", "1234567890",
    "0x1F_000", "${HOME}$(id)", "{{ 7*7 }}", "%(asctime)s", "  blanks  ", "a" * 300, "*****x", "\ttab\r", "null-null",
]  # fmt: skip
"""Typical passwords, chosen by users and by password generators."""


@pytest.mark.parametrize(
    "text",
    [
        '{"psk": "hunter2-and-then-cut',
        '{"psk": "hunter2-and-then-cut\\',
        "<psk>hunter2-and-then-cut",
        "<ns1:psk a='b'><![CDATA[hunter2 <and> more]]></ns1:psk>",
        "<psk><![CDATA[hunter2 and then cut",
        '<x password="hunter2 and then cut',
        '{"psk": 82734, "x": 1}'.replace("82734", "47110815"),
        "x-vcloud-authorization: hunter2",
        "GET /api HTTP/1.1\r\nAuthorization: Basic aHVudGVyMg==\r\nCookie: a=hunter2; b=hunter2\r\nHost: x",
        "X-VMWARE-VCLOUD-ACCESS-TOKEN: hunter2.hunter2.hunter2",
        "https://ops:hunter2@vcd.example.test/",
        "https://vcd.example.test/?token=hunter2&x=1",
    ],
)
def test_hides_the_complete_value_after_a_secret_name(text: str) -> None:
    output = redact_text(text)
    assert MASK in output
    assert not any(word in output for word in ("hunter2", "aHVudGVy", "47110815"))


@given(st.text(max_size=200), st.integers(0, 200))
def test_truncation_never_shows_a_secret(note: str, cut: int) -> None:
    """Truncate text at each position. The value of a secret must stay hidden."""
    text = f'<a password="zQ7secretzQ7" note="x"/>{note}'
    assert "zQ7sec" not in redact_text(text[: max(cut, 1)])


def test_keeps_values_that_are_not_secret() -> None:
    for text in (
        '{"pskEnabled": true, "note": "psk is set"}',
        "<psk/><name>web</name>",
        "<psk></psk>",
        "Cookies: none",
    ):
        assert redact_text(text) == text


@pytest.mark.parametrize("secret", AWKWARD, ids=range(len(AWKWARD)))
def test_excerpts_hide_secrets_of_the_process(secret: str) -> None:
    """Redact the token in the page of a proxy, even if the parser has no session."""
    held = Secret(secret)
    remember(held)
    long = f"You asked with {secret} for this." + " x" * 500
    for text in (long, f"{'y' * 190}{secret}{'z' * 100}"):
        output = excerpt_of(text)
        assert secret not in output
        # The end of the excerpt has no part of the secret.
        assert len(secret) < 8 or secret[:6].strip() not in output or secret.startswith(("a" * 6, "*"))


def test_secret_is_hidden_as_long_as_an_object_holds_it() -> None:
    held = [Secret(f"token-number-{number:05}") for number in range(400)]
    remember(*held)
    assert set(held) <= set(remembered())
    released = {secret.reveal() for secret in held[1:]}
    twin = Secret(held[0])
    remember(twin)
    del held
    gc.collect()
    known = {secret.reveal() for secret in remembered()}
    assert "token-number-00000" in known
    assert not known & released


def test_secrets_of_a_session_are_released_with_it() -> None:
    session = vcd_session(MockedTransport(vcd_answers()), password="gone-with-its-session")
    session.login()
    assert {"gone-with-its-session", TOKEN} <= {secret.reveal() for secret in remembered()}
    del session
    gc.collect()
    assert "gone-with-its-session" not in {secret.reveal() for secret in remembered()}


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/xml"])
def test_error_does_not_quote_a_response_with_the_token(content_type: str) -> None:
    body = f"debug: session {TOKEN} of ops with s3cr3t-Passw0rd"
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200, body, Content_Type=content_type)}))
    session = vcd_session(transport)
    answer = session.call("GET", "/api/x")
    for read in (parse, parse_json):
        with pytest.raises(DecodeError) as caught:
            read(answer.body, what="the thing")
        output = f"{caught.value} {caught.value.as_dict()} {caught.value!r}"
        assert TOKEN not in output
        assert "s3cr3t-Passw0rd" not in output


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 502, 503])
@pytest.mark.parametrize("pad", [0, 180, 390, 395])
def test_error_does_not_quote_an_error_response_with_the_token(status: int, pad: int) -> None:
    body = f"{'x' * pad}{TOKEN}"
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(status, body)}))
    with pytest.raises(VcloudAirError) as caught:
        vcd_session(transport, retries=0).call("GET", "/api/x")
    output = f"{caught.value} {caught.value.as_dict()}"
    assert TOKEN not in output
    assert TOKEN[:8] not in output, "The truncated text shows the beginning of the secret."


def _around(folder: Path, **settings: Any) -> Any:
    from vcloudair_core.recovery.run.steps import StepContext
    from vcloudair_core.services.dr.operation_options import Stop

    class Client:
        pass

    client: Any = Client()
    client.settings = Settings.load(settings, environ={"VCA_CONFIG_FILE": ""})
    return StepContext(client, "run", "test", "shop", folder, folder, None, Stop())


def _step(*argv: str) -> Any:
    from vcloudair_core.recovery.plan.model import Command, Step

    return Step("hook", Command(argv), timeout_s=60)


@pytest.mark.parametrize("pad", [0, 193, 197, 7_990])
def test_hides_secrets_in_program_output_before_truncation(tmp_path: Path, pad: int) -> None:
    from vcloudair_core.recovery.run.steps import perform

    secret = "zQ7-a-rather-long-secret"
    script = tmp_path / "hook.py"
    script.write_text(f"import sys\nprint('x' * {pad} + {secret!r} + 'y' * 1990)\nsys.exit(3)\n", encoding="utf-8")
    step = _step(sys.executable, str(script))
    result = perform(step, _around(tmp_path, password=secret), group="", key="k")
    assert result.verdict == "failed"
    assert "zQ7-a" not in f"{result}"


def test_hides_secrets_of_the_environment_that_are_not_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redact VCA_PASSWORD in program output, even if the run uses another password."""
    from vcloudair_core.recovery.run.steps import perform

    monkeypatch.setenv("VCA_PASSWORD", "zQ7-in-the-environment")
    step = _step(sys.executable, "-c", "import os; print(os.environ['VCA_PASSWORD'])")
    result = perform(step, _around(tmp_path, password="another-one"), group="", key="k")
    assert result.verdict == "succeeded"
    assert result.output == MASK
