"""Write run journals of recovery tests with chosen times and results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.support.recovery_events import stamp

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=timezone.utc)
CLOUD = {"url": "https://vcd.test", "org": "acme"}


def write_run(
    folder: Path,
    plan: str,
    days_ago: float,
    *,
    vms: Mapping[str, Sequence[str]],
    failed: Sequence[str] = (),
    rto_s: float = 600.0,
    rpo_s: float = 900.0,
    action: str = "test",
    cloud: Mapping[str, str] = CLOUD,
    max_age_days: float | None = None,
    rto_minutes: float | None = 30,
    is_finished: bool = True,
) -> str:
    """Write the run of a plan below a state folder, and return its ID.

    ``vms`` maps names of groups to names of VMs. The first VM takes ``rto_s`` seconds, and the others are faster.
    """
    start = NOW - timedelta(days=days_ago)
    run_id = f"{start:%Y%m%d-%H%M%S}-000-{abs(hash((plan, days_ago))) % 65536:04x}"
    events: list[dict[str, Any]] = [
        {
            "event": "run_started", "second": 0.0, "run_id": run_id, "action": action, "cloud": dict(cloud),
            "plan": {"name": plan, "rto_minutes": rto_minutes, "rpo_minutes": None},
            "groups": [
                {"name": group, "vms": [{"id": f"id-{name}", "name": name, "href": ""} for name in names]}
                for group, names in vms.items()
            ],
        }
    ]  # fmt: skip
    for group, names in vms.items():
        events.append({"event": "group_started", "second": 0.5, "group": group})
        for position, name in enumerate(names):
            fields = {"id": f"id-{name}", "name": name, "group": group, "attempt": 1}
            sync = stamp(start - timedelta(seconds=rpo_s))
            end = rto_s - position
            verdict = "failed" if name in failed else "succeeded"
            events.append({"event": "vm_starting", "second": 1.0, **fields, "last_sync": sync})
            events.append(
                {
                    "event": "vm_finished",
                    "second": end,
                    **fields,
                    "verdict": verdict,
                    "last_sync": sync,
                    "seconds": end - 1,
                }
            )
        verdict = "failed" if set(names) & set(failed) else "succeeded"
        events.append({"event": "group_finished", "second": rto_s, "group": group, "verdict": verdict})
    if is_finished:
        verdict = "failed" if failed else "succeeded"
        events.append({"event": "run_finished", "second": rto_s + 1, "verdict": verdict, "summary": {}})
    events.sort(key=lambda event: event["second"])
    target = folder / "dr" / "runs" / run_id
    target.mkdir(mode=0o700, parents=True)
    lines = []
    for seq, event in enumerate(events, 1):
        second = event.pop("second")
        lines.append(json.dumps({"seq": seq, "at": stamp(start + timedelta(seconds=second)), "mono": second, **event}))
    (target / "journal.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (target / "plan.json").write_text(json.dumps({"test_max_age_days": max_age_days}), encoding="utf-8")
    return run_id


def write_program(folder: Path) -> None:
    """Write the runs of several plans, which are up to date, overdue or failed."""
    payroll = {"database": ["db1", "db2"], "web": ["web1", "web2", "web3"]}
    for days_ago, rto_s in ((330, 1500), (240, 1320), (150, 1350), (75, 1100), (12, 820)):
        write_run(folder, "payroll", days_ago, vms=payroll, rto_s=rto_s, rpo_s=600 + days_ago)
    for days_ago, rto_s in ((320, 900), (200, 1000), (120, 1260)):
        write_run(
            folder,
            "web shop with a rather long name",
            days_ago,
            vms={"shop": ["shop1", "shop2"]},
            rto_s=rto_s,
            rto_minutes=20,
        )
    write_run(folder, "mail", 60, vms={"mail": ["mail1", "mail2"]}, rto_s=700)
    write_run(folder, "mail", 4, vms={"mail": ["mail1", "mail2", "mail3"]}, failed=["mail3"], rto_s=720)
