"""Tests of selecting the edge gateway with a document and with options."""

from __future__ import annotations

import pytest

from vcloudair_core import ConfigurationError, Settings
from vcloudair_core.services.ans.document.file import EdgeDocument, agreed_target, explicit_target

UUID = "5a5f4b6e-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    ("named", "explicit", "target"),
    [
        ({"edge": "a"}, {}, {"edge": "a"}),
        ({}, {"edge": "a", "vdc": "v"}, {"edge": "a", "vdc": "v"}),
        ({"edge": "Web", "vdc": None}, {"edge": "web"}, {"edge": "web"}),
        ({"edge": f"urn:vcloud:gateway:{UUID}"}, {"edge": UUID.upper()}, {"edge": UUID.upper()}),
        ({"edge": "a", "vdc": "v"}, {"edge": ""}, {"edge": "a", "vdc": "v"}),
        ({"edge": "a", "firewall": {}}, {}, {"edge": "a"}),
    ],
)
def test_a_target_named_once_or_equally(
    named: dict[str, str], explicit: dict[str, str], target: dict[str, str]
) -> None:
    assert agreed_target(named, explicit) == target


@pytest.mark.parametrize(("name", "other"), [("edge", "b"), ("vdc", "w"), ("edge", UUID)])
def test_conflicting_targets_are_rejected(name: str, other: str) -> None:
    with pytest.raises(ConfigurationError, match="but the option"):
        agreed_target({"edge": "a", "vdc": "v"}, {name: other})


def test_only_arguments_are_explicit() -> None:
    settings = Settings.load({"vdc": "v"}, environ={"VCA_EDGE": "a"})
    assert explicit_target(settings) == {"vdc": "v"}


def test_the_digest_excludes_the_keys_of_every_section() -> None:
    def digest(**ipsec: str) -> str:
        return EdgeDocument({}, {"ipsec": {"enabled": True, **ipsec, "tunnels": [{"name": "a", **ipsec}]}}).digest()

    assert digest(psk="hunter2", global_psk="hunter3") == digest()
    assert digest(description="other") != digest()
