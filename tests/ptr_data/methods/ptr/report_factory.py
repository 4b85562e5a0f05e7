"""A made-up build, whose every name can be chosen."""

from dataclasses import replace
from pathlib import Path

from ptr_data.export.files import ExportedFile, ExportSettings, export_rows
from ptr_data.export.report import ContaminationMatch, Licence, MixReport
from ptr_data.export.tallies import answer_lengths, length_statistics, tally, thought_numbers
from ptr_data.methods.ptr.distribution import ScoreDistribution, score_counts
from ptr_data.methods.ptr.report import GateReport, PtrReport
from ptr_data.methods.ptr.strength import StrengthComparison
from ptr_data.records import StageYield
from tests.ptr_data.export.row_factory import ORIGINS, plain, refined

ROWS = (refined("a"), refined("b"), refined("c", "dev", shown=0), plain("d"))


def report(name: str = "tiny", *, word: str = "word", backend: str = "hf") -> PtrReport:
    """A report in which every free text is `word`."""
    counts = tally(ROWS)
    weak, strong = (
        replace(origin, model=model, revision=word, backend=backend)
        for model, origin in ((f"{word} small", ORIGINS["weak"]), (word, ORIGINS["strong"]))
    )
    return PtrReport(
        name=name,
        languages=("en",),
        weak=(weak,),
        strong=strong,
        sees_thoughts=True,
        instruction=word,
        stages=(
            StageYield("queries", 10, 8, {word: 2}),
            StageYield("consistency", 8, 4, {"samples disagree": 1, "empty": 3}),
        ),
        benchmarks=("gsm8k", word),
        contamination=(ContaminationMatch(f"{word} 17", 2, (word, "How many?")),),
        gate=GateReport(
            word,
            0.05,
            (StrengthComparison(word, "strong", 100, 0.41, 0.62, 0.0004, 0.0008, 0.5, 0.2),),
        ),
        consistency=ScoreDistribution(0.7, score_counts([0.65, 0.7, 0.8, 0.9])),
        tokens=length_statistics(counts),
        thoughts=thought_numbers(counts, {0: 0.5, 2: 0.5}),
        lengths=answer_lengths(counts),
        mix=MixReport(0.25, 1, 3, word),
        licences=(Licence(f"{word}.jsonl", "apache-2.0"), Licence("made.jsonl", word)),
        limits=(word, "English only."),
    )


def files(folder: Path) -> tuple[ExportedFile, ...]:
    return export_rows(ROWS, folder, ExportSettings())
