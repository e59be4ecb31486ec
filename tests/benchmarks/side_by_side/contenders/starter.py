"""Start programs and report their running times and peak memory.

Each line of input is a command in JSON. For each command, the output has one line of JSON. A new process starts with
the memory of its parent. Therefore, the parent must use less memory than every measured program. The parent is a bare
interpreter (``-I -S``) that runs this file by its path and has few imports.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command in each line of input."""
    for line in sys.stdin:
        order = json.loads(line)
        began = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            _become(order)
        _, status, used = os.wait4(pid, 0)
        seconds = time.perf_counter() - began
        answer = {"seconds": seconds, "status": os.waitstatus_to_exitcode(status), "peak_mb": used.ru_maxrss / 1024}
        print(json.dumps(answer), flush=True)


def _become(order: dict) -> None:  # type: ignore[type-arg]
    try:
        os.chdir(order["cwd"])
        output = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
            os.dup2(file, number)
        os.execve(order["command"][0], order["command"], order["env"])
    finally:
        os._exit(127)


if __name__ == "__main__":
    main()
