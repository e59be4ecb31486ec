"""Tests of settings: precedence, origins and errors."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.settings import OPTIONS, Settings
from vcloudair_core.util.redaction import Secret


def load(
    arguments: dict[str, object] | None = None,
    environ: dict[str, str] | None = None,
    config_file: Path | None = None,
    context: str | None = None,
) -> Settings:
    env = {"VCA_CONFIG_FILE": ""} | (environ or {})
    return Settings.load(arguments, environ=env, config_file=config_file, context=context)


def test_arguments_override_the_environment_and_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('url = "https://file"\norg = "file-org"\nusername = "file-user"\n')
    settings = load({"url": "https://arg"}, {"VCA_URL": "https://env", "VCA_ORG": "env-org"}, file)
    assert (settings.url, settings.org, settings.username) == ("https://arg", "env-org", "file-user")
    assert str(settings.origin("url")) == "argument"
    assert str(settings.origin("org")) == "env VCA_ORG"
    assert str(settings.origin("username")) == f"file {file}"
    assert str(settings.origin("timeout")) == "default"


def test_an_empty_string_counts_as_unset_everywhere(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('url = "https://file"\norg = ""\n')
    settings = load({"url": "", "org": None}, {"VCA_URL": "  "}, file)
    assert settings.url == "https://file"
    assert settings.org is None


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_has_its_environment_variable(option: object) -> None:
    assert option.env_names[0] == f"VCA_{option.name.upper()}"  # type: ignore[attr-defined]


def test_aliases_are_the_same_option() -> None:
    settings = load({"host": "https://a", "user": "u", "passwd": "p", "gateway_name": "g", "vdc_name": "v"})
    assert settings.url == settings["hostname"] == "https://a"
    assert (settings.username, settings.edge, settings.vdc) == ("u", "g", "v")
    assert settings.password == Secret("p")


def test_older_environment_names_work_but_the_new_name_overrides_them() -> None:
    assert load({}, {"VCA_USER": "old"}).username == "old"
    assert load({}, {"VCA_USER": "old", "VCA_USERNAME": "new"}).username == "new"


def test_different_values_of_a_setting_and_its_alias_are_an_error() -> None:
    with pytest.raises(ConfigurationError, match="two different values"):
        load({"url": "https://a", "host": "https://b"})
    assert load({"url": "https://a", "host": "https://a"}).url == "https://a"


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match="'usernme'.*'username'"):
        load({"usernme": "x"})


@pytest.mark.parametrize(
    ("name", "value", "phrase"),
    [
        ("validate_certs", "perhaps", "is not a boolean"),
        ("timeout", "soon", "is not a number"),
        ("timeout", "-1", "must be zero or more"),
        ("service_type", "aws", "must be one of vchs, vca, vcd"),
    ],
)
def test_an_invalid_value_is_reported_with_its_origin(name: str, value: str, phrase: str) -> None:
    with pytest.raises(ConfigurationError, match=phrase) as caught:
        load({}, {f"VCA_{name.upper()}": value})
    assert f"env VCA_{name.upper()}" in str(caught.value)


@pytest.mark.parametrize(("word", "value"), [("no", False), ("False", False), ("0", False), ("YES", True)])
def test_boolean_words(word: str, value: bool) -> None:
    assert load({}, {"VCA_VALIDATE_CERTS": word}).validate_certs is value


def test_secrets_are_never_displayed() -> None:
    settings = load({"password": "hunter2", "token": "t0ken-value"})
    assert "hunter2" not in repr(settings) + str(settings.as_dict())
    assert "t0ken-value" not in repr(settings) + str(settings.as_dict())
    assert settings.required_secret("password").reveal() == "hunter2"
    assert set(settings.secrets()) == {Secret("hunter2"), Secret("t0ken-value")}


def test_contexts_override_the_top_level_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('url = "https://common"\norg = "a"\n[context.dr]\norg = "b"\n')
    settings = load({}, {}, file, "dr")
    assert (settings.url, settings.org) == ("https://common", "b")
    assert str(settings.origin("org")) == f"file {file} [context.dr]"
    with pytest.raises(ConfigurationError, match="Context 'prod' does not exist"):
        load({}, {}, file, "prod")


def test_an_explicit_file_must_exist_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load({}, {}, tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("url = [")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load({}, {}, broken)


def test_require_names_all_missing_settings_and_variables() -> None:
    with pytest.raises(ConfigurationError, match=r"Missing url and password.*VCA_URL and VCA_PASSWORD"):
        load({"username": "u"}).require("url", "username", "password")


def test_replace_returns_a_copy() -> None:
    first = load({"url": "https://a"})
    second = first.replace(url="https://b", timeout=5)
    assert (first.url, second.url, second.timeout) == ("https://a", "https://b", 5.0)
    with pytest.raises(AttributeError):
        first.nothing  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    "other",
    [
        {"url": "https://b"}, {"org": "globex"}, {"username": "eve"}, {"password": "other"}, {"token": "t"},
        {"api_token": "t"}, {"instance": "i"}, {"vdc": "gold"}, {"auth_method": "vcd"}, {"service_type": "vca"},
    ],
)  # fmt: skip
def test_every_account_has_a_different_key(other: dict[str, str]) -> None:
    given = {"url": "https://a", "username": "ops", "password": "hunter2", "org": "acme"}
    first = Settings.load(given, environ={}).account_key({})
    assert first == Settings.load(given, environ={}).account_key({})
    assert first != Settings.load({**given, **other}, environ={}).account_key({})


def test_account_keys_cover_files_and_plugin_variables(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("one")
    settings = Settings.load({"url": "https://a", "ca_path": str(file)}, environ={})
    first = settings.account_key({})
    assert first != settings.account_key({"VCA_VAULT_ROLE": "acme"})
    file.write_text("two")
    assert first != settings.account_key({})


def test_each_setting_is_a_typed_attribute_of_the_class() -> None:
    types = {
        "str": {"str", "str | None"},
        "path": {"str | None"},
        "secret": {"Secret | None"},
        "bool": {"bool"},
        "float": {"float"},
        "list": {"tuple[str, ...] | None"},
    }
    declared = {row.name: str(row.type) for row in dataclasses.fields(Settings)}
    assert list(declared) == [option.name for option in OPTIONS]
    assert [option.name for option in OPTIONS if declared[option.name] not in types[option.type]] == []
    # Without a default, a setting can be None.
    assert [option.name for option in OPTIONS if (option.default is None) != ("None" in declared[option.name])] == []


@pytest.mark.parametrize("name", ["url", "password", "timeout"])
def test_settings_are_immutable(name: str) -> None:
    settings = load({"url": "https://a", "password": "hunter2"})
    before = settings[name]
    with pytest.raises(AttributeError):
        setattr(settings, name, "other")
    assert settings[name] is before


def test_a_missing_secret_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="Missing token"):
        load({"url": "https://a"}).required_secret("token")
