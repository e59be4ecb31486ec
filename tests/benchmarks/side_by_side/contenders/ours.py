"""The contender that uses this library as its documentation recommends."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.side_by_side.contenders import rules
from tests.benchmarks.side_by_side.contenders.worker import Job, Variables, main


def _load() -> None:
    import vcloudair_core.app
    import vcloudair_core.transport.requests_transport  # noqa: F401  (at the first call at the latest)


def _client(variables: Variables) -> Any:
    from vcloudair_core import connect

    names = ("url", "username", "password", "org", "ca_path", "edge_api", "parallel_calls")
    settings = {name: variables[name] for name in names if variables.get(name)}
    return connect(service_type="vcd", session_cache=False, **settings)


def _signed_in(variables: Variables) -> Any:
    client = _client(variables)
    client.session.login()
    return client


def _sign_in(variables: Variables) -> Job:
    kept = []

    def job(turn: int) -> str:
        kept.append(_signed_in(variables))  # The measurement excludes the sign-out.
        return "signed in"

    return job


def _query(variables: Variables) -> Job:
    query = _signed_in(variables).query.query("vm")
    return lambda turn: len(query.all())


def _query_stream(variables: Variables) -> Job:
    query = _signed_in(variables).query.query("vm")
    return lambda turn: sum(1 for _ in query)


def _poll_without_waits() -> None:
    """Make the library poll tasks without waits, as the bare calls do.

    The simulated tasks end at once.
    """
    from vcloudair_core.session import tasks

    tasks.POLL_INTERVALS_S = (0.0,)


def _firewall(variables: Variables, wanted: Any) -> Job:
    client = _signed_in(variables)
    _poll_without_waits()
    target = {"edge": variables["edge"]}
    client.read("ans.firewall", target)  # The first read looks up the edge.

    def job(turn: int) -> bool:
        return bool(client.ensure("ans.firewall", {"rules": wanted(turn)}, target=target).changed)

    return job


def _firewall_same(variables: Variables) -> Job:
    wanted = rules.in_words(variables["size"], backend=variables.get("backend", ""))
    return _firewall(variables, lambda turn: wanted)


def _firewall_one(variables: Variables) -> Job:
    both = [rules.in_words(variables["size"], turn, variables.get("backend", "")) for turn in (0, 1)]
    return _firewall(variables, lambda turn: both[(turn + 1) % 2])


def _one_by_one(variables: Variables) -> Job:
    client = _signed_in(variables)
    target = {"edge": variables["edge"]}
    client.read("ans.firewall", target)

    def job(turn: int) -> int:
        return sum(client.ensure("ans.firewall_rule", rule, target=target).changed for rule in wanted)

    wanted = rules.in_words(variables["size"])
    return job


def _metrics(variables: Variables) -> Job:
    client = _signed_in(variables)
    ids = [one["id"] for one in client.query.vms.read()]
    service, window = client.metrics, {"start": "1h"} if variables["source"] == "vca" else {}
    return lambda turn: len(service.collect(ids, source=variables["source"], **window).by_vm())


def _recovery(variables: Variables) -> Job:
    from vcloudair_core.services.dr.operation_options import OperationOptions

    service = _signed_in(variables).dr

    def job(turn: int) -> int:
        results = service.act("failover", options=OperationOptions(max_concurrent=variables["at_once"]))
        return sum(one.verdict == "succeeded" for one in results)

    return job


JOBS = {
    "sign_in": _sign_in,
    "query": _query,
    "query_stream": _query_stream,
    "firewall_same": _firewall_same,
    "firewall_one": _firewall_one,
    "firewall_all": _firewall_same,  # The specs are the same, but the edge is empty.
    "one_by_one": _one_by_one,
    "metrics": _metrics,
    "recovery": _recovery,
}

if __name__ == "__main__":
    main(_load, JOBS)
