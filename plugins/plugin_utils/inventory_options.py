# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Check and convert the options of an inventory file. Private to this collection.

Ansible itself ignores unknown options and does not render templates. It also splits the text of list options at commas,
even within templates and expressions.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleParserError
from ansible_collections.vcloudair.cloud.plugins.module_utils._native import native

EXPRESSIONS = ("hostnames", "ansible_host", "include", "exclude")
"""Options that are lists of expressions. An expression can have commas and braces."""

UNTOUCHED = ("plugin", "compose", "groups", "keyed_groups")
"""Options that contain expressions, which Ansible evaluates for each host."""

KEYED_GROUP = ("key", "prefix", "separator", "parent_group", "default_value", "trailing_separator")

NUMBERS = ("bool", "boolean", "int", "integer", "float")


class OptionReader:
    """Reader for the options of an inventory file.

    ``template(text)`` renders a template.
    """

    def __init__(self, definitions: Mapping[str, Mapping[str, Any]], template: Callable[[str], Any]) -> None:
        self._template = template
        self._types: dict[str, str] = {}
        for name, definition in definitions.items():
            kind = definition.get("type") or "str"
            self._types[name] = kind
            for alias in definition.get("aliases") or ():
                self._types[alias["name"] if isinstance(alias, Mapping) else alias] = kind

    def read(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options as built-in types.

        Raises AnsibleParserError for unknown options and invalid values.
        """
        refuse_unknown(config, self._types, "an option of this inventory plugin")
        options = {}
        for name, value in config.items():
            value = self._option(str(name), value)
            if value is not None:
                options[str(name)] = value
        return options

    def _option(self, name: str, value: Any) -> Any:
        if name == "keyed_groups":
            return _keyed_groups(value)
        if name == "sources":
            return [self._source(source, f"sources[{index}]") for index, source in enumerate(_dicts(name, value))]
        if name in UNTOUCHED:
            return value
        if name in EXPRESSIONS:
            # Newer versions of Ansible evaluate only text with its original type, which is trusted.
            return text_list(name, [value] if isinstance(value, str) else value, is_plain=False)
        return self._plain(name, name, value)

    def _source(self, source: Mapping[str, Any], path: str) -> dict[str, Any]:
        return {str(name): self._plain(f"{path}.{name}", str(name), value) for name, value in source.items()}

    def _plain(self, path: str, name: str, value: Any) -> Any:
        value = native(self._rendered(path, value))
        kind = self._types.get(name, "str")
        if kind == "list":
            return text_list(path, value.split(",") if isinstance(value, str) else value)
        if value is None or value == "":
            return None if kind in NUMBERS else {} if kind == "dict" else ""
        if kind == "dict" and not isinstance(value, Mapping):
            raise AnsibleParserError(f"{path} must be a mapping of names to values, not {value!r}.")
        if kind == "str" and not isinstance(value, (str, int, float)):
            raise AnsibleParserError(f"{path} must be a string, not {value!r}.")
        return value

    def _rendered(self, path: str, value: Any) -> Any:
        """Render the templates in a value, also those in lists and mappings."""
        if isinstance(value, str):
            if "{{" not in value and "{%" not in value:
                return value
            try:
                return self._template(value)
            except Exception as exc:
                raise AnsibleParserError(f"Rendering the template of {path} failed. {exc}") from exc
        if isinstance(value, Mapping):
            return {key: self._rendered(f"{path}.{key}", item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._rendered(f"{path}[{index}]", item) for index, item in enumerate(value)]
        return value


def text_list(path: str, value: Any, is_plain: bool = True) -> list[Any]:
    """Return the strings in a value as a flat list, without empty strings.

    If ``is_plain`` is true, strings are converted to ``str``, without Ansible's tags. Raises AnsibleParserError for
    mappings and booleans.
    """
    texts = []
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(item, (list, tuple)):
            texts += text_list(path, item, is_plain)
        elif isinstance(item, (Mapping, bool)):
            raise AnsibleParserError(f"{path} must be a list of strings, but contains {native(item)!r}.")
        elif item is not None and str(item).strip():
            texts.append(native(str(item).strip()) if is_plain or not isinstance(item, str) else item)
    return texts


def refuse_unknown(names: Iterable[Any], known: Iterable[str], noun: str) -> None:
    """Raise AnsibleParserError for a name in ``names`` that is not in ``known``.

    The message suggests the most similar known name. ``noun`` describes the names, such as "an option of a source".
    """
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), list(known), n=1)
            hint = f"Did you mean {str(near[0])!r}?" if near else "Check its spelling."
            raise AnsibleParserError(f"{str(name)!r} is not {noun}. {hint}")


def _dicts(path: str, value: Any) -> list[Any]:
    items = [value] if isinstance(value, Mapping) else value or []
    if isinstance(items, str) or not all(isinstance(item, Mapping) for item in items):
        raise AnsibleParserError(f"{path} must be a list of mappings, not {native(value)!r}.")
    return items


def _keyed_groups(value: Any) -> list[Any]:
    entries = _dicts("keyed_groups", value)
    for index, entry in enumerate(entries):
        refuse_unknown(entry, KEYED_GROUP, f"a key of keyed_groups[{index}]")
    return list(entries)
