"""Contexts of the configuration file: which one is used, what beats it, and where its credentials may go."""

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


def test_the_library_uses_it_as_the_command_line_does(file: Path) -> None:
    app = App(environ={"VCA_CONFIG_FILE": str(file), "VCA_ORG": "acme"})
    assert app.client().settings.url == PROD
    assert app.client(context="lab", password="typed").settings.username == "bob"


def test_environment_and_arguments_beat_it(file: Path) -> None:
    settings = load(file, {"VCA_USERNAME": "carol", "VCA_PASSWORD": "hers"}, timeout=3)
    assert (settings.url, settings.username, settings.timeout) == (PROD, "carol", 3.0)
    assert settings.password == Secret("hers")


@pytest.mark.parametrize(
    "other", [{"VCA_URL": LAB}, {"VCA_HOST": LAB}, {"VCA_URL": f"{PROD}:8443"}, {"VCA_URL": "http://prod.example.test"}]
)
def test_a_current_context_is_ignored_when_another_server_is_named(file: Path, other: dict[str, str]) -> None:
    settings = load(file, {**other, "VCA_USERNAME": "alice"})
    assert (settings.context, settings.file.ignored, settings.timeout) == (None, "prod", 7.0)
    assert settings.password is None
    with pytest.raises(ConfigurationError, match="The current context 'prod' is for another server"):
        settings.require("password")


def test_the_same_server_written_in_another_way_is_no_other_server(file: Path) -> None:
    for url in (f"{PROD}/", f"{PROD}:443", "prod.example.test", "HTTPS://PROD.example.test/tenant/acme"):
        assert load(file, {"VCA_URL": url}).password == Secret("prod-secret")


def test_a_named_context_and_another_server_are_refused(file: Path) -> None:
    for environ, context in (({"VCA_URL": LAB}, "prod"), ({"VCA_URL": LAB, "VCA_CONTEXT": "prod"}, None)):
        with pytest.raises(ConfigurationError, match=f"Context 'prod' is for {PROD}, but .*env VCA_URL.* is {LAB}"):
            load(file, environ, context)
    with pytest.raises(ConfigurationError, match="argument"):
        load(file, None, "prod", url=LAB)


@pytest.mark.parametrize("name", ["password", "api_token", "token", "api_token_file"])
def test_credentials_at_the_top_stay_with_the_url_at_the_top(tmp_path: Path, name: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'url = "{PROD}"\n{name} = "s3cret"\n[context.lab]\nurl = "{LAB}"\nusername = "bob"\n')
    file.chmod(0o600)
    assert load(file).is_set(name)
    for settings in (load(file, context="lab"), load(file, {"VCA_URL": LAB}), load(file).replace(url=LAB)):
        assert not settings.is_set(name)
        assert f"is for {PROD}" in settings.as_dict()[name]["origin"]
    with pytest.raises(ConfigurationError, match=f"Not used: the {name} in .* is for {PROD}"):
        load(file, context="lab").require(name)


def test_nor_are_they_sent_elsewhere_by_a_change_of_settings(file: Path) -> None:
    assert load(file).replace(url=LAB).password is None
    assert load(file).replace(url=LAB, password="typed").password == Secret("typed")
    assert load(file).replace(timeout=5).password == Secret("prod-secret")


def test_a_portal_s_own_address_counts_too(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('current_context = "p"\n[context.p]\nservice_type = "vchs"\npassword = "x"\n')
    file.chmod(0o600)
    assert load(file).password == Secret("x")
    assert load(file, {"VCA_URL": "https://vchs.vmware.com"}).password == Secret("x")
    for environ in ({"VCA_URL": LAB}, {"VCA_SERVICE_TYPE": "vca"}):
        assert load(file, environ).password is None


def test_a_password_beside_no_url_is_for_every_server(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('password = "shared"\n')
    file.chmod(0o600)
    assert load(file, {"VCA_URL": LAB}).password == Secret("shared")


def test_missing_settings_name_the_contexts(file: Path) -> None:
    file.write_text(TWO.replace('current_context = "prod"', ""))
    with pytest.raises(ConfigurationError, match=r"vca context use NAME` \(available: prod, lab\)"):
        load(file).require("url", "username")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('current_context = "gone"\n[context.a]\n', "Context 'gone' does not exist.*Use one of: a"),
        ("current_context = 3\n", "current_context is not text"),
        ('context = "prod"\n', "'context' is not a table of tables"),
        ("[context]\nprod = 1\n", "'context' is not a table of tables"),
        ("[context.a]\nurll = 'x'\n", "Unknown setting: 'urll' .*context.a.*Did you mean 'url'"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load(file, {"VCA_CONTEXT": "a"} if "urll" in text else {})


def test_a_context_without_a_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="Run: vca context add prod"):
        Settings.load(environ={"VCA_CONTEXT": "prod"})
