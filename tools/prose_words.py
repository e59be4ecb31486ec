"""Words for tools/check_prose.py: banned phrases, title topics, wire values."""

from __future__ import annotations

WIRE_WORDS = ("CANCELLED", "GREY")
"""Values of the API, which keep their spelling."""

BANNED = {
    # Glossary: words with a better replacement.
    r"machines?": "VM, or host",
    r"dialects?": "backend",
    r"wish(?:es|ed)?": "spec, or staged change",
    r"veto(?:es|ed)?": "reject, or plan policy",
    r"farewells?": "logout request",
    r"flights?": "operation",
    r"switch(?:es|ed|ing)? back": "rollback",
    r"(?:know|known|knows) beforehand": "readiness check",
    r"rehears(?:e|es|ed|al|als|ing)": "dry run",
    r"watchers?": "monitor",
    r"PSK books?": "key fingerprints",
    r"seed SDK|original SDK|facade": "vcloudair 0.5",
    r"spoil(?:s|ed|ing)?": "inject a fault",
    r"stage content": "staged change",
    # Messages that say what a value is not, or speak of nobody.
    r"(?<!there )(?:is|are) no (?!longer|more)\w+": "must be …, or is not …",
    r"more than nothing": "greater than 0",
    r"there is (?:nobody|nothing)": "no <noun>",
    r"(?:every|some|any|no)body(?: else)?": "name the actor: the user, the caller, the server",
    # Private idioms.
    r"(?:is|are|was|were) told of|tells? of": "is reported, or reports",
    r"(?:is|are|was|were) (?:heard|thought|spoken) of": "name the event",
    r"on (?:its|their|the) way": "in progress, or in transit",
    r"worth knowing": "important, or useful",
    r"(?:of|from) elsewhere": "from the server, or external",
    r"of (?:ours|theirs|yours)": "our, their, or your",
    r"agreed on": "negotiated",
    r"makes? no difference": "has no effect",
    r"is not said": "is missing",
    r"no use in": "do not, or stop",
    r"of late": "recently",
    r"one may": "you can",
}
"""Regular expressions of banned phrases, and the words to use instead."""

TOPICS = """
    acknowledg action annotation ansible api architecture audit automate awx backend certificate changelog ci cli code
    command compatibility conduct configuration container context contribut cost credential dependenc document dr
    drill edge error event exit export fault figure firewall glossary guide hook import install inventory ipsec kind
    library load-balancer login logout management metric migrat module monitor nat network operation output password
    performance plan playbook plugin policy pool pre-shared protocol proxy psk publish python query readiness recovery
    reference release report request resource response role rule schema section security service session setting
    sign-in simulator staging style support task terraform test threat token troubleshooting tutorial upgrade vca vcd
    vcloud verdict versioning vm vpn writer
""".split()
"""Stems of topic words that users search for. A title needs at least one.

For a new topic, add its word.
"""
OLD_TITLES = {
    "Tasks that start no process": "Action plugin",
    "One flow": "Plan and apply",
    "What things cost": "Performance",
    "What one may believe": "Recovery verdicts",
    "What comes of faults": "Fault matrix",
    "What goes wrong": "Troubleshooting",
    "Find things, and make an inventory of them": "Inventory and queries",
    "Keep an edge gateway in a file": "Export, plan and apply an edge gateway",
    "Share an edge gateway": "Concurrent writers and staging",
    "Measure machines": "Metrics",
    "React to what happens": "Events",
    "Run it from AWX": "AWX",
    "Run a recovery plan: drills, and the day itself": "Run a recovery plan",
    "Test a recovery, and know that it worked": "Test a recovery",
    "Plugin API, name by name": "Plugin API reference",
}
"""Old titles that are rejected, with new titles that name the topic."""
