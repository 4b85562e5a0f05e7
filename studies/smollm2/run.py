"""The study of a real small model: data, trainings, evaluations; stopped, it goes on.

    python -m studies.smollm2.run OUT --model FOLDER --data BENCHMARKS --embedder FOLDER

Every step is one public command, run in OUT and marked as done when it has ended well. `--only`
runs some of the parts, so that an environment with vLLM can ask (`--backend vllm`) what another one
has trained. `findings` reads what comes out.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from studies.steps import run_step

from .arms import (
    METHODS,
    PTR_EPOCHS,
    QUESTIONS,
    TASKS,
    TEMPERATURE,
    TOKENS,
    TRAINED,
    UNTRAINED,
    Ask,
)
from .sources import link, write_sources

HERE = Path(__file__).parent
# On a CPU vLLM takes a part of the memory, and cannot seed a request whose prompt it divides.
_VLLM = (
    "dtype=bfloat16,max_model_len=2048,max_num_seqs=64,gpu_memory_utilization=0.15,"
    "enable_chunked_prefill=False,max_num_batched_tokens=4096"
)
BACKENDS = {"hf": ("dtype=bfloat16", "32"), "vllm": (_VLLM, "auto")}
"""The model's arguments and the batch size, by backend."""


@dataclass(frozen=True, slots=True)
class Study:
    """Where the study is, and how models are asked."""

    out: Path
    """Its folder."""
    backend: str
    """What asks the models: `hf` or `vllm`."""
    threads: int
    """How many threads a command may use."""
    questions: int | None = None
    """The most questions of each task; None for all that are planned."""

    def run(self, name: str, *command: str | Path) -> None:
        """Run a step, unless it is done."""
        env = {"OMP_NUM_THREADS": str(self.threads), "TOKENIZERS_PARALLELISM": "false"}
        run_step(self.out, name, *command, env=env)


def prepare(study: Study, model: Path, benchmarks: Path, embedder: Path) -> None:
    """Write the sources and configurations into the study's folder."""
    study.out.mkdir(parents=True, exist_ok=True)
    if not (study.out / "queries.jsonl").exists():
        wizardlm = benchmarks / "instructions" / "WizardLM_sampled_1000.jsonl"
        write_sources(wizardlm, study.out)
    for config in HERE.glob("*.yaml"):
        shutil.copy(config, study.out)
    for name, target in (("model", model), ("benchmarks", benchmarks), ("embedder", embedder)):
        link(target, study.out / name)


def build(study: Study) -> None:
    """Build the refinement data: the model writes thoughts, the answers are recorded."""
    study.run("build", "ptr-data", "build", "build.yaml")


def train(study: Study) -> None:
    """Train each method, the baselines on as many tokens as PTR is trained on."""
    tokens = {method: _encoded_tokens(study, method) for method in ("ptr", "ift")}
    tokens["dpo"] = 2 * tokens["ift"]  # A pair is two answers to a question.
    for method in METHODS:
        epochs = PTR_EPOCHS * tokens["ptr"] / tokens[method]
        study.run(f"train-{method}", "ptr-train", "run", f"train-{method}.yaml",
                  "--set", f"train.epochs={epochs:.2f}")  # fmt: skip
        (checkpoint,) = (study.out / "runs" / method).glob("checkpoint-*")
        link(checkpoint, study.out / f"trained-{method}")


def _encoded_tokens(study: Study, method: str) -> int:
    study.run(f"encode-{method}", "ptr-train", "encode", f"train-{method}.yaml",
              "--set", f"out=encoded/{method}")  # fmt: skip
    summary = study.out / "encoded" / method / "encoded" / "train" / "summary.json"
    tokens: int = json.loads(summary.read_text())["total"]["tokens"]
    return tokens


def ask(study: Study, asks: Sequence[Ask]) -> None:
    """Ask models, each in a process of its own; a stopped one goes on from its ledger."""
    chosen = {name: list(QUESTIONS[name])[: study.questions] for name in TASKS}
    arguments, batch = BACKENDS[study.backend]
    for each in tqdm(asks, desc="Evaluations", mininterval=0):
        generation = f"max_gen_toks={TOKENS}"
        if each.sampled:
            generation += f",do_sample=true,temperature={TEMPERATURE}"
        settings = {"ptr_data": "benchmarks", "ptr_ledger": f"{each.name}.db", **each.settings}
        study.run(f"ask-{each.name}", "ptr-eval", "run", "--model", study.backend,
                  "--model_args", f"pretrained={each.model},{arguments}", "--batch_size", batch,
                  "--tasks", ",".join(TASKS), "--samples", json.dumps(chosen),
                  "--apply_chat_template", "--gen_kwargs", generation, "--metadata",
                  json.dumps(settings), "--output_path", f"results/{each.name}",
                  "--log_samples")  # fmt: skip


def retain(study: Study) -> None:
    """Measure the loss on texts that no training has seen."""
    models = [f"trained-{method}" for method in METHODS]
    study.run("retention", sys.executable, HERE / "retention.py", "kept_apart.jsonl",
              "retention.json", "model", *models)  # fmt: skip


PARTS = {
    "untrained": lambda study: ask(study, UNTRAINED),
    "build": build,
    "train": train,
    "retention": retain,
    "trained": lambda study: ask(study, TRAINED),
}
"""What the study does, in order."""


def main() -> None:
    """Read the command line and run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder of the study")
    parser.add_argument("--model", type=Path, required=True, help="examples/smollm2 converts it")
    parser.add_argument("--data", type=Path, required=True, help="the benchmarks' official files")
    parser.add_argument("--embedder", type=Path, required=True, help="a small embedding model")
    parser.add_argument("--backend", choices=BACKENDS, default="hf")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--questions", type=int, help="the most of each task, to try it out")
    given = parser.parse_args()
    study = Study(given.out.resolve(), given.backend, given.threads, given.questions)
    prepare(study, given.model, given.data, given.embedder)
    for part in given.only:
        PARTS[part](study)


if __name__ == "__main__":
    main()
