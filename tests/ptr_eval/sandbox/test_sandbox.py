"""What sandboxes promise honest programs, how one is chosen, and that nothing outlives it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ptr_eval.errors import UserError
from ptr_eval.sandbox import (
    Limits,
    Outcome,
    Program,
    choose,
    open_sandbox,
    run_program,
    run_programs,
)
from ptr_eval.sandbox.interpreter import interpreter_files
from ptr_eval.sandbox.seccomp import filter_program

TEST = "def check(candidate):\n    assert candidate(3) == 9\n    assert candidate(-4) == 16\n"
HONEST = {
    "prints": "def f(x):\n    print('working' * 1000)\n    return x * x",
    "writes_to_standard_error": "import sys\ndef f(x):\n    sys.stderr.write('!')\n"
    "    return x * x",
    "raises_and_catches": "def f(x):\n    try:\n        1 / 0\n    except ZeroDivisionError:\n"
    "        return x * x",
    "uses_200_megabytes": "def f(x):\n    held = bytearray(200 << 20)\n    return x * x",
    "takes_a_while": "import time\ndef f(x):\n    end = time.process_time() + 0.5\n"
    "    while time.process_time() < end: pass\n    return x * x",
    "sleeps": "import time\ndef f(x):\n    time.sleep(0.3)\n    return x * x",
    "recurses": "def f(x, n=900): return x * x if n == 0 else f(x, n - 1)",
    "recurses_deeply_in_a_thread": "import sys, threading\nsys.setrecursionlimit(50000)\n"
    "threading.stack_size(1 << 27)\n"
    "def g(x, n): return x * x if n == 0 else g(x, n - 1)\n"
    "def f(x):\n    out = []\n"
    "    thread = threading.Thread(target=lambda: out.append(g(x, 20000)))\n"
    "    thread.start()\n    thread.join()\n    return out[0]",
    "uses_the_scratch_folder": "import tempfile\ndef f(x):\n"
    "    with tempfile.TemporaryFile('w+') as file:\n        file.write(str(x * x))\n"
    "        file.seek(0)\n        return int(file.read())",
    "imports_the_standard_library": "import bisect, collections, datetime, decimal, functools, "
    "hashlib, heapq, itertools, json, math, random, re, statistics, string, typing, unittest\n"
    "def f(x): return int(math.pow(x, 2))",
    "uses_asyncio": "import asyncio\nasync def g(x): return x * x\n"
    "def f(x): return asyncio.run(g(x))",
    "uses_threads": "from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n"
    "    with ThreadPoolExecutor(8) as pool: return sum(pool.map(abs, [x] * abs(x)))",
    "uses_dataclasses": "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
    "def f(x): return A(x).x ** 2",
    "keeps_state": "calls = []\ndef f(x):\n    calls.append(x)\n    return x * x",
    "has_a_main_part": "def f(x): return x * x\nif __name__ == '__main__':\n    raise SystemExit",
    "reads_no_input": "def f(x):\n    try:\n        input()\n    except EOFError:\n"
    "        return x * x",
    "deletes_an_argument_in_place": "def f(x):\n    x = [x]\n    return x.pop() ** 2",
}


@pytest.fixture(scope="module")
def honest() -> dict[str, Outcome]:
    programs = [Program(source, "f", TEST) for source in HONEST.values()]
    return dict(zip(HONEST, run_programs(programs), strict=True))


@pytest.mark.parametrize("name", HONEST)
def test_honest_program_passes(name: str, honest: dict[str, Outcome]) -> None:
    assert honest[name].reason == "passed"
    assert honest[name].passed


def test_tests_may_use_the_prelude_and_the_entry_point() -> None:
    prelude = "def twice(x): return 2 * x\ndef f(x):\n    '''To be written.'''\n"
    test = "def check(candidate): assert candidate(4) == twice(2) ** 2 == f(-4)"
    assert run_program(Program("def f(x): return x * x", "f", test, prelude)).passed


def test_helpers_of_the_prelude_cannot_be_replaced() -> None:
    prelude = "def error(x): return abs(x)\n"
    test = "def check(candidate): assert error(candidate(3) - 9) < 1"
    cheat = Program("def error(x): return 0\ndef f(x): return 5", "f", test, prelude)
    assert not run_program(cheat).passed


@pytest.mark.parametrize("name", ["ValueError", "KeyError", "ZeroDivisionError"])
def test_expected_exceptions_reach_the_tests(name: str) -> None:
    test = f"""
