"""One document has the same values in the command line as in Ansible, or the command line refuses it."""

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
    return yaml.load(text, Loader=yaml.SafeLoader)  # what ansible.builtin.from_yaml resolves plain values with


def typed(value: Any) -> Any:
    """The value with its types: True is not 1, and 1 is not 1.0."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)


@pytest.mark.parametrize("word", SAME)
def test_plain_spellings_are_the_same_value(word: str) -> None:
    text = f"k: {word}".replace("\t", " ")
    reading = strict_yaml.read(text)
    assert reading.flaws == ()
    assert typed(reading.tree) == typed(ansible(text))


@pytest.mark.parametrize("word", ODD)
def test_odd_spellings_are_refused_with_their_line(word: str) -> None:
    flaw = strict_yaml.read(f"a: 1\nk: {word}".replace("\t", " ")).flaws[0]
    assert (flaw.path, flaw.line) == (("k",), 2)
    assert flaw.reason.endswith(("put it in quotes", "what its tag !!bool says"))


def test_an_odd_key_is_refused() -> None:
    assert "quotes" in strict_yaml.read("0443: a").flaws[0].reason


@given(PLAIN)
@example("0443")
@example("1:30")
@example("<<")
def test_whatever_is_not_refused_is_the_same_value(word: str) -> None:
    for text in (f"k: {word}", f"[{word}]", f"? {word}\n: 1", f"a: &x {{b: 1}}\nc: {{<<: *x, d: {word}}}"):
        reading = strict_yaml.read(text)
        if not reading.flaws:
            assert typed(reading.tree) == typed(ansible(text))
