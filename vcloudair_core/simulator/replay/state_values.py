"""Convert values of the simulator state to and from JSON.

A value is plain data, or an instance of one of the state's data classes. The JSON form of an instance contains the
name of its class. Instances of other classes cannot be loaded.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

_TYPE = "$type"
_CALLS = ("on_start", "on_end")
"""Task fields that contain functions. Tasks that have ended do not need them."""


@cache
def _classes() -> dict[str, type]:
    from vcloudair_core.simulator.edge_services import entities as edge_entities
    from vcloudair_core.simulator.nsxt import entities as nsxt_entities
    from vcloudair_core.simulator.state import api_tokens, catalog_entities, entities, simulated_tasks
    from vcloudair_core.simulator.vcda import entities as vcda_entities

    modules = (entities, catalog_entities, edge_entities, nsxt_entities, vcda_entities, api_tokens, simulated_tasks)
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if is_dataclass(value) and isinstance(value, type)
    }


def to_json(value: Any) -> Any:
    """Return the JSON form of a value.

    Raises ValueError for a value that cannot be saved.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value) and _TYPE not in value:
            return {key: to_json(item) for key, item in value.items()}
        return {_TYPE: "dict", "items": [[to_json(key), to_json(item)] for key, item in value.items()]}
    if isinstance(value, (tuple, set, frozenset)):
        items = sorted(value, key=str) if not isinstance(value, tuple) else value
        return {_TYPE: type(value).__name__, "items": [to_json(item) for item in items]}
    if isinstance(value, dt.datetime):
        return {_TYPE: "datetime", "text": value.isoformat()}
    if isinstance(value, dt.date):
        return {_TYPE: "date", "text": value.isoformat()}
    name = type(value).__name__
    if not is_dataclass(value) or isinstance(value, type) or _classes().get(name) is not type(value):
        message = f"a value of type {name} cannot be saved"
        raise ValueError(message)
    return {
        _TYPE: name,
        **{field.name: to_json(getattr(value, field.name)) for field in fields(value) if field.name not in _CALLS},
    }


def from_json(value: Any) -> Any:
    """Convert the result of :func:`to_json` back to the original value.

    Raises ValueError or TypeError for any other JSON value.
    """
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get(_TYPE)
    if name is None:
        return {key: from_json(item) for key, item in value.items()}
    if name == "dict":
        return {from_json(key): from_json(item) for key, item in value["items"]}
    if name in ("tuple", "set", "frozenset"):
        made = {"tuple": tuple, "set": set, "frozenset": frozenset}[name]
        return made(from_json(item) for item in value["items"])
    if name in ("datetime", "date"):
        return getattr(dt, name).fromisoformat(value["text"])
    if name not in _classes():
        message = f"unknown type {name!r}"
        raise ValueError(message)
    return _classes()[name](**{key: from_json(item) for key, item in value.items() if key != _TYPE})
