"""Check that private keys of certificates are in no result, diff, log or file.

The tests run the module of the collection with a simulated cloud.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import PASSPHRASE, make_pair
from tests.support.modules import answer
from vcloudair_core import App, Client
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import simulator_settings

PAIR = make_pair("secret.example.test")
KEY_LINES = [
    line
    for line in (*PAIR.key.splitlines(), *PAIR.encrypted_key.splitlines())
    if "-----" not in line and line not in PAIR.certificate
]
"""Lines of the private key, without those that are also in the certificate."""


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"certificate": PAIR.certificate, "private_key": PAIR.encrypted_key, "passphrase": PASSPHRASE},
        {"certificate": PAIR.certificate, "private_key": PAIR.encrypted_key, "passphrase": f"{PASSPHRASE} wrong"},
        {"certificate": PAIR.certificate, "private_key": make_pair("other").key + PAIR.key},
        {"certificate": PAIR.key + PAIR.certificate},
        {"certificate": PAIR.key},
    ],
    ids=["encrypted", "wrong passphrase", "other key", "key in the certificate", "key for a certificate"],
)
def test_module_shows_no_private_key(
    options: dict[str, str],
    check_mode: bool,
    vca_app: App,
    vca_simulator: Simulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("VCA_STATE_DIR", str(tmp_path))
    settings = simulator_settings(vca_simulator)

    def connect(**given: Any) -> Client:
        return vca_app.client(**{**settings, **given})

    result = answer("vca_certificate", connect, {"name": "web", **options}, check_mode=check_mode, diff=True)
    files = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    shown = "\n".join([json.dumps(result, default=str), caplog.text, *files])
    assert [line for line in KEY_LINES if line in shown] == []
    assert PASSPHRASE not in shown