def check(candidate):
    try:
        candidate(1)
    except {name} as error:
        assert "mine" in str(error)
    else:
        assert False
"""
    assert run_program(Program(f"def f(x): raise {name}('mine')", "f", test)).passed


def test_exception_of_a_class_of_its_own_is_no_success() -> None:
    source = "class E(Exception): pass\ndef f(x): raise E('mine')"
    assert run_program(Program(source, "f", TEST)).reason == "failed: CandidateError: E: mine"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(x): return 3", "failed: AssertionError"),
        ("def f(x) return", "failed: SyntaxError: expected ':' (solution.py, line 1)"),
        ("def g(x): return 3", "failed: AttributeError: module 'solution' has no attribute 'f'"),
        ("import os\nos._exit(0)", "no verdict"),
        ("import time\ndef f(x): time.sleep(9)", "timed out"),
        ("def f(x):\n    while True: pass", "timed out"),
        ("def f(x): return 'x' * (2 << 20)", "failed: sent more than 1048576 bytes"),
        ("def f(x): return bytearray(1 << 40)", "failed: MemoryError"),
    ],
)
def test_reasons(source: str, reason: str) -> None:
    limits = Limits(cpu_seconds=1, wall_seconds=2)
    assert run_program(Program(source, "f", TEST), limits=limits).reason == reason


def test_tests_that_hang_do_not_stop_the_next_program() -> None:
    hanging = Program("def f(x): return 1", "f", "def check(candidate):\n    while True: pass")
    good = Program("def f(x): return x * x", "f", TEST)
    limits = Limits(cpu_seconds=1, wall_seconds=0.5)
    outcomes = run_programs([hanging, good], limits=limits, workers=1)
    assert [outcome.reason for outcome in outcomes] == ["timed out", "passed"]


def test_tests_that_leave_early_are_no_success() -> None:
    test = "import os\ndef check(candidate): os._exit(0)"
    assert run_program(Program("def f(x): return 1", "f", test)).reason == "no verdict"


def test_outcomes_are_in_order_whatever_the_number_of_workers() -> None:
    programs = [Program(f"def f(x): return x * x * {n % 2}", "f", TEST) for n in range(20)]
    for workers in (1, 3):
        passed = [outcome.passed for outcome in run_programs(programs, workers=workers)]
        assert passed == [n % 2 == 1 for n in range(20)]


def test_programs_run_at_the_same_time() -> None:
    programs = [Program("import time\ndef f(x):\n    time.sleep(1)\n    return 9", "f", TEST)] * 8
    run_programs(programs[:1])
    began = time.monotonic()
    run_programs(programs, workers=8)
    assert time.monotonic() - began < 8 * 2  # each is called twice


def test_nothing_to_run() -> None:
    assert run_programs([]) == []


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="threads must be positive"):
        Limits(threads=0)


def test_description_names_protections_and_limits() -> None:
    text = open_sandbox().describe(Limits(wall_seconds=7))
    for part in ("no network", "scratch folder", "1024 MiB of memory", "32 threads", "7 s in all"):
        assert part in text


def test_protections_are_said_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "ptr_eval.sandbox"):
        run_program(Program("def f(x): return x * x", "f", TEST))
    assert "no network" in caplog.text


def test_holes_of_a_sandbox_are_found() -> None:
    holes = " ".join(choose.find_holes("unsafe"))
    assert "files outside can be written" in holes
    assert "the network was reached" in holes
    assert "files outside were changed" in holes


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Forget which sandbox was found."""
    monkeypatch.setattr(choose, "open_sandbox", choose.open_sandbox.__wrapped__)
    return monkeypatch


