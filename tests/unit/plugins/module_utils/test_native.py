# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the conversion of Ansible's types to built-in types.

The tests cover the types of all supported versions of Ansible.
"""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.vcloudair.cloud.plugins.module_utils._native import native


class Text(str):
    """Text that ``str`` returns unchanged, like Ansible's unsafe text."""

    def __str__(self):  # pylint: disable=invalid-str-returned
        return self


class Number(int):
    """An int subclass, like Ansible's tagged integers."""


class Real(float):
    """A float subclass, like Ansible's tagged floats."""


class Encrypted(list):
    """Vaulted text, which is a sequence in older versions of Ansible."""

    _ciphertext = "..."

    def __str__(self):
        return "opened"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (Text("a"), "a"),
        (Number(0), 0),
        (Real(0.5), 0.5),
        (b"a", "a"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (Encrypted("xyz"), "opened"),
        ({Text("a"): (Number(1), [Text("b")], {Text("c")})}, {"a": [1, ["b"], ["c"]]}),
    ],
)
def test_values_become_plain(value, plain):
    found = native(value)
    assert found == plain
    assert _types(found) == _types(plain)


def _types(value):
    if isinstance(value, dict):
        return dict, [(_types(key), _types(item)) for key, item in value.items()]
    return (list, [_types(item) for item in value]) if isinstance(value, list) else type(value)


def test_unsafe_values_become_plain():
    proxy = pytest.importorskip("ansible.utils.unsafe_proxy", reason="only the controller has unsafe values")
    plain = {"a": ["b", {"c": 1}]}
    result = native(proxy.wrap_var(plain))
    assert result == plain
    assert _types(result) == _types(plain)
