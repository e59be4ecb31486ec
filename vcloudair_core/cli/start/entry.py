"""Entry point of the program ``vca``.

Shell completion and the cached help do not import :mod:`~vcloudair_core.cli.main`, which runs all other commands. Each
import in this module slows down completion and ``vca --help``.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line of this process and exit. Never returns."""
    if "_VCA_COMPLETE" in os.environ:
        from vcloudair_core.cli.completion.answer import main as answer_shell

        answer_shell()
        sys.exit(0)
    from vcloudair_core.cli.start.help_cache import is_help, print_cached_help

    if is_help(sys.argv[1:]) and print_cached_help():
        sys.exit(0)
    from vcloudair_core.cli.main import main as run

    run()
