"""Trace one VM name from ``vca dr test VM`` to the request that starts the test.

``python tools/vm_name_path.py`` prints the hops, and ``--root FOLDER`` traces another checkout, such as an earlier
commit (``git worktree add --detach FOLDER COMMIT``). ``tools/structure.py --trace`` compares the number of hops with
limits.

The command runs under a profiler, against a simulator of the same checkout in another process. Text *carries* the VM
if it contains the VM's name or ID. A container, or an object of the library, carries the VM if such text can be reached
from it in a few steps. These functions of the library are hops:

1. Functions that are on the call stack when the request is sent, and have a parameter that carries the VM. ``self``
   is a parameter. The stack of a worker thread includes the stack of the thread that submitted the work.
2. Functions that have a parameter that carries the VM, and return an object that a hop uses. Examples are functions
   that convert a name to a replication, an operation or a plan. Functions that only pass such an object on are also
   hops.

A lambda or a comprehension belongs to the function that contains it. The traced names are the parameters and local
variables of hops whose values carry the VM, and the object fields through which the VM can be reached. ``self`` and
``cls`` don't count.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

PACKAGE = "vcloudair_core"
NAME = "replicated-0001"
"""The only replication of the simulator."""
DEPTH = 3
"""Maximum number of steps from an object to the text that names the VM."""
MANY = 50
"""Maximum number of container items that are checked."""
STARTED_WITHIN_S = 60


@dataclass
class VmNamePath:
    """The functions, modules and names on the path, in the order of first calls."""

    hops: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def trace_checkout(root: Path) -> VmNamePath:
    """Trace the checkout in ``root`` in separate processes.

    Raises: RuntimeError if the simulator does not start, or if the command sends no request.
    """
    with tempfile.TemporaryDirectory() as folder:
        _write_metadata(root, Path(folder))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
        environment |= {"PYTHONPATH": os.pathsep.join([str(root), folder]), "HOME": folder, "VCA_CONFIG_FILE": ""}
        environment |= {"XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder, "XDG_STATE_HOME": folder}
        exports = Path(folder) / "simulator.env"
        command = [sys.executable, str(Path(__file__).resolve())]
        with subprocess.Popen(
            [*command, "--serve", str(exports)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as simulator:
            try:
                environment |= _exports(exports)
                traced = subprocess.run(
                    [*command, "--trace", "--root", str(root)], env=environment, capture_output=True, text=True
                )
            finally:
                simulator.terminate()
    if traced.returncode:
        raise RuntimeError(f"The VM name of {root} cannot be traced. {traced.stderr}")
    return VmNamePath(**json.loads(traced.stdout.splitlines()[-1]))


def _write_metadata(root: Path, folder: Path) -> None:
    """Register the plugins of the checkout, not of an installed distribution."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    section = re.search(r'^\[project\.entry-points\."vcloudair_core"\]\n(.*?)^\[', text, re.MULTILINE | re.DOTALL)
    lines = section[1].replace('"', "") if section else ""
    metadata = folder / "vcloudair_core-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vcloudair-core\nVersion: 0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[vcloudair_core]\n{lines}", encoding="utf-8")


def _exports(file: Path) -> dict[str, str]:
    """Wait until the simulator has written its settings, and return them."""
    due = time.monotonic() + STARTED_WITHIN_S
    while not file.exists() or not file.stat().st_size:
        if time.monotonic() > due:
            raise RuntimeError("The simulator did not start.")
        time.sleep(0.05)
    return dict(re.findall(r"export (\w+)=(.*)", file.read_text(encoding="utf-8")))


# -- in the process of the command ---------------------------------------------------------------------------------


