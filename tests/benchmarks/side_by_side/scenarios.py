"""Scenarios of the benchmark, with their contenders, sizes, latencies and clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OURS, ORIGINAL, PYVCLOUD, FLOOR = "ours", "vcloudair 0.5", "pyvcloud", "bare calls"
ACTION, MODULE, PING, DEBUG = "ours, action", "ours, module", "Ansible's ping", "Ansible's debug"
SAME_CALLS = "bare calls, same requests"
PARSED = "bare calls, parsed"
STAGED = "ours, staged"
CACHED, FILE, MINIMAL = "ours, cached", "a YAML file", "a minimal plugin"

PEERS = (ORIGINAL, PYVCLOUD)

LATENCIES = (0, 20, 100)
QUICK_LATENCY = 20
TASK_S = 5.0
"""Seconds that a simulated failover takes."""

JSON_WIRE: dict[str, Any] = {"edge_api": "hybridity"}
XML_WIRE: dict[str, Any] = {"edge_api": "network_xml"}


@dataclass(frozen=True)
class Scenario:
    """A scenario of the benchmark.

    ``sizes`` maps a latency in ms to sizes. ``cloud`` returns the arguments of ``vca sim serve`` for a size. ``most``
    maps slow contenders to their largest size. ``floors`` maps a contender to its baseline, which is the contender
    ``bare calls`` by default. ``expected`` returns the value that every turn must return for a size.

    ``edge`` is the state of the edges before each turn: ``full`` (as many rules as the size) or ``empty``.
    ``is_used_up`` is true if a turn cannot be repeated on the same cloud. ``backend`` is the backend of the edges if it
    is not NSX-V. Sizes in ``only_full`` are not measured by short runs. The contenders in ``waiting`` wait for the
    server nearly all the time. The contenders in ``local`` send no requests, so that the latency does not matter.
    """

    name: str
    title: str
    unit: str
    contenders: Sequence[str]
    sizes: Mapping[int, Sequence[int]]
    job: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    cloud: Callable[[int], Sequence[str]] = lambda size: ()
    expected: Callable[[int], Any] = lambda size: size
    edge: str = ""
    most: Mapping[str, int] = field(default_factory=dict)
    floors: Mapping[str, str] = field(default_factory=dict)
    quick: Sequence[int] = ()
    is_used_up: bool = False
    backend: str = ""
    only_full: Sequence[int] = ()
    waiting: Sequence[str] = ()
    local: Sequence[str] = ()
    has_memory: bool = False
    """True if the peak memory above the floor is compared with the results file."""

    def floor_of(self, contender: str) -> str:
        """Return the baseline of ``contender``, for the ratio ``to_floor``."""
        return self.floors.get(contender, FLOOR)

    def those_of(self, size: int) -> list[str]:
        """Return the contenders that are measured at a size."""
        return [contender for contender in self.contenders if size <= self.most.get(contender, size)]


def _always(*sizes: int) -> dict[int, Sequence[int]]:
    return dict.fromkeys(LATENCIES, sizes)


NSXT = "nsxt"


def _nsxt_edges(size: int) -> tuple[str, ...]:
    """Return the arguments for NSX-T edges whose tasks end at once.

    The time that a server takes for a task is not part of the comparison.
    """
    return ("--set", "nsxt_edges=3", "--set", "nsxt_task_s=0")


def _vms(size: int) -> tuple[str, ...]:
    return ("--vms", str(size))


def _replications(size: int) -> tuple[str, ...]:
    switches = (f"dr_task_s={TASK_S}", "queued_progress=0", f"list_page_size={size}")
    # vcloudair 0.5 waits only for tasks with a Progress, reads one page only, and sends actions without the
    # settings of certificates.
    return ("--no-tls", "--replications", str(size), *(word for switch in switches for word in ("--set", switch)))


def _firewalls() -> list[Scenario]:
    titles = {"same": "no change", "one": "one change", "all": "all new"}
    wires = {"json": (JSON_WIRE, ORIGINAL), "xml": (XML_WIRE, PYVCLOUD)}
    found = []
    for wire, (variables, peer) in wires.items():
        for change, title in titles.items():
            found.append(
                Scenario(
                    name=f"firewall-{change}-{wire}",
                    title=f"firewall, {title} ({wire.upper()})",
                    unit="rules",
                    contenders=(OURS, peer, FLOOR),
                    sizes={0: (10, 100, 1000, 2000), 20: (10, 100, 1000, 2000), 100: (100, 1000)},
                    job=f"firewall_{change}",
                    variables=variables,
                    expected=(lambda size: False) if change == "same" else (lambda size: True),
                    edge="empty" if change == "all" else "full",
                    most={PYVCLOUD: 100} if (peer, change) == (PYVCLOUD, "all") else {},
                    quick=(100, 300, 1000) if wire == "json" and change != "all" else (),
                    waiting=(PYVCLOUD,) if (peer, change) == (PYVCLOUD, "all") else (),
                )
            )
    return found


def _nsxt_firewalls() -> list[Scenario]:
    titles = {"same": "no change", "one": "one change", "all": "all new"}
    return [
        Scenario(
            name=f"firewall-{change}-nsxt",
            title=f"firewall, {title} (NSX-T)",
            unit="rules",
            contenders=(OURS, FLOOR),
            sizes={0: (100, 1000), 20: (100, 1000)},
            job=f"firewall_{change}",
            variables={"backend": NSXT},
            cloud=_nsxt_edges,
            expected=(lambda size: False) if change == "same" else (lambda size: True),
            edge="empty" if change == "all" else "full",
            backend=NSXT,
            only_full=(100,),
        )
        for change, title in titles.items()
    ]


def _whole_firewalls() -> list[Scenario]:
    """Return the two runs of a program that ensures a list of rules."""
    runs = {"first": ("all", "first run", "empty"), "second": ("same", "second run", "full")}
    return [
        Scenario(
            name=f"rules-{name}",
            title=f"a list of rules, {title}",
            unit="rules",
            contenders=(OURS, PYVCLOUD, FLOOR),
            sizes={20: (45, 500)},
            job=f"firewall_{change}",
            variables=XML_WIRE,
            expected=(lambda size: False) if change == "same" else (lambda size: True),
            edge=edge,
            only_full=(500,) if change == "all" else (),
            waiting=(PYVCLOUD,) if change == "all" else (),
        )
        for name, (change, title, edge) in runs.items()
    ]


_ONE_BY_ONE = Scenario(
    name="one-by-one",
    title="single rules, one after another",
    unit="rules",
    contenders=(OURS, ORIGINAL, PYVCLOUD, FLOOR),
    sizes={0: (10, 20, 45), 20: (10, 20, 45), 100: (45,)},
    job="one_by_one",
    variables=JSON_WIRE,
    edge="empty",
    waiting=PEERS,
)


def _tasks(name: str, title: str, edge: str, changed: bool) -> Scenario:
    return Scenario(
        name=name,
        title=title,
        unit="tasks",
        contenders=(ACTION, MODULE, PING, DEBUG),
        sizes={0: (10,), 20: (10, 20, 45), 100: (10,)},
        job="tasks",
        variables={"changed": changed},
        edge=edge,
        floors={ACTION: DEBUG, MODULE: PING, PING: DEBUG},
    )


SCENARIOS: Sequence[Scenario] = (
    Scenario(
        name="sign-in",
        title="sign-in",
        unit="",
        contenders=(OURS, ORIGINAL, PYVCLOUD, FLOOR, SAME_CALLS),
        sizes=_always(1),
        job="sign_in",
        floors={OURS: SAME_CALLS},
        expected=lambda size: "signed in",
        quick=(1,),
    ),
    Scenario(
        name="query",
        title="query of all VMs",
        unit="VMs",
        contenders=(OURS, ORIGINAL, PYVCLOUD, FLOOR, PARSED),
        sizes={0: (1000, 3000, 10000), 20: (1000, 3000, 10000), 100: (3000, 10000)},
        job="query",
        variables={"parallel_calls": 8},
        cloud=_vms,
        quick=(500, 1000, 2000),
    ),
    Scenario(
        name="query-stream",
        title="query of all VMs, one at a time",
        unit="VMs",
        contenders=(OURS, FLOOR),
        sizes={0: (10_000, 100_000)},
        job="query_stream",
        variables={"parallel_calls": 8},
        cloud=_vms,
        has_memory=True,
    ),
    *_firewalls(),
    *_nsxt_firewalls(),
    *_whole_firewalls(),
    _ONE_BY_ONE,
    _tasks("tasks-new", "single rules, a task each, all new", "empty", True),
    _tasks("tasks-same", "single rules, a task each, no change", "full", False),
    Scenario(
        name="tasks-staged",
        title="single rules, a staged task each",
        unit="tasks",
        contenders=(STAGED, DEBUG),
        sizes={20: (45,)},
        job="tasks",
        variables={"changed": True},
        edge="empty",
        floors={STAGED: DEBUG},
    ),
    Scenario(
        name="tasks-nsxt-same",
        title="single rules, a task each, no change (NSX-T)",
        unit="tasks",
        contenders=(ACTION, PING, DEBUG),
        sizes={20: (10,)},
        job="tasks",
        variables={"changed": False, "backend": NSXT},
        cloud=_nsxt_edges,
        edge="full",
        floors={ACTION: DEBUG, PING: DEBUG},
        backend=NSXT,
    ),
    Scenario(
        name="metrics",
        title="metrics, the last hour",
        unit="VMs",
        contenders=(OURS, ORIGINAL, FLOOR),
        sizes={0: (100, 300, 1000), 20: (100, 300, 1000), 100: (300,)},
        job="metrics",
        variables={"parallel_calls": 12, "source": "vca"},
        cloud=_vms,
        quick=(20, 50, 100),
        waiting=(ORIGINAL,),
    ),
    Scenario(
        name="metrics-now",
        title="metrics, current values",
        unit="VMs",
        contenders=(OURS, PYVCLOUD, FLOOR),
        sizes={0: (100, 300, 1000), 20: (100, 300, 1000), 100: (300,)},
        job="metrics",
        variables={"parallel_calls": 12, "source": "vcd-current"},
        cloud=_vms,
        waiting=(PYVCLOUD,),
    ),
    Scenario(
        name="recovery",
        title="failover, 20 at a time",
        unit="VMs",
        contenders=(OURS, ORIGINAL, FLOOR),
        sizes={0: (40,), 20: (40, 100, 200), 100: (40,)},
        job="recovery",
        variables={"at_once": 20, "task_s": TASK_S},
        cloud=_replications,
        is_used_up=True,
    ),
    Scenario(
        name="inventory",
        title="inventory of all VMs",
        unit="VMs",
        contenders=(OURS, CACHED, FILE),
        sizes={0: (3000,), 20: (1000, 3000, 10000), 100: (3000,)},
        job="inventory",
        cloud=_vms,
        floors={OURS: FILE, CACHED: FILE},
        local=(FILE,),
    ),
    Scenario(
        name="inventory-plugin",
        title="inventory of all VMs, compared with a plugin",
        unit="VMs",
        contenders=(OURS, MINIMAL),
        sizes={20: (1000, 10_000)},
        job="inventory",
        cloud=_vms,
        floors={OURS: MINIMAL},
        has_memory=True,
    ),
    Scenario(
        name="start-help",
        title="start: vca --help",
        unit="",
        contenders=(OURS, ORIGINAL, PYVCLOUD, FLOOR),
        sizes={0: (1,)},
        job="help",
        expected=lambda size: 0,
        quick=(1,),
    ),
    Scenario(
        name="start-list",
        title="start: vca edge list",
        unit="",
        contenders=(OURS, ORIGINAL, PYVCLOUD, FLOOR, SAME_CALLS),
        sizes=_always(1),
        job="list",
        floors={OURS: SAME_CALLS},
        expected=lambda size: 0,
        quick=(1,),
    ),
    Scenario(
        name="start-list-nsxt",
        title="start: vca edge list (NSX-T)",
        unit="",
        contenders=(OURS, FLOOR, SAME_CALLS),
        sizes={20: (1,)},
        job="list",
        floors={OURS: SAME_CALLS},
        cloud=_nsxt_edges,
        expected=lambda size: 0,
        backend=NSXT,
    ),
    Scenario(
        name="start-completion",
        title="start: Tab after vca firewall list --edge",
        unit="",
        contenders=(OURS, FLOOR),
        sizes={0: (1,)},
        job="completion",
        expected=lambda size: 0,
        quick=(1,),
    ),
)
