"""BLEU and chrF against sacrebleu's own command line."""

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ptr_eval.texts.overlap import CORPUS_FIGURES, bleu, chrf, overlap_counts

SUMMARIES = [
    ("The cat sat on the mat, all day.", "A cat was sitting on the mat all day."),
    ("", "Nothing was written."),
    ("U.S. sales rose 3.5% (to $1,000).", 'U.S. sales rose by 3.5% to $1,000, "it" said.'),
    ("Two\nlines \u2028 and\tblanks", "Two lines and blanks"),
    ("Ärger über „Größe“ – naïve & &amp; <b>", "Ärger über Größe – naive & <b>"),
    ("猫 が 好き です。", "猫が好きです。"),
    ("broken \ud800 half", "broken half"),
]
FAR = [("ab", "xyz uvw rst"), ("no match", "anything else entirely")]
SHORT = [("the", "the cat"), ("a cat", "a cat sat")]


def made_up(count: int) -> list[tuple[str, str]]:
    rng = random.Random(1)
    words = "the of and to in is that for it as was with be by on".split()
    return [
        (" ".join(rng.choices(words, k=12)), " ".join(rng.choices(words, k=15)))
        for _ in range(count)
    ]


def by_command_line(pairs: list[tuple[str, str]], folder: Path) -> dict[str, tuple[float, str]]:
    """Take sacrebleu's figures and signatures; line breaks cannot stand in its lines."""
    for name, texts in zip(("texts", "references"), zip(*pairs, strict=True), strict=True):
        lines = (" ".join(text.encode("utf-8", "replace").decode().split()) for text in texts)
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", "references", "-i", "texts", "-m", "bleu", "chrf"]
    done = subprocess.run(
        [*command, "-w", "10"], cwd=folder, capture_output=True, text=True, check=True
    )
    figures = json.loads(done.stdout)
    return {
        name: (figure["score"], figure["signature"])
        for name, figure in zip(("bleu", "chrf"), figures, strict=True)
    }


@pytest.mark.parametrize("pairs", [SUMMARIES, FAR, SHORT, made_up(50)])
def test_sums_of_counts_give_the_figures_of_the_command_line(
    pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    counts = [overlap_counts(*pair) for pair in pairs]
    for name, (value, signature) in by_command_line(pairs, tmp_path).items():
        figure = CORPUS_FIGURES[name]
        summed = np.sum([each[name] for each in counts], axis=0)
        assert float(figure.value(summed)) == pytest.approx(value, abs=1e-8), name
        assert figure.signature() == signature


def test_many_sums_are_computed_at_once() -> None:
    counts = [overlap_counts(*pair) for pair in made_up(6)]
    for name, figure in CORPUS_FIGURES.items():
        rows = np.array([each[name] for each in counts]).reshape(2, 3, -1)
        each = [[float(figure.value(row)) for row in block] for block in rows]
        assert figure.value(rows) == pytest.approx(np.array(each))


def test_nothing_at_all_is_zero() -> None:
    assert float(bleu(np.zeros(10))) == 0
    assert float(chrf(np.zeros(18))) == 0
