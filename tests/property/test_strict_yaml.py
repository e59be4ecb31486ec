"""Property tests: ``vca`` reads YAML values as Ansible does, or rejects them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from vcloudair_core.util import strict_yaml

SAME = (
    """
443 +1 -0 0 08 1e3 1.5e+3 1. .5 09.5 0o17 1,000 yes No ON off true FALSE y n ~ null NULL a any 10.0.0.0/24 8000-8080
'0443' "12:34" '2001-12-14' '=' !!str\t0443 !!int\t12 !!float\t1 ::/0 fe80::1 10.0.0.1 aes-gcm 1-65535
""".replace("\n", " ")
    .strip()
    .split(" ")
)
ODD = (
    """
0443 00 -07 +0123 0x1F 0b11 1_000 12:34 190:20:30 1:2.5 -1:30 2001-12-14 2001-12-14T21:59:43Z = 1_0.5
-.5 +.5 !!int\t'0443' !!int\t0x1F !!int\t1_000 !!bool\t'0'
""".replace("\n", " ")
    .strip()
    .split(" ")
)
PLAIN = st.text(alphabet="0123456789.:_-+eExXobtTZ ~=nNuUlLyYfF<!&*'\"", min_size=1, max_size=14)


def ansible(text: str) -> Any:
    return yaml.load(text, Loader=yaml.SafeLoader)  # the loader of ansible.builtin.from_yaml


def typed(value: Any) -> Any:
    """Return the value together with its type, so that True, 1 and 1.0 differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)


@pytest.mark.parametrize("word", SAME)
def test_plain_values_equal_those_of_ansible(word: str) -> None:
    text = f"k: {word}".replace("\t", " ")
    reading = strict_yaml.read(text)
    assert reading.issues == ()
    assert typed(reading.tree) == typed(ansible(text))


@pytest.mark.parametrize("word", ODD)
def test_refuses_ambiguous_values_with_their_line(word: str) -> None:
    issue = strict_yaml.read(f"a: 1\nk: {word}".replace("\t", " ")).issues[0]
    assert (issue.path, issue.line) == (("k",), 2)
    assert issue.reason.endswith(("put it in quotes", "does not match its tag !!bool"))


def test_refuses_an_ambiguous_key() -> None:
    assert "quotes" in strict_yaml.read("0443: a").issues[0].reason


@given(PLAIN)
@example("0443")
@example("1:30")
@example("<<")
def test_accepted_values_equal_those_of_ansible(word: str) -> None:
    for text in (f"k: {word}", f"[{word}]", f"? {word}\n: 1", f"a: &x {{b: 1}}\nc: {{<<: *x, d: {word}}}"):
        reading = strict_yaml.read(text)
        if not reading.issues:
            assert typed(reading.tree) == typed(ansible(text))
