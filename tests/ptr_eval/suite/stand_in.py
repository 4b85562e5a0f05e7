"""Stands in for lm_eval: takes its arguments and writes its files, at once.

A folder, its first argument, tells it of runs that are to go wrong: files named `fail`, `silent`,
`no_samples`, `hang` and `stubborn` hold their names, one a line; `failed` and `refused`, of runs
some of whose requests are. It lists its calls there.
"""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path


def main() -> None:
    control, arguments = Path(sys.argv[1]), sys.argv[2:]
    output = Path(arguments[arguments.index("--output_path") + 1])
    name = "/".join(output.parent.parts[-3:])
    with (control / "calls").open("a", encoding="utf-8") as file:
        file.write(json.dumps([name, arguments]) + "\n")

    def told(what: str) -> bool:
        path = control / what
        return path.exists() and name in path.read_text(encoding="utf-8").split()

    if told("stubborn"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if told("hang"):
        helper = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
        (control / "pids.tmp").write_text(f"{os.getpid()} {helper.pid}")
        (control / "pids.tmp").rename(control / "pids")
        while not (control / "go").exists():
            time.sleep(0.01)
    if told("fail"):
        lines = "".join(f"line {n}\n" for n in range(40))
        sys.stderr.write(f"{lines}bar 1%\rthe \x1b[31mlast\r\nwords\n")
        sys.exit(3)
    if not told("silent"):
        stamp = datetime.now().isoformat().replace(":", "-")
        tasks = arguments[arguments.index("--tasks") + 1].split(",")
        if not told("no_samples"):
            for task in tasks:
                (output.parent / f"samples_{task}_{stamp}.jsonl").write_text("{}\n")
        outcomes = {name: [0, 2, 1] if told(name) else [0, 0, 0] for name in ("failed", "refused")}
        text = json.dumps({"configs": {task: {"ptr": {"outcomes": outcomes}} for task in tasks}})
        output.with_name(f"{output.stem}_{stamp}.json").write_text(text)


if __name__ == "__main__":
    main()
