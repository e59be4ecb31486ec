# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The options of an inventory file, checked and made plain before Ansible looks at them. Private to this collection.

Ansible ignores options that it does not know, splits text at commas where a list is expected, also within a template or
an expression, and fills in no templates.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleParserError
from ansible_collections.vcloudair.cloud.plugins.module_utils._native import native

EXPRESSIONS = ("hostnames", "ansible_host", "include", "exclude")
"""Lists of expressions. Commas and braces in them are their own."""

UNTOUCHED = ("plugin", "compose", "groups", "keyed_groups")
"""Evaluated for each host by Ansible itself."""

KEYED_GROUP = ("key", "prefix", "separator", "parent_group", "default_value", "trailing_separator")

NUMBERS = ("bool", "boolean", "int", "integer", "float")


class OptionReader:
    """Reads options as a file has them. ``template`` fills in a text that is a template."""

    def __init__(self, definitions: Mapping[str, Mapping[str, Any]], template: Callable[[str], Any]) -> None:
        self._template = template
        self._types: dict[str, str] = {}
        for name, definition in definitions.items():
            kind = definition.get("type") or "str"
            self._types[name] = kind
            for alias in definition.get("aliases") or ():
                self._types[alias["name"] if isinstance(alias, Mapping) else alias] = kind

    def read(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options as plain values. Raise AnsibleParserError for those that are unknown or malformed."""
        refuse_unknown(config, self._types, "an option of this inventory plugin")
        found = {}
        for name, value in config.items():
            value = self._option(str(name), value)
            if value is not None:
                found[str(name)] = value
        return found

    def _option(self, name: str, value: Any) -> Any:
        if name == "keyed_groups":
            return _keyed_groups(value)
        if name == "sources":
            return [self._source(source, f"sources[{index}]") for index, source in enumerate(_dicts(name, value))]
        if name in UNTOUCHED:
            return value
        if name in EXPRESSIONS:
            # As they are: newer versions of Ansible evaluate only text that they know to come from the file.
            return words(name, [value] if isinstance(value, str) else value, is_plain=False)
        return self._plain(name, name, value)

    def _source(self, source: Mapping[str, Any], path: str) -> dict[str, Any]:
        return {str(name): self._plain(f"{path}.{name}", str(name), value) for name, value in source.items()}

    def _plain(self, path: str, name: str, value: Any) -> Any:
        value = native(self._filled(path, value))
        kind = self._types.get(name, "str")
        if kind == "list":
            return words(path, value.split(",") if isinstance(value, str) else value)
        if value is None or value == "":
            return None if kind in NUMBERS else {} if kind == "dict" else ""
        if kind == "dict" and not isinstance(value, Mapping):
            raise AnsibleParserError(f"{path} is {value!r}. A mapping of names to values is expected.")
        if kind == "str" and not isinstance(value, (str, int, float)):
            raise AnsibleParserError(f"{path} is {value!r}. Text is expected.")
        return value

    def _filled(self, path: str, value: Any) -> Any:
        """Fill in templates, in lists and mappings, too."""
        if isinstance(value, str):
            if "{{" not in value and "{%" not in value:
                return value
            try:
                return self._template(value)
            except Exception as exc:
                raise AnsibleParserError(f"{path} cannot be evaluated: {exc}") from exc
        if isinstance(value, Mapping):
            return {key: self._filled(f"{path}.{key}", item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._filled(f"{path}[{index}]", item) for index, item in enumerate(value)]
        return value


def words(path: str, value: Any, is_plain: bool = True) -> list[Any]:
    """Return a list of texts: one of them is a list of one, none and empty ones are left out."""
    found = []
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(item, (list, tuple)):
            found += words(path, item, is_plain)
        elif isinstance(item, (Mapping, bool)):
            raise AnsibleParserError(f"{path} has {native(item)!r} in it. A list of texts is expected.")
        elif item is not None and str(item).strip():
            found.append(native(str(item).strip()) if is_plain or not isinstance(item, str) else item)
    return found


def refuse_unknown(given: Iterable[Any], known: Iterable[str], what: str) -> None:
    """Raise AnsibleParserError for names that are not known, with the nearest one that is."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), list(known), n=1)
            hint = f"Did you mean {str(near[0])!r}?" if near else "Check its spelling."
            raise AnsibleParserError(f"{str(name)!r} is not {what}. {hint}")


def _dicts(path: str, value: Any) -> list[Any]:
    found = [value] if isinstance(value, Mapping) else value or []
    if isinstance(found, str) or not all(isinstance(item, Mapping) for item in found):
        raise AnsibleParserError(f"{path} is {native(value)!r}. A list of mappings is expected.")
    return found


def _keyed_groups(value: Any) -> list[Any]:
    found = _dicts("keyed_groups", value)
    for index, entry in enumerate(found):
        refuse_unknown(entry, KEYED_GROUP, f"a key of keyed_groups[{index}]")
    return list(found)