class Carriers:
    """Finder of the values from which the VM's name or ID can be reached."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    def lead(self, value: object, depth: int = DEPTH, *, in_containers: bool = True) -> list[str] | None:
        """Return the fields that lead from ``value`` to the VM.

        Returns an empty list if ``value`` is text that names the VM, and None if ``value`` does not lead to the VM.
        """
        if isinstance(value, str):
            return [] if any(text in value for text in self._texts) else None
        if depth and in_containers and isinstance(value, dict | list | tuple | set | frozenset):
            items = [*value.keys(), *value.values()] if isinstance(value, dict) else list(value)
            if len(items) > MANY:
                return None
            return _shortest(self.lead(item, depth - 1) for item in items)
        if depth and type(value).__module__.split(".")[0] == PACKAGE and not isinstance(value, type):
            return _shortest(
                None if lead is None else [name.lstrip("_"), *lead]
                for name, lead in (
                    (name, self.lead(item, depth - 1, in_containers=in_containers)) for name, item in _fields(value)
                )
            )
        return None


def _shortest(leads: Iterator[list[str] | None]) -> list[str] | None:
    return min((lead for lead in leads if lead is not None), key=len, default=None)


def _fields(value: object) -> Iterator[tuple[str, object]]:
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield name, getattr(value, name)


class Tracer:
    """A profiler that records return values, and the stack when the request is sent."""

    def __init__(self, folder: str, carriers: Carriers) -> None:
        self._folder, self._carriers = folder, carriers
        self._handed_over = threading.local()
        self._returns: dict[int, list[FrameRecord]] = {}
        self._kept: list[object] = []
        self._lock = threading.RLock()
        self._order: dict[CodeType, int] = {}
        self.stack: list[FrameType] = []

    def install(self) -> None:
        """Profile all threads, and record the stack that submitted work to each thread."""
        tracer = self
        submit, start = ThreadPoolExecutor.submit, threading.Thread.start

        def submit_with_stack(self: Any, call: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
            return submit(self, tracer._with_stack(call), *arguments, **keywords)

        def start_with_stack(self: Any) -> None:
            self.run = tracer._with_stack(self.run)
            start(self)

        ThreadPoolExecutor.submit = submit_with_stack  # type: ignore[method-assign]
        threading.Thread.start = start_with_stack  # type: ignore[method-assign]
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)

    def _with_stack(self, call: Callable[..., Any]) -> Callable[..., Any]:
        stack = self._stack(sys._getframe(2))

        def run(*arguments: Any, **keywords: Any) -> Any:
            self._handed_over.stack = stack
            return call(*arguments, **keywords)

        return run

    def _stack(self, frame: FrameType | None) -> list[FrameType]:
        frames: list[FrameType] = []
        while frame is not None:
            if self._is_ours(frame.f_code):
                frames.append(frame)
            frame = frame.f_back
        return [*frames, *getattr(self._handed_over, "stack", [])]

    def _is_ours(self, code: CodeType) -> bool:
        return code.co_filename.startswith(self._folder)

    def _profile(self, frame: FrameType, event: str, value: object) -> None:
        if event not in ("call", "return") or not self._is_ours(frame.f_code):
            return
        sys.setprofile(None)
        try:
            with self._lock:
                if event == "call":
                    self._order.setdefault(frame.f_code, len(self._order))
                    self._look_for_request(frame)
                elif not self.stack:
                    self._note_return(frame, value)
        finally:
            sys.setprofile(self._profile)

    def _look_for_request(self, frame: FrameType) -> None:
        """Keep the stack of the first POST for the VM when it reaches the transport."""
        request = frame.f_locals.get("request")
        is_send = frame.f_code.co_name == "send" and "transport" in frame.f_code.co_filename
        if self.stack or not is_send or request is None or request.method != "POST":
            return
        if self._carriers.lead(request.url) is not None:
            self.stack = self._stack(frame)

    def _note_return(self, frame: FrameType, value: object) -> None:
        if isinstance(value, str) or self._carriers.lead(value) is None:
            return
        record = FrameRecord.of(frame, self._carriers)
        if record.is_carrying:
            self._returns.setdefault(id(value), []).append(record)
            self._kept.append(value)

    def path(self) -> VmNamePath:
        """Return the path of the VM name. The command must have ended."""
        records: dict[CodeType, FrameRecord] = {}
        queue = [FrameRecord.of(frame, self._carriers) for frame in self.stack]
        while queue:
            record = queue.pop()
            if not record.is_carrying or record.code in records:
                continue
            records[record.code] = record
            for value in record.objects:
                queue.extend(self._returns.get(id(value), []))
        ordered = sorted(records.values(), key=lambda record: self._order.get(record.code, 0))
        modules = dict.fromkeys(self._module(record.code) for record in ordered)
        functions = [(self._module(record.code), _function(record.code)) for record in ordered]
        hops = dict.fromkeys(f"{module} {function}" for module, function in functions if not function.startswith("<"))
        return VmNamePath(list(hops), list(modules), sorted({name for record in ordered for name in record.names}))

    def _module(self, code: CodeType) -> str:
        return Path(code.co_filename).relative_to(Path(self._folder).parent).as_posix()


def _function(code: CodeType) -> str:
    """Return the name of a function.

    For a lambda or a comprehension, return the name of the function that contains it. Python 3.10 does not record this
    function, so the result is a name in angle brackets.
    """
    qualified: str = getattr(code, "co_qualname", code.co_name)
    return re.sub(r"\.<locals>\.<.*", "", qualified)


@dataclass
class FrameRecord:
    """A call of a function, and its values that carry the VM."""

    code: CodeType
    is_carrying: bool
    names: set[str]
    objects: list[object]

    @classmethod
    def of(cls, frame: FrameType, carriers: Carriers) -> FrameRecord:
        """Return the record of a frame from its parameters and locals."""
        code = frame.f_code
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
        parameters = code.co_varnames[:count]
        record = cls(code, False, set(), [])
        for name, value in frame.f_locals.items():
            is_self = name in ("self", "cls")
            # An object with a table of all objects does not belong to the path of one VM.
            lead = carriers.lead(value, in_containers=not is_self)
            if lead is None or name.startswith("."):
                continue
            record.is_carrying |= name in parameters or name in code.co_freevars
            record.names |= {*lead} if is_self else {name, *lead}
            record.objects.append(value)
            record.objects += [item for _, item in _fields(value)] if lead else []
        return record


def _trace(root: Path) -> None:
    """Run the command under the tracer and print the path as a line of JSON."""
    from contextlib import redirect_stdout
    from io import StringIO

    from vcloudair_core.cli.main import run

    listed = StringIO()
    with redirect_stdout(listed):
        run(["dr", "list"])
    identifier = re.search(rf"{NAME}\s+([0-9a-f-]{{36}})", listed.getvalue())
    if identifier is None:
        raise RuntimeError(f"`vca dr list` does not show {NAME}: {listed.getvalue()}")
    tracer = Tracer(f"{root.resolve()}{os.sep}{PACKAGE}{os.sep}", Carriers(NAME, identifier[1]))
    tracer.install()
    with redirect_stdout(StringIO()):
        run(["dr", "test", NAME])
    sys.setprofile(None)
    threading.setprofile(None)
    if not tracer.stack:
        raise RuntimeError("No request for the VM was sent.")
    print(json.dumps(vars(tracer.path())))


def _serve(exports: Path) -> int:
    from vcloudair_core.cli.main import run

    options = ["--api", "vcd", "--vms", "0", "--replications", "1", "--no-tls", "--env-file", str(exports)]
    return int(run(["sim", "serve", *options]))


def main() -> int:
    """Print the path of the VM name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--trace", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return _serve(arguments.serve)
    if arguments.trace:
        _trace(arguments.root)
        return 0
    path = trace_checkout(arguments.root.resolve())
    for title, items in (("hops", path.hops), ("modules", path.modules), ("names", path.names)):
        print(f"{len(items)} {title}\n  " + "\n  ".join(items))
    return 0


if __name__ == "__main__":
    sys.exit(main())