def test_second_kind_is_used_if_the_first_does_not_work(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(choose, "find_holes", lambda kind: ["a hole"] if kind == "bubblewrap" else [])
    assert choose.open_sandbox("auto").kind == "namespaces"


def test_nothing_runs_if_no_kind_works(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(choose, "find_holes", lambda kind: ["a hole"])
    with pytest.raises(UserError, match=r"a hole.*Install bubblewrap.*ptr_sandbox.*unsafe"):
        choose.open_sandbox("auto")


def test_missing_bubblewrap_is_said(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr("shutil.which", lambda name: None)
    with pytest.raises(UserError, match="bwrap is not installed"):
        choose.open_sandbox("bubblewrap")


def test_broken_bubblewrap_is_not_trusted_by_name(
    fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    false = tmp_path / "bwrap"
    false.write_text("#!/bin/sh\necho no namespaces here >&2\nexit 1\n")
    false.chmod(0o755)
    fresh.setattr("shutil.which", lambda name: str(false))
    with pytest.raises(UserError, match="bubblewrap: no namespaces here"):
        choose.open_sandbox("bubblewrap")


def test_unknown_kind_is_refused(fresh: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="must be one of auto, bubblewrap"):
        choose.open_sandbox("docker")


def test_unsafe_runs_with_a_warning(
    fresh: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = choose.open_sandbox("unsafe")
    assert "WITHOUT a sandbox" in caplog.text
    assert "NONE" in sandbox.describe(Limits())
    programs = [Program("def f(x): return x * x", "f", TEST), Program("def f(x): 1", "f", TEST)]
    outcomes = run_programs(programs, sandbox=sandbox)
    assert [outcome.passed for outcome in outcomes] == [True, False]


@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_killing_the_evaluator_leaves_no_process(kind: str, tmp_path: Path) -> None:
    source = "def f(x):\n    while True: pass"
    script = f"""
from ptr_eval.sandbox import Limits, Program, open_sandbox, run_programs
program = Program({source!r}, "f", {TEST!r})
limits = Limits(cpu_seconds=60, wall_seconds=60)
run_programs([program] * 2, limits=limits, sandbox=open_sandbox({kind!r}), workers=2)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[3]) as runner:
        deadline = time.monotonic() + 60
        # Two workers, each with a supervisor, a tester, a runner, and processes that wait.
        while len(family := _family(runner.pid)) < 9 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        family |= _family(runner.pid)
        os.kill(runner.pid, signal.SIGKILL)
    assert len(family) >= 9
    while (left := {p for p in family if _lives(p)}) and time.monotonic() < deadline + 10:
        time.sleep(0.05)
    assert left == set()


def _family(pid: int) -> set[int]:
    """Return a process and all that it started, directly or not."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(parent), []).append(int(folder.name))
    found, queue = set(), [pid]
    while queue:
        found.add(queue[-1])
        queue.extend(children.get(queue.pop(), []))
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_installed_packages_are_hidden_from_programs() -> None:
    files = interpreter_files()
    for folder in files.shown:
        for packages in Path(folder).glob("**/site-packages"):
            assert any(packages.is_relative_to(hidden) for hidden in files.hidden)


def test_filter_of_system_calls_exists_for_known_machines_only() -> None:
    assert filter_program(may_fork=False, machine="sparc") is None
    lengths = {}
    for machine in ("x86_64", "aarch64"):
        code = filter_program(may_fork=False, machine=machine)
        assert code is not None
        assert len(code) % 8 == 0
        lengths[machine] = len(code) // 8
    assert all(50 < length < 4096 for length in lengths.values())
