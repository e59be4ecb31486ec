"""Shell completion: a script per shell asks ``vca``, which answers from files, without typer, plugins or the network.

``scripts`` has the scripts, ``answer`` what they get, ``command_table`` the command tree as data, made once per
installation, ``names`` the edges, VMs and VDCs that listing commands saw.
"""

from __future__ import annotations

VARIABLE = "_VCA_COMPLETE"
"""Set to the name of the shell by a script that asks for candidates."""
