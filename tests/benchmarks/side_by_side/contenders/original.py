"""The contender ``vcloudair==0.5``: scripts that read, change and save sections."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.side_by_side.contenders import rules
from tests.benchmarks.side_by_side.contenders.worker import Job, Variables, main


def _load() -> None:
    import vcloudair  # noqa: F401


def _signed_in(variables: Variables) -> Any:
    import vcloudair

    session = vcloudair.VCASession("5.6", variables["username"], variables["password"])
    return session.login(orgname=variables["org"], vcd_url=variables["url"])


def _sign_in(variables: Variables) -> Job:
    def job(turn: int) -> str:
        assert _signed_in(variables)["token"]
        return "signed in"

    return job


def _query(variables: Variables) -> Job:
    import vcloudair

    info = _signed_in(variables)

    def job(turn: int) -> int:
        query = vcloudair.VMQuery(info)
        query.execute()
        return len(query.results)

    return job


def _edges(variables: Variables) -> Job:
    import vcloudair

    def job(turn: int) -> int:
        edges = vcloudair.EdgeGatewayQuery(_signed_in(variables))
        edges.execute()
        for row in edges.results.values():
            print(row["name"])
        return len(edges.results)

    return job


def _firewall(variables: Variables) -> Any:
    import vcloudair

    return vcloudair.ANSFirewall(variables["edge_id"], _signed_in(variables))


def _user_rules(firewall: Any) -> list[Any]:
    return [rule for rule in firewall.records if rule["ruleType"] == "user"]


def _firewall_same(variables: Variables) -> Job:
    firewall, wanted = _firewall(variables), [rule["name"] for rule in rules.on_the_wire(variables["size"])]

    def job(turn: int) -> bool:
        firewall.get_config()
        return [rule["name"] for rule in _user_rules(firewall)] != wanted

    return job


def _firewall_one(variables: Variables) -> Job:
    firewall, last = _firewall(variables), variables["size"] - 1

    def job(turn: int) -> bool:
        firewall.get_config()
        rule = next(rule for rule in firewall.records if rule["name"] == rules.name(last))
        rule["action"] = rules.action(last, last, turn + 1)
        firewall.save_config()
        return True

    return job


def _add(firewall: Any, number: int) -> None:
    firewall.add_rule(rules.name(number), rules.address(number), "external", dest_port=rules.port(number))


def _firewall_all(variables: Variables) -> Job:
    firewall = _firewall(variables)

    def job(turn: int) -> bool:
        firewall.get_config()
        for number in range(variables["size"]):
            _add(firewall, number)
        firewall.save_config()
        return True

    return job


def _one_by_one(variables: Variables) -> Job:
    firewall = _firewall(variables)

    def job(turn: int) -> int:
        for number in range(variables["size"]):
            firewall.get_config()
            _add(firewall, number)
            firewall.save_config()
        return int(variables["size"])

    return job


def _metrics(variables: Variables) -> Job:
    import vcloudair

    info = _signed_in(variables)
    machines = vcloudair.VMQuery(info)
    machines.execute()
    ids = [href.rpartition("vm-")[2] for href in machines.results]

    def job(turn: int) -> int:
        metrics = vcloudair.Metrics(vcdurl=info["vcdurl"], token=info["token"], vm_uuids=ids)
        metrics.set_relative_interval("HOUR", 1)
        metrics.collect()
        return len(metrics.metric_data)

    return job


def _recovery(variables: Variables) -> Job:
    import vcloudair

    info = _signed_in(variables)
    where = {"vcdurl": info["vcdurl"], "token": info["token"], "org_uuid": variables["org_id"], "version": "5.7"}

    def job(turn: int) -> int:
        recovery = vcloudair.DisasterRecovery(**where)
        recovery.retrieve_replications()
        recovery.do_failover(total=True)
        return len(recovery.replications) - len(recovery.action_errors)

    return job


JOBS = {
    "sign_in": _sign_in,
    "query": _query,
    "edges": _edges,
    "firewall_same": _firewall_same,
    "firewall_one": _firewall_one,
    "firewall_all": _firewall_all,
    "one_by_one": _one_by_one,
    "metrics": _metrics,
    "recovery": _recovery,
}

if __name__ == "__main__":
    main(_load, JOBS)
