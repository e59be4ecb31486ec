"""Policies that cannot be asked, and what a policy may answer: a gate that is broken stays shut."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pluggy

from vcloudair_core.errors import PluginError
from vcloudair_core.plugin.hooks import PROJECT

POLICY = "vca_plan_ready"
_MOST_BYTES = 1_000_000


def refuse_wrappers(plugin: object, callers: Iterable[pluggy.HookCaller]) -> None:
    """Raise PluginError for ``hookimpl(wrapper=True)``, which would be called as a plain generator and do nothing."""
    for caller in callers:
        for impl in caller.get_hookimpls():
            if impl.plugin is plugin and (impl.hookwrapper or getattr(impl, "wrapper", False)):
                raise PluginError(
                    f"its {caller.name} is a hook wrapper, and wrappers are not supported; "
                    "make it a plain hookimpl that raises or returns"
                )


def has_policy(plugin: object) -> bool:
    """Return True when a plugin implements the policy hook, under whatever name, also when it was refused."""
    try:
        for name in dir(plugin):
            options = getattr(getattr(plugin, name, None), f"{PROJECT}_impl", None)
            if isinstance(options, dict) and POLICY in (name, options.get("specname")):
                return True
    except Exception:  # noqa: BLE001 - an object that cannot be looked through may well be one
        return True
    return False


def mentions_policy(entry_point: importlib.metadata.EntryPoint) -> bool:
    """Return True when the source of a plugin that cannot be imported names the policy hook. Runs none of it."""
    module = entry_point.value.partition(":")[0].strip()
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
        if spec is None:
            return False
        places = [Path(place) for place in spec.submodule_search_locations or ()]
        files = [file for place in places for file in place.rglob("*.py")] or [Path(spec.origin or "")]
        return any(POLICY.encode() in file.read_bytes()[:_MOST_BYTES] for file in files)
    except (ImportError, ValueError, OSError, AttributeError):
        return False


def warnings_of(result: Any) -> list[str]:
    """Return the warnings of a policy. Raise TypeError for a result that is neither nothing nor texts."""
    if result is None:
        return []
    if isinstance(result, str):
        return [result]
    if isinstance(result, (bytes, bool, dict)):
        raise TypeError(f"it returned {type(result).__name__}, neither nothing nor a list of warnings")
    texts = list(result)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"it returned a list with {type(text).__name__} in it, not texts")
    return texts
