"""Networks that NSX-T rules apply to, by name or URN. Source: protocol/nsxt.md §2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError
from vcloudair_core.services.ans.nsxt.members import NETWORK_URN
from vcloudair_core.services.ans.section.rule_values import split_name

if TYPE_CHECKING:
    from vcloudair_core.engine.validation import Problems
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects


def shown_network(objects: HelperObjects, name: str, path: str, problems: Problems) -> str:
    """Return the name of an org network.

    ``name`` is the name or the URN of the network. A name can have the prefix ``network:``. The list of networks is
    read once in a session. A network that does not exist is reported as a problem.
    """
    prefix, text = split_name(name)
    name = text if prefix == "network" else name
    try:
        if name.startswith(NETWORK_URN):
            return objects.network_name(name)
        objects.network_id(name)
    except (NotFoundError, AmbiguousMatchError) as exc:
        problems.add(path, exc.message)
    return name
