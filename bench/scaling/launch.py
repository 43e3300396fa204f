"""Run a command and write down what it used: started small, as a process begins with the peak of whoever started it.

``python -I -S launch.py LIMIT_S OUT COMMAND ...`` writes JSON to OUT: exit status, CPU seconds, peak memory, and
whether it was ended for being late.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

_PER_MB = 1024 if sys.platform != "darwin" else 1024 * 1024  # of what the system calls the resident set's peak


def main() -> None:
    limit_s, out, *command = sys.argv[1:]
    process = subprocess.Popen(command)
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(float(limit_s), end)
    timer.start()
    _, status, used = os.wait4(process.pid, 0)
    timer.cancel()
    found = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_s": used.ru_utime + used.ru_stime,
        "mb": used.ru_maxrss / _PER_MB,
        "late": late.is_set(),
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
