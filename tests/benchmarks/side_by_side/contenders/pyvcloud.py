"""The contender ``pyvcloud``, in a separate environment.

pyvcloud writes single rules and has no disaster recovery. Its ``add_firewall_rule`` accepts only a name and an action.
A second call, ``edit``, sets the source and the destination.
"""

from __future__ import annotations

from typing import Any

from tests.benchmarks.side_by_side.contenders import rules
from tests.benchmarks.side_by_side.contenders.worker import Job, Variables, main


def _load() -> None:
    import pyvcloud.vcd.client
    import pyvcloud.vcd.firewall_rule
    import pyvcloud.vcd.gateway
    import pyvcloud.vcd.vm  # noqa: F401


def _signed_in(variables: Variables) -> Any:
    from pyvcloud.vcd.client import BasicLoginCredentials, Client

    # 29.0 is the oldest supported version. Newer versions need one more call to sign in.
    client = Client(variables["url"], api_version="29.0", verify_ssl_certs=True, log_file="/dev/null")
    client.set_credentials(BasicLoginCredentials(variables["username"], variables["org"], variables["password"]))
    return client


def _sign_in(variables: Variables) -> Job:
    def job(turn: int) -> str:
        _signed_in(variables)
        return "signed in"

    return job


def _rows(client: Any, record_type: str) -> list[Any]:
    from pyvcloud.vcd.client import QueryResultFormat

    asked = client.get_typed_query(record_type, query_result_format=QueryResultFormat.RECORDS, page_size=128)
    return list(asked.execute())


def _query(variables: Variables) -> Job:
    client = _signed_in(variables)
    return lambda turn: len(_rows(client, "vm"))


def _edges(variables: Variables) -> Job:
    def job(turn: int) -> int:
        rows = _rows(_signed_in(variables), "edgeGateway")
        for row in rows:
            print(row.get("name"))
        return len(rows)

    return job


def _gateway(variables: Variables) -> Any:
    from pyvcloud.vcd.gateway import Gateway

    client = _signed_in(variables)
    href = next(row.get("href") for row in _rows(client, "edgeGateway") if row.get("name") == variables["edge"])
    return Gateway(client, name=variables["edge"], href=href)


def _firewall_same(variables: Variables) -> Job:
    gateway, wanted = _gateway(variables), [rules.name(number) for number in range(variables["size"])]

    def job(turn: int) -> bool:
        listed = gateway.get_firewall_rules_list()
        return [str(rule["name"]) for rule in listed if rule["ruleType"] == "user"] != wanted

    return job


def _id_of(gateway: Any, name: str) -> str:
    return next(str(rule["ID"]) for rule in gateway.get_firewall_rules_list() if rule["name"] == name)


def _rule(gateway: Any, variables: Variables, name: str) -> Any:
    from pyvcloud.vcd.firewall_rule import FirewallRule

    root = f"{variables['url']}/network/edges/{variables['edge_id']}/firewall/config/rules"
    return FirewallRule(gateway.client, resource_href=f"{root}/{_id_of(gateway, name)}")


def _firewall_one(variables: Variables) -> Job:
    """Change the name of the last rule, because pyvcloud cannot change its action."""
    gateway, last = _gateway(variables), rules.name(variables["size"] - 1)

    def job(turn: int) -> bool:
        names = [last, f"{last} again"]
        _rule(gateway, variables, names[turn % 2]).edit(new_name=names[(turn + 1) % 2])
        return True

    return job


def _add(gateway: Any, variables: Variables, number: int) -> None:
    gateway.add_firewall_rule(rules.name(number), "accept")
    _rule(gateway, variables, rules.name(number)).edit(
        source_values=[f"{rules.address(number)}:ip"], services=[{"tcp": {"any": rules.port(number)}}]
    )


def _one_by_one(variables: Variables) -> Job:
    gateway = _gateway(variables)

    def job(turn: int) -> int:
        for number in range(variables["size"]):
            _add(gateway, variables, number)
        return int(variables["size"])

    return job


def _firewall_all(variables: Variables) -> Job:
    one_by_one = _one_by_one(variables)
    return lambda turn: bool(one_by_one(turn))


def _metrics(variables: Variables) -> Job:
    from pyvcloud.vcd.vm import VM

    client = _signed_in(variables)
    hrefs = [row.get("href") for row in _rows(client, "vm")]
    return lambda turn: sum(1 for href in hrefs if VM(client, href=href).list_all_current_metrics())


JOBS = {
    "sign_in": _sign_in,
    "query": _query,
    "edges": _edges,
    "firewall_same": _firewall_same,
    "firewall_one": _firewall_one,
    "firewall_all": _firewall_all,
    "one_by_one": _one_by_one,
    "metrics": _metrics,
}

if __name__ == "__main__":
    main(_load, JOBS)
