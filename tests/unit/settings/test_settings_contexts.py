"""Tests of configuration file contexts: selection, precedence and credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcloudair_core.app import App
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.settings import Settings
from vcloudair_core.util.redaction import Secret

PROD, LAB = "https://prod.example.test", "https://lab.example.test"
TWO = f"""
current_context = "prod"
timeout = 7

[context.prod]
url = "{PROD}"
username = "alice"
password = "prod-secret"

[context.lab]
url = "{LAB}"
username = "bob"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TWO)
    path.chmod(0o600)
    return path


def load(
    file: Path, environ: dict[str, str] | None = None, context: str | None = None, **arguments: object
) -> Settings:
    return Settings.load(arguments, environ=environ or {}, config_file=file, context=context)


def test_the_current_context_is_used_unless_another_is_named(file: Path) -> None:
    assert (load(file).url, load(file).timeout, load(file).context) == (PROD, 7.0, "prod")
    assert (load(file, context="lab").url, load(file, {"VCA_CONTEXT": "lab"}).username) == (LAB, "bob")
    assert load(file, {"VCA_CONTEXT": "lab"}, "prod").url == PROD
    assert load(file).file.contexts == ("prod", "lab")


def test_library_and_command_line_use_the_same_context(file: Path) -> None:
    app = App(environ={"VCA_CONFIG_FILE": str(file), "VCA_ORG": "acme"})
    assert app.client().settings.url == PROD
    assert app.client(context="lab", password="typed").settings.username == "bob"


def test_environment_and_arguments_override_the_context(file: Path) -> None:
    settings = load(file, {"VCA_USERNAME": "carol", "VCA_PASSWORD": "hers"}, timeout=3)
    assert (settings.url, settings.username, settings.timeout) == (PROD, "carol", 3.0)
    assert settings.password == Secret("hers")


@pytest.mark.parametrize(
    "other", [{"VCA_URL": LAB}, {"VCA_HOST": LAB}, {"VCA_URL": f"{PROD}:8443"}, {"VCA_URL": "http://prod.example.test"}]
)
def test_the_current_context_is_ignored_for_another_server(file: Path, other: dict[str, str]) -> None:
    settings = load(file, {**other, "VCA_USERNAME": "alice"})
    assert (settings.context, settings.file.ignored, settings.timeout) == (None, "prod", 7.0)
    assert settings.password is None
    with pytest.raises(ConfigurationError, match="The current context 'prod' is for another server"):
        settings.require("password")


def test_different_spellings_of_a_server_are_the_same_server(file: Path) -> None:
    for url in (f"{PROD}/", f"{PROD}:443", "prod.example.test", "HTTPS://PROD.example.test/tenant/acme"):
        assert load(file, {"VCA_URL": url}).password == Secret("prod-secret")


def test_an_explicit_context_with_another_server_is_an_error(file: Path) -> None:
    for environ, context in (({"VCA_URL": LAB}, "prod"), ({"VCA_URL": LAB, "VCA_CONTEXT": "prod"}, None)):
        with pytest.raises(ConfigurationError, match=f"Context 'prod' is for {PROD}, but .*env VCA_URL.* is {LAB}"):
            load(file, environ, context)
    with pytest.raises(ConfigurationError, match="argument"):
        load(file, None, "prod", url=LAB)


@pytest.mark.parametrize("name", ["password", "api_token", "token", "api_token_file"])
def test_top_level_credentials_are_only_sent_to_the_top_level_url(tmp_path: Path, name: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'url = "{PROD}"\n{name} = "s3cret"\n[context.lab]\nurl = "{LAB}"\nusername = "bob"\n')
    file.chmod(0o600)
    assert load(file).is_set(name)
    for settings in (load(file, context="lab"), load(file, {"VCA_URL": LAB}), load(file).replace(url=LAB)):
        assert not settings.is_set(name)
        assert f"is for {PROD}" in settings.as_dict()[name]["origin"]
    with pytest.raises(ConfigurationError, match=f"The {name} in .* is not used, because it is for {PROD}"):
        load(file, context="lab").require(name)


def test_credentials_are_not_sent_to_a_replaced_url(file: Path) -> None:
    assert load(file).replace(url=LAB).password is None
    assert load(file).replace(url=LAB, password="typed").password == Secret("typed")
    assert load(file).replace(timeout=5).password == Secret("prod-secret")


def test_credentials_without_url_belong_to_the_portal_of_the_service_type(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('current_context = "p"\n[context.p]\nservice_type = "vchs"\npassword = "x"\n')
    file.chmod(0o600)
    assert load(file).password == Secret("x")
    assert load(file, {"VCA_URL": "https://vchs.vmware.com"}).password == Secret("x")
    for environ in ({"VCA_URL": LAB}, {"VCA_SERVICE_TYPE": "vca"}):
        assert load(file, environ).password is None


def test_a_password_without_url_is_valid_for_every_server(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('password = "shared"\n')
    file.chmod(0o600)
    assert load(file, {"VCA_URL": LAB}).password == Secret("shared")


def test_the_hint_for_missing_settings_lists_the_contexts(file: Path) -> None:
    file.write_text(TWO.replace('current_context = "prod"', ""))
    with pytest.raises(ConfigurationError, match=r"vca context use NAME` \(available: prod, lab\)"):
        load(file).require("url", "username")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('current_context = "gone"\n[context.a]\n', "Context 'gone' does not exist.*Use one of: a"),
        ("current_context = 3\n", "current_context is not a string"),
        ('context = "prod"\n', "'context' must contain only tables"),
        ("[context]\nprod = 1\n", "'context' must contain only tables"),
        ("[context.a]\nurll = 'x'\n", "Unknown setting: 'urll' .*context.a.*Did you mean 'url'"),
    ],
)
def test_errors_in_the_file_are_reported(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load(file, {"VCA_CONTEXT": "a"} if "urll" in text else {})


def test_a_context_without_a_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="Run: vca context add prod"):
        Settings.load(environ={"VCA_CONTEXT": "prod"})
