"""What the tests of suites share: a suite file with two models, and a stand-in for lm_eval."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ptr_eval.suite import FinishedRun, run_suite

STAND_IN = Path(__file__).with_name("stand_in.py")


@dataclass(frozen=True, slots=True)
class Workplace:
    """A folder with a suite file, and the stand-in's folder."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "suite.yaml"

    @property
    def control(self) -> Path:
        return self.folder / "control"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-S", "-E", str(STAND_IN), str(self.control)]

    def write(self, **more: Any) -> None:
        """Write the suite file, with other fields than usual."""
        suite: dict[str, Any] = {
            "out": "out",
            "models": {"base": {"backend": "dummy"}, "tuned": {"backend": "dummy", "step": 5}},
            "tasks": {"ptr_gsm8k": {"limit": 2}},
        }
        self.file.write_text(yaml.safe_dump({**suite, **more}, sort_keys=False))

    def tell(self, what: str, *names: str) -> None:
        """Tell the stand-in of runs that are to go wrong."""
        (self.control / what).write_text("\n".join(names))

    def run(self, **more: Any) -> list[FinishedRun]:
        return run_suite(self.file, command=self.command, **more)

    def calls(self) -> list[str]:
        """Name the runs that were started since the last call of this."""
        path = self.control / "calls"
        if not path.exists():
            return []
        names = [json.loads(row)[0] for row in path.read_text().splitlines()]
        path.unlink()
        return names


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    place = Workplace(tmp_path)
    place.control.mkdir()
    place.write()
    return place
