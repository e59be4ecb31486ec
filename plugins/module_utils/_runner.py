# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""What every module is and does: options, and one function from them to a result. Private to this collection.

A module's file says it once, as a :class:`Module`. Its own process and the action plugin in the controller both run
that, so there is one path from a task to the library. :func:`execute` is free of Ansible.
"""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ansible.module_utils import basic
from ansible.module_utils.common import validation
from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import (
    ArgumentSpec,
    connection_arguments,
    edge_arguments,
    stage_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._native import native

if TYPE_CHECKING:
    from vcloudair_core import Client, Outcome, VcloudAirError

    Connect = Callable[..., Client]
    Work = Callable[[Client, "Params", bool, bool], "Result"]

Params = dict[str, Any]
"""Values of options, as AnsibleModule gives them."""

__all__ = [
    "RUN_ID", "AnsibleModule", "Connect", "Job", "Module", "Params", "Result", "given", "library_problem", "refuse",
    "secrets_of", "vcloudair_core", "writing",
]  # fmt: skip

Result = dict[str, Any]
"""What a module returns, as exit_json takes it."""

Hide = Callable[[Params], Iterable[str]]

MINIMUM_LIBRARY = "0.2.0"
INSTALL_LIBRARY = "From a checkout of the project, run: {python} -m pip install '.[cli]'"

try:
    import vcloudair_core

    LIBRARY_ERROR = ""
except ImportError:
    vcloudair_core = None  # type: ignore[assignment]
    LIBRARY_ERROR = traceback.format_exc()

_SETTINGS = (*connection_arguments(), *(name for name in edge_arguments() if name != "edge"))
_TARGET = ("edge", "vdc")

RUN_ID = "_vca_run_id"
"""Not an option: what the action plugin tells a module in check mode, so that it knows of the tasks before it."""


class AnsibleModule(basic.AnsibleModule):
    """A module that keeps secrets within lists and mappings out of the system's log, too.

    Ansible logs what it was called with, such options as Python shows them, and looks for secrets as they were given:
    one with a quote or a backslash in it is spelled in another way there.

    ``hide(params)``, if any, gives more texts to mask. It is asked before anything else looks at the parameters.
    """

    def __init__(self, hide: Hide | None = None, **declared: Any) -> None:
        self.params: Params
        self._hide = hide
        self.run_id: str | None = None
        self._is_ready = False
        self._ignored: Params = {}
        super().__init__(**declared)
        self._is_ready = True
        self._add_hidden()  # should a version of Ansible load parameters in another way

    @property
    def ignored_stage(self) -> bool:
        """True when a module that cannot be staged was told to stage, as by module_defaults of its group."""
        return self._ignored.get("stage") not in (None, False, "", "false", "no", "off")

    def _leave_out_shared(self) -> None:
        """Take out options that only other modules of the group have: module_defaults give them to every module."""
        known = set(self.argument_spec).union(*(option.get("aliases", ()) for option in self.argument_spec.values()))
        for name, option in dict(edge_arguments(), **stage_arguments()).items():
            for word in (name, *option.get("aliases", ())):
                if word not in known and word in self.params:
                    self._ignored[word] = self.params.pop(word)

    def _load_params(self) -> None:
        """As Ansible's; from here on nothing that is secret is shown, whatever is wrong with the rest."""
        super()._load_params()
        self.run_id = self.params.pop(RUN_ID, None)
        self._leave_out_shared()
        self._undo_nesting(self.params, self.argument_spec)
        self._add_hidden()
        # Before Ansible looks at types and choices: none of them takes an empty cell.
        self.params = without_empty_cells(self.params, getattr(self, "argument_spec", {}))

    def _add_hidden(self) -> None:
        if self._hide is not None:
            self.no_log_values.update(self._hide(self.params))
            self._hide = None

    def _undo_nesting(self, params: Any, argument_spec: ArgumentSpec) -> None:
        """Make lists of lists of words plain lists, before Ansible turns the inner ones into text."""
        for name, option in argument_spec.items():
            for key in (name, *option.get("aliases", ())):
                value = params.get(key) if isinstance(params, dict) else None
                if isinstance(value, list) and option.get("type") == "list":
                    params[key] = value = list(_flat(value))
                if option.get("options"):
                    for item in value if isinstance(value, list) else [value]:
                        self._undo_nesting(item, option["options"])

    def fail_json(self, msg: str, **result: Any) -> None:
        """As Ansible's; a task whose options are refused says that nothing was written."""
        if not self._is_ready:
            result.setdefault("written", False)
        super().fail_json(msg, **result)

    def warn(self, warning: str, **more: Any) -> None:
        """As Ansible's, without secrets: it looks for them in results, but not in warnings."""
        super().warn(basic.remove_values(warning, self.no_log_values), **more)

    def log(self, msg: Any, log_args: Mapping[str, Any] | None = None) -> None:
        """As Ansible's, without the other spelling of secrets."""
        args = {name: _without(value, self.no_log_values) for name, value in (log_args or {}).items()}
        super().log(_without(msg, self.no_log_values), log_args=args)


