"""Tests of module options that are generated from the fields of a spec.

The results are argument specs, text with markup, and YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from tools.reference import collection_options
from vcloudair_core.engine.fields import FieldInfo, input_key, keys_of, spec_field
from vcloudair_core.util.redaction import Secret


@dataclass(frozen=True)
class Pool:
    """A pool of servers."""

    name: str = spec_field(
        "Name; `port` is not part of it. Set `VCA_POOL`, see `vca_pools`.", required=True, default=""
    )
    mode: str | None = spec_field(
        "`port` or `fast`.",
        "With ``N`` above `balance=1`, `other`.",
        choices=("port", "fast"),
        synonyms={"quick": "fast"},
        aliases=("kind_of_pool",),
    )
    port: int | None = spec_field("Port of `name`.")
    psk: Secret | None = spec_field("The key.", secret=True)
    update_psk: str = spec_field("When it is sent.", default="off", choices=("off", "on"))


@dataclass(frozen=True)
class Balancer:
    """A balancer."""

    balance: bool | None = spec_field("Whether it balances.")
    pools: tuple[Pool, ...] | None = spec_field("The pools.")
    tags: tuple[str, ...] | None = spec_field("Tags.")

    other_keys: ClassVar[Mapping[str, FieldInfo]] = {
        "psk_file": input_key("File with the key.", kind=Path),
        "labels": input_key("The same as `tags`.", is_list=True, alias_of="tags"),
    }


NAMES: dict[type, tuple[str, str]] = {Pool: ("pool", "a pool of servers"), Balancer: ("balancer", "a balancer")}


OPTIONS = [key for key in keys_of(Balancer) if not key.info.alias_of]


def arguments_of(name: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(collection_options.argument_specs(NAMES), namespace)
    spec: dict[str, Any] = namespace[f"{name}_arguments"]()
    return spec


def documented() -> dict[str, Any]:
    text = "\n".join(collection_options.documented(OPTIONS, "", 0))
    options: dict[str, Any] = yaml.safe_load(text)
    return options


def test_an_argument_spec_has_types_choices_and_aliases() -> None:
    arguments = arguments_of("balancer")
    assert arguments["balance"] == {"type": "bool"}
    assert arguments["tags"] == {"type": "list", "elements": "str"}
    assert "labels" not in arguments
    pool = arguments["pools"].pop("options")
    assert arguments["pools"] == {"type": "list", "elements": "dict"}
    assert pool["name"] == {"type": "str", "required": True}
    assert pool["mode"] == {"type": "str", "choices": ["port", "fast", "quick"], "aliases": ["kind_of_pool"]}
    assert pool["port"] == {"type": "int"}


def test_secrets_have_no_log_and_similar_names_do_not() -> None:
    arguments = arguments_of("balancer")
    pool = arguments["pools"]["options"]
    assert pool["psk"] == {"type": "str", "no_log": True}
    assert pool["update_psk"] == {"type": "str", "choices": ["off", "on"], "default": "off", "no_log": False}
    assert arguments["psk_file"] == {"type": "path", "no_log": False}


def test_documentation_and_argument_spec_agree() -> None:
    def compare(arguments: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        assert list(arguments) == list(options)
        for name, argument in arguments.items():
            option = options[name]
            compare(argument.pop("options", {}), option.pop("suboptions", {}))
            argument.pop("no_log", None)
            assert {**argument, "description": option["description"]} == option

    compare(arguments_of("balancer"), documented())


def test_names_become_options_values_variables_modules_or_code() -> None:
    pool = documented()["pools"]["suboptions"]
    assert pool["name"]["description"] == [
        "Name; O(pools[].port) is not part of it. Set E(VCA_POOL), see M(vcloudair.cloud.vca_pools)."
    ]
    # A choice of the option is a value, even where an option has the same name.
    assert pool["mode"]["description"] == ["V(port) or V(fast).", "With C(N) above O(balance=1), V(other)."]


def test_a_text_that_yaml_reads_differently_is_rejected() -> None:
    with pytest.raises(ValueError, match="would need quotes in YAML: Ports: all"):
        collection_options.yaml_item("Ports: all", 4)


def test_values_that_yaml_reads_differently_are_quoted() -> None:
    assert collection_options.yaml_flow(["off", "on_create", "3"]) == '["off", on_create, "3"]'


def test_input_keys_follow_the_fields() -> None:
    assert [key.name for key in keys_of(Balancer)] == ["balance", "pools", "tags", "psk_file", "labels"]
