"""The study: every way of training, several seeds, each evaluated once; stopped, it goes on.

Every step is one public command, run in the folder of its seed and marked as done when it has
ended well. Started again, only what is missing is run. `findings` reads what comes out.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml
from sheets import PROBLEMS
from tqdm import tqdm

from studies.steps import run_step

from .arms import ARMS, INSTRUCTION, ROUNDS, SYNTHESIS, TEMPERATURE, VOTES, Arm

TINY = Path(__file__).resolve().parents[2] / "examples" / "tiny"
BUILDS = {"data": "build.yaml", "data-two": "build-two.yaml", "data-gsr": "build-gsr.yaml"}
"""The configuration of each data folder."""


@dataclass(frozen=True, slots=True)
class Study:
    """How much is run, and where.

    Attributes:
        out: The folder.
        split: Which questions are evaluated, `dev` or `test`.
        documents: How many questions of each task.
        share: The share of all training steps that is run, to see that the study works.
        arms: What is trained and evaluated.
        problem: Which problem.
        models: A folder with base, weak and strong models to take for every seed, instead of
            training them.
    """

    out: Path
    split: str
    documents: int
    share: float
    arms: tuple[Arm, ...] = ARMS
    problem: str = "sheets"
    models: Path | None = None

    def folder(self, seed: int) -> Path:
        """Name a seed's folder."""
        return self.out / f"seed-{seed}"

    def steps(self, full: int) -> int:
        """Shorten a training."""
        return max(2, round(full * self.share))


def run(study: Study, seed: int, name: str, *command: str | Path) -> None:
    """Run a command in a seed's folder, unless it has been run before.

    Args:
        study: The study.
        seed: The seed.
        name: The step's name.
        *command: The command.

    Raises:
        SystemExit: If it fails; its output is in the step's log.
    """
    own = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(TINY)}
    run_step(study.folder(seed), name, *command, env=own)


