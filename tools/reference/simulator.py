"""Generate tables of simulator options and faults."""

from __future__ import annotations

from reference.tables import cell


def simulator_options() -> str:
    """Return the table of simulator options with default and description."""
    import dataclasses

    from vcloudair_core.simulator.config import SimulatorConfig

    rows = ["| option | default | what it does |", "|---|---|---|"]
    plain = SimulatorConfig()
    for field in dataclasses.fields(SimulatorConfig):
        value = getattr(plain, field.name)
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        default = "" if shown in (None, "") else f"`{shown}`"
        rows.append(f"| `{field.name}` | {default} | {cell(field.metadata['about'])} |")
    return "\n".join(rows)


def simulator_faults() -> str:
    """Return the table of simulator faults with their effects."""
    from vcloudair_core.simulator.faults.fault_kinds import KINDS

    rows = ["| kind | what happens |", "|---|---|"]
    return "\n".join([*rows, *(f"| `{kind}` | {cell(about)} |" for kind, about in KINDS.items())])
