"""Shell completion for bash, zsh and fish.

The scripts in ``scripts`` call ``vca``, and ``answer`` prints the candidates. The candidates are read from cache files,
without typer, plugins or network. ``command_table`` caches the command tree. ``known_names`` caches the names of edge
gateways, VMs and VDCs.
"""

from __future__ import annotations

VARIABLE = "_VCA_COMPLETE"
"""Environment variable that the scripts set to the name of the shell."""
