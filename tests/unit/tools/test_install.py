"""Tests of the conversion of pip settings to environment variables of uv."""

from __future__ import annotations

import pytest

from tools import install

SETTINGS = """
global.index-url='https://mirror.example.test/simple'
:env:.cert='/etc/ssl/own.pem'
install.extra-index-url='https://one.example.test/simple\\nhttps://two.example.test/simple'
global.timeout='60'
"""


def test_uv_gets_the_settings_of_pip() -> None:
    assert install.uv_environment({"PATH": "/bin"}, SETTINGS) == {
        "PATH": "/bin",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "UV_DEFAULT_INDEX": "https://mirror.example.test/simple",
        "UV_INDEX": "https://one.example.test/simple https://two.example.test/simple",
        "UV_NATIVE_TLS": "true",
        "UV_SYSTEM_CERTS": "true",
    }


def test_uv_variables_override_pip_settings() -> None:
    own = {"UV_DEFAULT_INDEX": "https://own.example.test/simple", "UV_NATIVE_TLS": "false"}
    assert install.uv_environment(own, SETTINGS).items() >= own.items()


def test_pip_is_used_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTALLER", "pip")
    assert install.install_with_uv(".") is False
