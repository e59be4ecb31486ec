"""Shell completion for bash, zsh and fish.

The scripts in ``scripts`` call ``vca``, and ``answer`` prints the candidates. The candidates are read from cache
files. Typer and plugins are not imported, and no request is sent. ``command_table`` caches the command tree.
``known_names`` caches the names of edge gateways, VMs and VDCs.
"""

from __future__ import annotations

VARIABLE = "_VCA_COMPLETE"
"""Environment variable that the scripts set to the name of the shell."""