def prepare(study: Study, seed: int) -> None:
    """Train a seed's base, weak and strong models, and build all data.

    Args:
        study: The study.
        seed: The seed.
    """
    folder = study.folder(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for config in TINY.glob("*.yaml"):
        shutil.copy(config, folder)
    two = yaml.safe_load((TINY / "build.yaml").read_text())
    two |= {"out": "data-two", "thoughts": {"proportions": {2: 1.0}}}
    (folder / "build-two.yaml").write_text(yaml.safe_dump(two))
    problem = ("--problem", study.problem)
    run(study, seed, "sheets", sys.executable, TINY / "sheets.py", ".", "--seed", str(seed),
        "--documents", str(study.documents), *problem)  # fmt: skip
    run(study, seed, "skills", sys.executable, TINY / "skills.py", ".", *problem)
    if study.models:
        shutil.copytree(study.models, folder / "models", dirs_exist_ok=True)
    run(study, seed, "models", sys.executable, TINY / "models.py", "models", "--seed", str(seed),
        "--share", str(study.share), *problem)  # fmt: skip
    for data in dict.fromkeys(arm.build for arm in study.arms if arm.config):
        run(study, seed, f"build-{data}", "ptr-data", "build", BUILDS[data])


def train(study: Study, seed: int, arm: Arm) -> Path:
    """Train an arm.

    Args:
        study: The study.
        seed: The seed.
        arm: The arm.

    Returns:
        The checkpoint, below the seed's folder.
    """
    if arm.config is None:
        return Path("models/base")
    out = Path("runs") / arm.name
    changes = {"seed": seed, "out": str(out), "data.path": arm.build, **arm.changes}
    steps = study.steps(int(str(changes.get("train.max_steps", _steps(arm.config)))))
    changes["train.max_steps"] = steps
    if arm.watched:
        changes["evaluate"] = {
            "steps": max(1, steps // 4), "tasks": [str(TINY / "ptr_tiny.yaml")], "rounds": ROUNDS,
            "instruction": INSTRUCTION, "limit": 100,
            "per_device_batch_size": 100,
            "settings": {"ptr_data": "dev", "ptr_context": 128},
        }  # fmt: skip
    words = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
    run(study, seed, f"train-{arm.name}", "ptr-train", "run", arm.config,
        *(word for change in words for word in ("--set", change)))  # fmt: skip
    (checkpoint,) = (study.folder(seed) / out).glob("checkpoint-*")
    return checkpoint.relative_to(study.folder(seed))


def _steps(config: str) -> int:
    steps: int = yaml.safe_load((TINY / config).read_text())["train"]["max_steps"]
    return steps


def evaluate(study: Study, seed: int, arm: Arm, checkpoint: Path) -> None:
    """Evaluate an arm: in rounds, and as it is compared with.

    Args:
        study: The study.
        seed: The seed.
        arm: The arm.
        checkpoint: Its checkpoint.
    """
    both = "ptr_tiny,ptr_tiny_heldout"

    def ask(kind: str, tasks: str, generation: Sequence[str] = (), **settings: object) -> None:
        metadata = {"ptr_data": study.split, "ptr_seed": seed, **settings}
        run(study, seed, f"{study.split}-{kind}-{arm.name}", "ptr-eval", "run", "--model", "hf",
            "--model_args", f"pretrained={checkpoint},dtype=float32", "--device", "cpu",
            "--batch_size", "250", "--apply_chat_template", "--include_path", TINY,
            "--tasks", tasks,
            *generation, "--metadata", json.dumps(metadata), "--output_path",
            f"{study.split}-results/{kind}/{arm.name}", "--log_samples")  # fmt: skip

    rounds = {"ptr_rounds": ROUNDS, "ptr_instruction": INSTRUCTION}
    ask("rounds", f"{both},ptr_tiny_skills", **rounds)
    drawn = ["--gen_kwargs", f"do_sample=true,temperature={TEMPERATURE}"]
    group = {"ptr_protocol": "parallel", "ptr_synthesis": SYNTHESIS, "ptr_context": 256}
    if arm.voted:
        ask("votes", both, drawn, **group, ptr_candidates=VOTES, ptr_rounds=1)
    if arm.parallel:
        ask("groups", both, drawn, **group, ptr_candidates=4, ptr_samples=2)


def everything(study: Study, seeds: Sequence[int], jobs: int) -> None:
    """Run what is missing.

    Args:
        study: The study.
        seeds: The seeds.
        jobs: How many commands run at a time.
    """
    with ThreadPoolExecutor(jobs) as pool:
        _all(pool, "Models and data", [partial(prepare, study, seed) for seed in seeds])
        pairs = [(seed, arm) for arm in study.arms for seed in seeds]
        _all(pool, "Training and evaluation", [partial(_arm, study, *pair) for pair in pairs])


def _arm(study: Study, seed: int, arm: Arm) -> None:
    evaluate(study, seed, arm, train(study, seed, arm))


def _all(pool: ThreadPoolExecutor, title: str, tasks: Sequence[Callable[[], None]]) -> None:
    futures = [pool.submit(task) for task in tasks]
    try:
        for future in tqdm(futures, desc=title):
            future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def main() -> None:
    """Read the command line and run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder of the study")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="commands at a time")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--documents", type=int, default=300, help="questions of each task")
    parser.add_argument("--models", type=Path, help="take these instead of training any")
    parser.add_argument("--share", type=float, default=1.0, help="of all training steps")
    parser.add_argument("--arms", nargs="+", choices=[arm.name for arm in ARMS], help="only these")
    parser.add_argument("--problem", choices=PROBLEMS, default="sheets")
    given = parser.parse_args()
    arms = tuple(arm for arm in ARMS if not given.arms or arm.name in given.arms)
    study = Study(
        given.out.resolve(),
        given.split,
        given.documents,
        given.share,
        arms,
        given.problem,
        given.models,
    )
    everything(study, given.seeds, given.jobs)


if __name__ == "__main__":
    main()
