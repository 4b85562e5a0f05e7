"""No hostile program passes, and none leaves a process, a file or a connection behind."""

import platform
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import ptr_eval
from ptr_eval.sandbox import Limits, Outcome, Program
from ptr_eval.sandbox.backends import Kind
from ptr_eval.sandbox.choose import find_holes
from ptr_eval.sandbox.run_one import Worker

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "hostile.yaml").read_text())
TEST = """
def check(candidate):
    assert candidate(3) == 9
    assert candidate(-4) == 16
"""
LIMITS = Limits(cpu_seconds=1, wall_seconds=2.5, file_bytes=1 << 20)


def descendants() -> set[int]:
    """Return the processes that we started, and those that they started, and so on."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = {int(Path("/proc/self").resolve().name)}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


@dataclass
class Outside:
    """What is outside the sandbox, for hostile programs to attack."""

    worker: Worker
    folder: Path
    listeners: list[socket.socket]

    def fill(self, program: str) -> str:
        """Put the names of what is outside into a program."""
        values = {
            "folder": self.folder,
            "bait": self.folder / "bait",
            "port": self.listeners[0].getsockname()[1],
            "package": Path(ptr_eval.__file__).parent,
            "answers": Path(yaml.__file__),
            "deep": "-" * 40_000 + "x",
            "surrogate": "\ud800",
        }
        for name, value in values.items():
            program = program.replace(f"{{{name}}}", str(value))
        return program

    def run(self, source: str, limits: Limits = LIMITS) -> Outcome:
        """Run a program and check that nothing of it is left."""
        before = descendants()
        outcome = self.worker.run(Program(source, "square", TEST), limits)
        assert descendants() <= before
        assert sorted(path.name for path in self.folder.iterdir()) == ["bait", "socket"]
        assert (self.folder / "bait").read_text() == "bait"
        for listener in self.listeners:
            with pytest.raises(BlockingIOError):
                listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()
        return outcome


@pytest.fixture(
    scope="module",
    params=["bubblewrap", pytest.param("namespaces", marks=pytest.mark.slow)],
)
def kind(request: pytest.FixtureRequest) -> Kind:
    name: Kind = request.param
    if problems := find_holes(name):
        pytest.skip(f"{name} does not work here: {problems}")
    return name


@pytest.fixture(scope="module")
def outside(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "bait").write_text("bait")
    for path in (folder, folder / "bait"):
        path.chmod(0o777)
    tcp = socket.create_server(("127.0.0.1", 0))
    port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))
    near, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    near.bind(str(folder / "socket"))
    abstract.bind(f"\0ptr-{port}")
    for listener in (near, abstract):
        listener.listen()
    listeners = [tcp, udp, near, abstract]
    for listener in listeners:
        listener.setblocking(False)
    with Worker(kind) as worker:
        warm = worker.run(Program("def square(x): return x * x", "square", TEST), Limits())
        assert warm.passed
        yield Outside(worker, folder, listeners)
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_hostile_program_fails_and_leaves_nothing(case: dict[str, str], outside: Outside) -> None:
    if case.get("machine", platform.machine()) != platform.machine():
        pytest.skip("made of another machine's system calls")
    outcome = outside.run(outside.fill(case["program"]))
    assert not outcome.passed
    assert outcome.reason != "passed"


def test_there_are_enough_of_them() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) >= 40


def test_honest_program_still_passes_after_them(outside: Outside) -> None:
    assert outside.run("def square(x): return x * x").passed
