# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Base classes and functions that all modules use. Private to this collection.

The file of a module declares a :class:`Module`. Module processes and the action plugin on the controller both run this
declaration, so all tasks call the library through the same code. :func:`execute` does not depend on Ansible.
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
    dr_arguments,
    edge_arguments,
    stage_arguments,
    vdc_group_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._native import native

if TYPE_CHECKING:
    from vcloudair_core import Client, Outcome, VcloudAirError

    Connect = Callable[..., Client]
    Work = Callable[[Client, "Params", bool, bool], "Result"]

Params = dict[str, Any]
"""Option values by name, as in ``AnsibleModule.params``."""

__all__ = [
    "JOB_ID", "RUN_ID", "AnsibleModule", "Connect", "Job", "Module", "Params", "Result", "given", "library_problem",
    "refuse", "secrets_of", "vcloudair_core", "writing",
]  # fmt: skip

Result = dict[str, Any]
"""Result of a module, as the keyword arguments of ``exit_json``."""

Hide = Callable[[Params], Iterable[str]]

MINIMUM_LIBRARY = "0.2.0"
INSTALL_LIBRARY = "From a checkout of the project, run: {python} -m pip install '.[cli]'"

try:
    import vcloudair_core

    LIBRARY_ERROR = ""
except ImportError:
    vcloudair_core = None  # type: ignore[assignment]
    LIBRARY_ERROR = traceback.format_exc()

_SETTINGS = tuple(name for name in {**connection_arguments(), **edge_arguments(), **dr_arguments()} if name != "edge")
_TARGET = ("edge", "vdc")

RUN_ID = "_vca_run_id"
"""Name of the argument with the ID of the Ansible run.

The action plugin adds this argument, which is not a user option. With the ID, a task in check mode includes the
predicted changes of earlier tasks.
"""

JOB_ID = "_vca_awx_job_id"
"""Name of the argument with the ID of the AWX job, for the audit log.

The action plugin adds this argument, because a module process on another host does not have the variables of AWX.
"""


class AnsibleModule(basic.AnsibleModule):
    """AnsibleModule that also masks secrets in the system log.

    Ansible logs lists and mappings as Python literals, which escape quotes and backslashes. Therefore, Ansible's
    masking does not find a secret with these characters.

    ``hide(params)`` returns further secrets to mask, and is called before the parameters are validated.
    """

    def __init__(self, hide: Hide | None = None, **declared: Any) -> None:
        self.params: Params
        self._hide = hide
        self.run_id: str | None = None
        self.awx_job_id = ""
        self._is_ready = False
        self._ignored: Params = {}
        super().__init__(**declared)
        self._is_ready = True
        self._add_hidden()  # in case a version of Ansible does not call _load_params

    @property
    def ignored_stage(self) -> bool:
        """True if ``stage`` is set for a module that does not support staging.

        This happens with module_defaults of the action group.
        """
        return self._ignored.get("stage") not in (None, False, "", "false", "no", "off")

    def _leave_out_shared(self) -> None:
        """Remove options that the module does not have.

        ``module_defaults`` of the action group can set options that only other modules of the group have.
        """
        known = set(self.argument_spec).union(*(option.get("aliases", ()) for option in self.argument_spec.values()))
        shared = {**edge_arguments(), **vdc_group_arguments(), **stage_arguments(), **dr_arguments()}
        for name, option in shared.items():
            for key in (name, *option.get("aliases", ())):
                if key not in known and key in self.params:
                    self._ignored[key] = self.params.pop(key)

    def _load_params(self) -> None:
        """Load the parameters, and register their secrets before the validation."""
        super()._load_params()
        self.run_id = self.params.pop(RUN_ID, None)
        self.awx_job_id = str(self.params.pop(JOB_ID, None) or "")
        self._leave_out_shared()
        self._undo_nesting(self.params, self.argument_spec)
        self._add_hidden()
        # Ansible would reject an empty value as invalid type or choice.
        self.params = without_empty_cells(self.params, getattr(self, "argument_spec", {}))

    def _add_hidden(self) -> None:
        if self._hide is not None:
            self.no_log_values.update(self._hide(self.params))
            self._hide = None

    def _undo_nesting(self, params: Any, argument_spec: ArgumentSpec) -> None:
        """Flatten nested lists, because Ansible would convert the inner lists to text."""
        for name, option in argument_spec.items():
            for key in (name, *option.get("aliases", ())):
                value = params.get(key) if isinstance(params, dict) else None
                if isinstance(value, list) and option.get("type") == "list":
                    params[key] = value = list(_flat(value))
                if option.get("options"):
                    for item in value if isinstance(value, list) else [value]:
                        self._undo_nesting(item, option["options"])

    def fail_json(self, msg: str, **result: Any) -> None:
        """Exit with a failure.

        If the options are invalid, the result has ``written: false``.
        """
        if not self._is_ready:
            result.setdefault("written", False)
        super().fail_json(msg, **result)

    def warn(self, warning: str, **more: Any) -> None:
        """Add a warning with its secrets masked. AnsibleModule does not mask warnings."""
        super().warn(basic.remove_values(warning, self.no_log_values), **more)

    def log(self, msg: Any, log_args: Mapping[str, Any] | None = None) -> None:
        """Log a message with its secrets masked, including escaped secrets."""
        args = {name: _without(value, self.no_log_values) for name, value in (log_args or {}).items()}
        super().log(_without(msg, self.no_log_values), log_args=args)


