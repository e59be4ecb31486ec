"""Coverage-guided fuzzing of one parser or all: ``python -m tests.fuzz.guided [--runs N] [TARGET ...]``.

Each target is a process of its own, as atheris wants it, with limits to the time of an input and to memory. What broke
a parser is left in ``tests/fuzz/found``, where the tests of every run find it.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOUND = Path(__file__).parent / "found"
TIMEOUT_S = 10
MEMORY_MB = 1_024
LONGEST = 16_384


def main() -> int:
    """0 when nothing was found. The table goes to standard output."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--runs", type=int, default=100_000)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--only", help=argparse.SUPPRESS)
    given.add_argument("targets", nargs="*")
    options = given.parse_args()
    if options.only:
        return _fuzz(options.only, options.runs, options.seed)
    from tests.fuzz.targets import TARGETS

    names = options.targets or list(TARGETS)
    print(f"{'target':<24}{'inputs':>10}{'seconds':>10}{'edges':>8}  result", flush=True)
    found = [name for name in names if _one(name, options.runs, options.seed)]
    return int(bool(found))


def _one(name: str, runs: int, seed: int) -> bool:
    """Fuzz one target in a process of its own; true when it found something."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz.guided", "--only", name, "--runs", str(runs), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    seconds = time.monotonic() - began
    said = done.stderr + done.stdout
    ended = re.findall(r"^#(\d+)\s+\S+\s+cov: (\d+)", said, re.MULTILINE)
    inputs, edges = ended[-1] if ended else ("0", "0")
    result = "ok" if done.returncode == 0 else _reason(said)
    print(f"{name:<24}{int(inputs):>10,}{seconds:>10.1f}{edges:>8}  {result}", flush=True)
    return done.returncode != 0


def _reason(said: str) -> str:
    found = re.search(r"Uncaught Python exception: ===\s*(.*)", said) or re.search(r"ERROR: libFuzzer: (.*)", said)
    return found[1][:160] if found else said.strip()[-160:]


def _fuzz(name: str, runs: int, seed: int) -> int:
    import random

    import atheris

    # What is imported within is watched.
    with atheris.instrument_imports(include=["vcloudair_core"], enable_loader_override=False):
        from tests.fuzz.mutations import mutated
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    seeds = list(target.seeds())

    def change(body: bytes, most: int, number: int) -> bytes:
        # Half of the time bytes are changed as the fuzzer likes, half of the time as documents are.
        choices = random.Random(number)
        made = mutated(body, choices.randrange, seeds) if choices.randrange(2) else atheris.Mutate(body, most)
        return bytes(made[:most])

    def feed(body: bytes) -> None:
        try:
            target.feed(body)
        except Exception:
            _keep(name, body)
            raise

    with tempfile.TemporaryDirectory() as folder:
        for place, body in enumerate(seeds):
            (Path(folder) / str(place)).write_bytes(body[:LONGEST])
        arguments = [
            sys.argv[0], f"-runs={runs}", f"-seed={seed}", f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}",
            f"-max_len={LONGEST}", "-print_final_stats=1", f"-artifact_prefix={_place(name)}/", folder,
        ]  # fmt: skip
        atheris.Setup(arguments, feed, custom_mutator=change)
        atheris.Fuzz()
    return 0


def _place(name: str) -> Path:
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(name: str, body: bytes) -> None:
    (_place(name) / hashlib.sha256(body).hexdigest()[:16]).write_bytes(body)


if __name__ == "__main__":
    sys.exit(main())
