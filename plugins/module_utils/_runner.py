# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""What every module does: one function from parameters to a result. Private to this collection.

:func:`execute` is free of Ansible, so that whoever drives it (a module's process, or a plugin in the controller) gets
the same result. :func:`run` is a module around it.
"""

from __future__ import annotations

import traceback

from ansible.module_utils import basic
from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import connection_arguments, edge_arguments

MINIMUM_LIBRARY = "0.1.0"
LIBRARY_URL = "https://pypi.org/project/vcloudair-core/"

try:
    import vcloudair_core

    LIBRARY_ERROR = None
except ImportError:
    vcloudair_core = None
    LIBRARY_ERROR = traceback.format_exc()

_SETTINGS = (*connection_arguments(), *(name for name in edge_arguments() if name != "edge"))
_TARGET = ("edge", "vdc")


class AnsibleModule(basic.AnsibleModule):
    """A module that keeps secrets within lists and mappings out of the system's log, too.

    Ansible logs what it was called with, such options as Python shows them, and looks for secrets as they were given:
    one with a quote or a backslash in it is spelled in another way there.
    """

    def log(self, msg, log_args=None):
        """As Ansible's, without the other spelling of secrets."""
        args = {name: _without(value, self.no_log_values) for name, value in (log_args or {}).items()}
        super(AnsibleModule, self).log(_without(msg, self.no_log_values), log_args=args)


def _without(text, secrets):
    for secret in secrets:
        text = text.replace(repr(secret)[1:-1], "********") if isinstance(text, str) and secret else text
    return text


class Job(object):
    """What one module asks for: a kind, what it wants of it, and how to show what came of it.

    ``specs(params)`` gives the desired specs, or None to only read. ``state(params)`` gives present, absent or exact.
    ``show(outcome_or_data, params)`` gives the module's own result keys. ``more(client, params, result)``, if any, adds
    what takes further calls: it is not called in check mode, and what it raises fails the task without hiding that
    something was changed.
    """

    def __init__(self, kind, show, specs=None, state=None, more=None):
        self.kind = kind
        self.show = show
        self.specs = specs
        self.state = state or (lambda params: params.get("state") or "present")
        self.more = more


def given(params, names):
    """Those parameters that the user gave."""
    return {name: params[name] for name in names if params.get(name) is not None}


def connection_options(plugin):
    """The options of the connection that a plugin of the controller was given, as plain text where they are text."""
    found = {name: plugin.get_option(name) for name in connection_arguments()}
    return {name: str(value) if isinstance(value, str) else value for name, value in found.items() if value is not None}


def refuse(field, reason):
    """Ends a job before anything is sent, in the library's own words for bad input."""
    raise vcloudair_core.SpecError(field, reason)


def execute(job, params, check_mode=False, diff_mode=False):
    """Do a job. Returns the result as a dict; ``failed`` is true when an error of the library stopped it."""
    return execute_with(lambda *arguments: _carry_out(job, *arguments), params, check_mode, diff_mode)


def _carry_out(job, client, params, check_mode, diff_mode):
    target = given(params, _TARGET)
    if job.specs is None:
        return dict(changed=False, **job.show(client.read(job.kind, target), params))
    wish = dict(state=job.state(params), target=target, check=check_mode)
    if params.get("stage"):
        if not params.get("stage_id"):
            refuse("stage_id", "is required where there is no action plugin to name the stage")
        outcome = client.stage(job.kind, job.specs(params), stage_id=params["stage_id"], **wish)
    else:
        outcome = client.ensure(job.kind, job.specs(params), **wish)
    result = dict(changed=outcome.changed, plan=outcome.plan.summary(), **job.show(outcome.after, params))
    if params.get("stage"):
        result["staged"] = True
    if outcome.warnings:
        result["warnings"] = list(outcome.warnings)
    if diff_mode:
        result["diff"] = outcome.plan.diff()
    if job.more is not None and not check_mode:
        try:
            result.update(job.more(client, params, result))
        except vcloudair_core.VcloudAirError as exc:
            result.update(failed=True, msg=str(exc), error=exc.as_dict())
    return result


def execute_with(work, params, check_mode=False, diff_mode=False):
    """Do ``work(client, params, check_mode, diff_mode)`` and count what it asked of the server."""
    client = None
    try:
        client = vcloudair_core.connect(**given(params, _SETTINGS))
        result = work(client, params, check_mode, diff_mode)
        result["api_calls"] = client.session.calls
        return result
    except vcloudair_core.VcloudAirError as exc:
        return dict(failed=True, changed=False, msg=str(exc), error=exc.as_dict())
    finally:
        if client is not None:
            client.close()


def run(job, arguments, **constraints):
    """The body of a module that does a job."""
    run_with(lambda *given_to: _carry_out(job, *given_to), arguments, **constraints)


def run_with(work, arguments, of_edges=True, **constraints):
    """The body of a module that does its own work: see :func:`execute_with`. ``of_edges``: it takes their options."""
    common = dict(connection_arguments(), **edge_arguments()) if of_edges else connection_arguments()
    module = AnsibleModule(
        argument_spec=dict(arguments, **common),
        supports_check_mode=True,
        **constraints,
    )
    problem = library_problem()
    if problem:
        module.fail_json(**problem)
    result = execute_with(work, module.params, module.check_mode, module._diff)
    if result.pop("failed", False):
        module.fail_json(**result)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


def library_problem():
    """What is wrong with the library on this machine, as arguments of fail_json, or None."""
    if vcloudair_core is None:
        return dict(
            msg=basic.missing_required_lib("vcloudair-core>=" + MINIMUM_LIBRARY, url=LIBRARY_URL),
            exception=LIBRARY_ERROR,
        )
    found = vcloudair_core.__version__
    if _numbers(found) < _numbers(MINIMUM_LIBRARY):
        return dict(msg="vcloudair-core %s is too old; %s or newer is needed." % (found, MINIMUM_LIBRARY))
    return None


def _numbers(version):
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