def _flat(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, (list, tuple)):
            yield from _flat(item)
        else:
            yield item


def without_empty_cells(params: Mapping[str, Any], declared: ArgumentSpec) -> Params:
    """Drop parameters that are None or blank text, at every depth that is declared: empty cells are not given."""
    kept = {}
    for name, value in params.items():
        declaration = _declaration(declared, name)
        value = value if declaration is None else _filled(value, declaration.get("options"))
        if declaration is None or value is not None:
            kept[name] = value
    return kept


def _filled(value: Any, options: ArgumentSpec | None) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, dict) and options is not None:
        kept = without_empty_cells(value, options)
        return kept if kept or not value else None
    if isinstance(value, (list, tuple)):
        items = [item for item in (_filled(item, options) for item in value) if item is not None]
        return items if items or not value else None
    return value


def _declaration(declared: ArgumentSpec, name: str) -> Mapping[str, Any] | None:
    for option, declaration in declared.items():
        if name == option or name in declaration.get("aliases", ()):
            return declaration
    return None


def _without(text: Any, secrets: Iterable[str]) -> Any:
    for secret in secrets:
        text = text.replace(repr(secret)[1:-1], "********") if isinstance(text, str) and secret else text
    return text


class Job:
    """Work that most modules do: a kind, what they want of it, and how to show what came of it.

    ``specs(params)`` gives the desired specs, or None to only read. ``state(params)`` gives present, absent or exact.
    ``target(params)`` gives what the kind acts on; by default the options edge and vdc.
    ``show(outcome_or_data, params)`` gives the module's own result keys. ``more(client, params, result)``, if any, adds
    what takes further calls: it is not called in check mode, and what it raises fails the task without hiding that
    something was changed.
    """

    def __init__(
        self,
        kind: str,
        show: Callable[[Any, Params], Result],
        specs: Callable[[Params], list[Any]] | None = None,
        state: Callable[[Params], str] | None = None,
        more: Callable[[Client, Params, Result], Result] | None = None,
        target: Callable[[Params], Mapping[str, Any]] | None = None,
    ) -> None:
        self.kind = kind
        self.show = show
        self.specs = specs
        self.state = state or (lambda params: params.get("state") or "present")
        self.more = more
        self.writes = specs is not None
        self.target = target or (lambda params: dict(given(params, _TARGET), **(params.get("target") or {})))

    def __call__(self, client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
        """Do it. Returns the result as a dict."""
        target = self.target(params)
        if self.specs is None:
            return dict(changed=False, **self.show(client.read(self.kind, target), params))
        desired = self.specs(params)
        outcome = self._outcome(client, params, desired, state=self.state(params), target=target, check=check_mode)
        result = dict(changed=outcome.changed, plan=outcome.plan.summary(), **self.show(outcome.after, params))
        if params.get("stage"):
            result["staged"] = True
        if outcome.warnings:
            result["warnings"] = list(outcome.warnings)
        if diff_mode:
            result["diff"] = outcome.plan.diff()
        if self.more is not None and not check_mode:
            try:
                result.update(self.more(client, params, result))
            except vcloudair_core.VcloudAirError as exc:
                # What the task is for was done, or there was nothing to do.
                exc.written = result["changed"]
                result.update(failure(exc), changed=result["changed"])
        return result

    def _outcome(self, client: Client, params: Params, desired: list[Any], **how: Any) -> Outcome:
        if not params.get("stage"):
            return client.ensure(self.kind, desired, **how)
        if not params.get("stage_id"):
            refuse("stage_id", "is required where there is no action plugin to name the stage")
        return client.stage(self.kind, desired, stage_id=params["stage_id"], **how)


class Module:
    """One module as data: its work, its own options, and how these constrain each other (as AnsibleModule takes it).

    ``work(client, params, check_mode, diff_mode)`` returns the result as a dict, with ``failed`` and ``msg`` when it
    failed; a :class:`Job` is such work. ``of_edges``: it takes the options of edge gateways, too. ``hide``: see
    :class:`AnsibleModule`; for options whose secrets no argument spec can name.
    """

    def __init__(
        self,
        work: Work,
        arguments: Mapping[str, Any],
        of_edges: bool = True,
        hide: Hide | None = None,
        **constraints: Any,
    ) -> None:
        common = dict(connection_arguments(), **edge_arguments()) if of_edges else connection_arguments()
        self.work = work
        self.argument_spec = dict(arguments, **common)
        self.constraints = dict(constraints, hide=hide) if hide is not None else constraints

    def run(self, connect: Connect | None = None) -> None:
        """The body of the module. It prints its result and exits, as modules do.

        ``connect`` makes the client, for callers that hold an App of the library already.
        """
        module = AnsibleModule(argument_spec=self.argument_spec, supports_check_mode=True, **self.constraints)
        problem = library_problem()
        if problem:
            module.fail_json(**problem)
        params = module.params if module.run_id is None else dict(module.params, **{RUN_ID: module.run_id})
        result = execute(self.work, params, module.check_mode, module._diff, connect)
        if module.ignored_stage and getattr(self.work, "writes", False) and "stage_id" not in self.argument_spec:
            module.warn("This module cannot be staged: stage was ignored, and the task took effect at once.")
        for warning in result.pop("warnings", ()):
            module.warn(warning)
        if result.pop("failed", False):
            module.fail_json(**result)
        module.exit_json(**result)


def given(params: Mapping[str, Any], names: Iterable[str]) -> Params:
    """Those parameters that the user gave."""
    return {name: params[name] for name in names if params.get(name) is not None}


def connection_options(plugin: Any) -> Params:
    """The options of the connection that a plugin of the controller was given, as plain text where they are text."""
    found = {name: plugin.get_option(name) for name in connection_arguments()}
    return {name: native(value) for name, value in found.items() if value is not None}


def account_key(options: Mapping[str, Any]) -> str:
    """A text that differs for every account that options, the environment and files may name. Secrets stay hidden."""
    return vcloudair_core.Settings.load(given(options, _SETTINGS)).account_key()


def refuse(field: str, reason: str) -> NoReturn:
    """Ends a job before anything is sent, in the library's own words for bad input."""
    raise vcloudair_core.SpecError(field, reason)


def secrets_of(kind: Any, specs: Iterable[Any]) -> list[str] | None:
    """Every secret in specs of a kind, as texts; None where nobody can tell what is secret.

    A text in place of a spec (``name=web psk=...``, which Ansible takes for a mapping) is one as a whole, too.
    """
    written = [spec for spec in specs if isinstance(spec, str)]
    try:
        specs = [validation.check_type_dict(spec) if isinstance(spec, str) else spec for spec in specs]
        return written + vcloudair_core.App().secrets_in(kind, specs)
    except Exception:  # noqa: BLE001 - no library, no such kind, a broken plugin, no mapping: it is told of later
        return None


def execute(
    work: Work, params: Params, check_mode: bool = False, diff_mode: bool = False, connect: Connect | None = None
) -> Result:
    """Do work with a client of its own, and count what it asked of the server.

    Returns the result as a dict; ``failed`` is true when an error of the library stopped it.
    """
    client = None
    try:
        client = (connect or vcloudair_core.connect)(**given(params, _SETTINGS))
        run_id = params.get(RUN_ID)
        if run_id and check_mode:
            client.join_check_run(run_id)
        elif run_id and getattr(work, "writes", False):
            # What was expected before is real now, or was a preview only.
            client.forget_check_run(run_id)
        result = work(client, params, check_mode, diff_mode)
        result["api_calls"] = client.session.calls
        return result
    except vcloudair_core.VcloudAirError as exc:
        return failure(exc, writes=getattr(work, "writes", False) and not check_mode)
    finally:
        if client is not None:
            client.close()


def writing(work: Work) -> Work:
    """Mark the function of a module as one that writes."""
    work.writes = True  # type: ignore[attr-defined]
    return work


def failure(error: VcloudAirError, writes: bool = False) -> Result:
    """The result of a task that an error of the library ended.

    ``writes``: the task is one that writes, so that it says whether it did. An error that knows says so anyway.
    """
    if writes and error.written is None:
        error.written = False
    result: Result = {"failed": True, "changed": error.written is True, "msg": str(error), "error": error.as_dict()}
    if error.written is not None:
        result["written"] = error.written
        if error.written_text not in result["msg"]:
            end = "" if result["msg"].endswith((".", "!", "?")) else "."
            result["msg"] = f"{result['msg']}{end} {error.written_text}"
    return result


def library_problem() -> dict[str, Any] | None:
    """What is wrong with the library on this machine, as arguments of fail_json, or None."""
    if LIBRARY_ERROR:
        missing = basic.missing_required_lib(f"vcloudair-core>={MINIMUM_LIBRARY}")
        return {
            "msg": f"{missing} {INSTALL_LIBRARY.format(python=shlex.quote(sys.executable))}",
            "exception": LIBRARY_ERROR,
        }
    found = vcloudair_core.__version__
    if _numbers(found) < _numbers(MINIMUM_LIBRARY):
        return {"msg": f"vcloudair-core {found} is too old; {MINIMUM_LIBRARY} or newer is needed."}
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