def _flat(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, (list, tuple)):
            yield from _flat(item)
        else:
            yield item


def without_empty_cells(params: Mapping[str, Any], declared: ArgumentSpec) -> Params:
    """Return a copy of the parameters without those that are None or blank.

    Such parameters come from empty table cells and AWX surveys, and count as not set. Suboptions that are None or blank
    are also removed.
    """
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
    """A job that reads or converges resources, and builds the result of the module.

    ``kind`` is the resource kind. ``specs(params)`` returns the desired specs. Without ``specs``, the job only reads.
    ``state(params)`` returns ``present``, ``absent`` or ``exact``. ``target(params)`` returns the target of the kind.
    By default, the target comes from the options ``edge`` and ``vdc``. ``show(resources, params)`` returns the result
    keys of the module.

    ``about(client, target)`` returns result keys that describe the target. It is called after the resources are read.
    It is not called for staged changes, because staging usually reads nothing from the server.

    ``more(client, params, result)`` returns result keys that require additional API calls. ``more`` is not called in
    check mode. If ``more`` raises an error, the task fails, but the result still reports the changes.
    """

    def __init__(
        self,
        kind: str,
        show: Callable[[Any, Params], Result],
        specs: Callable[[Params], list[Any]] | None = None,
        state: Callable[[Params], str] | None = None,
        more: Callable[[Client, Params, Result], Result] | None = None,
        target: Callable[[Params], Mapping[str, Any]] | None = None,
        about: Callable[[Client, Mapping[str, Any]], Result] | None = None,
    ) -> None:
        self.kind = kind
        self.show = show
        self.specs = specs
        self.state = state or (lambda params: params.get("state") or "present")
        self.more = more
        self.about = about
        self.writes = specs is not None
        self.target = target or (lambda params: dict(given(params, _TARGET), **(params.get("target") or {})))

    def __call__(self, client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
        """Run the job and return the result of the module."""
        target = self.target(params)
        if self.specs is None:
            result = dict(changed=False, **self.show(client.read(self.kind, target), params))
            return dict(result, **self.about(client, target)) if self.about is not None else result
        desired = self.specs(params)
        outcome = self._outcome(client, params, desired, state=self.state(params), target=target, check=check_mode)
        result = dict(changed=outcome.changed, plan=outcome.plan.summary(), **self.show(outcome.after, params))
        if params.get("stage"):
            result["staged"] = True
        elif self.about is not None:
            result.update(self.about(client, target))
        if outcome.warnings:
            result["warnings"] = list(outcome.warnings)
        if diff_mode:
            result["diff"] = outcome.plan.diff()
        if self.more is not None and not check_mode:
            try:
                result.update(self.more(client, params, result))
            except vcloudair_core.VcloudAirError as exc:
                # The resources have converged before ``more`` is called.
                exc.written = result["changed"]
                result.update(failure(exc), changed=result["changed"])
        return result

    def _outcome(self, client: Client, params: Params, desired: list[Any], **how: Any) -> Outcome:
        if not params.get("stage"):
            return client.ensure(self.kind, desired, **how)
        if not params.get("stage_id"):
            refuse("stage_id", "is required if the module runs without its action plugin, which sets the default")
        return client.stage(self.kind, desired, stage_id=params["stage_id"], **how)


class Module:
    """A module: its work function, its options and their constraints.

    ``work(client, params, check_mode, diff_mode)`` returns the result as a dict. After a failure, the dict has
    ``failed`` and ``msg``. A :class:`Job` can be used as ``work``. If ``of_edges`` is true, the module also has the
    edge gateway options. ``hide`` returns secrets that the argument spec cannot declare, as in :class:`AnsibleModule`.
    ``constraints`` are arguments of AnsibleModule, such as ``mutually_exclusive``.
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
        """Run the module, print its result and exit.

        ``connect`` creates the client. By default it is :func:`vcloudair_core.connect`.
        """
        module = AnsibleModule(argument_spec=self.argument_spec, supports_check_mode=True, **self.constraints)
        problem = library_problem()
        if problem:
            module.fail_json(**problem)
        params = module.params if module.run_id is None else dict(module.params, **{RUN_ID: module.run_id})
        caller = (str(module._name or ""), module.awx_job_id)
        result = execute(self.work, params, module.check_mode, module._diff, connect, caller)
        if module.ignored_stage and getattr(self.work, "writes", False) and "stage_id" not in self.argument_spec:
            module.warn("The option stage was ignored, because this module does not support staging.")
        for warning in result.pop("warnings", ()):
            module.warn(warning)
        if result.pop("failed", False):
            module.fail_json(**result)
        module.exit_json(**result)


def given(params: Mapping[str, Any], names: Iterable[str]) -> Params:
    """Return the parameters in ``names`` that are not None."""
    return {name: params[name] for name in names if params.get(name) is not None}


def connection_options(plugin: Any) -> Params:
    """Return the connection options of a controller plugin as built-in types."""
    options = {name: plugin.get_option(name) for name in connection_arguments()}
    return {name: native(value) for name, value in options.items() if value is not None}


def account_key(options: Mapping[str, Any]) -> str:
    """Return a key that identifies the account that the connection options select.

    Options that are not set come from the environment and the configuration file. Different accounts have different
    keys. The key reveals no secret.
    """
    return vcloudair_core.Settings.load(given(options, _SETTINGS)).account_key()


def refuse(field: str, reason: str) -> NoReturn:
    """Raise SpecError for the option ``field``."""
    raise vcloudair_core.SpecError(field, reason)


def secrets_of(kind: Any, specs: Iterable[Any]) -> list[str] | None:
    """Return the secrets in specs of a resource kind, or None if they are unknown.

    If a spec is text (``name=web psk=...``), which Ansible converts to a mapping, the whole text counts as a secret.
    """
    texts = [spec for spec in specs if isinstance(spec, str)]
    try:
        specs = [validation.check_type_dict(spec) if isinstance(spec, str) else spec for spec in specs]
        return texts + vcloudair_core.App().secrets_in(kind, specs)
    except Exception:  # noqa: BLE001 - missing library, unknown kind, broken plugin or bad spec is reported later
        return None


def execute(
    work: Work,
    params: Params,
    check_mode: bool = False,
    diff_mode: bool = False,
    connect: Connect | None = None,
    caller: tuple[str, str] = ("", ""),
) -> Result:
    """Run ``work`` with a new client and return its result.

    ``caller`` is a tuple of the module name and the AWX job ID, for the audit log.

    ``api_calls`` in the result is the number of requests. If the library raised an error, ``failed`` is true.
    """
    run_id = params.get(RUN_ID)
    is_repeated, calls = False, 0
    while True:
        client = None
        try:
            client = (connect or vcloudair_core.connect)(**given(params, _SETTINGS))
            client.session.program, client.session.awx_job_id = caller
            if run_id:
                _join_run(client, run_id, check_mode, getattr(work, "writes", False))
            result = work(client, params, check_mode, diff_mode)
            result["api_calls"] = client.session.calls + calls
            return result
        except vcloudair_core.VcloudAirError as exc:
            # An edge gateway that an earlier task looked up may have been replaced since then.
            if is_repeated or not run_id or client is None or not client.forget_shared(exc):
                return failure(exc, writes=getattr(work, "writes", False) and not check_mode)
            is_repeated, calls = True, client.session.calls
        finally:
            if client is not None:
                client.close()


def _join_run(client: Client, run_id: str, check_mode: bool, writes: bool) -> None:
    client.share_run(run_id)
    if check_mode:
        client.join_check_run(run_id)
    elif writes:
        # This task writes, so the predictions of earlier tasks in check mode no longer apply.
        client.forget_check_run(run_id)


def writing(work: Work) -> Work:
    """Mark ``work`` as a function that writes, and return it."""
    work.writes = True  # type: ignore[attr-defined]
    return work


def failure(error: VcloudAirError, writes: bool = False) -> Result:
    """Return the result of a task that failed with a library error.

    If ``writes`` is true, the result always has ``written``, which is false if the error does not set it.
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
    """Return the arguments for ``fail_json`` if the library is missing or too old.

    Returns None if the library can be used.
    """
    if LIBRARY_ERROR:
        missing = basic.missing_required_lib(f"vcloudair-core>={MINIMUM_LIBRARY}")
        return {
            "msg": f"{missing} {INSTALL_LIBRARY.format(python=shlex.quote(sys.executable))}",
            "exception": LIBRARY_ERROR,
        }
    version = vcloudair_core.__version__
    if _numbers(version) < _numbers(MINIMUM_LIBRARY):
        return {"msg": f"vcloudair-core {version} is too old. Install version {MINIMUM_LIBRARY} or newer."}
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
