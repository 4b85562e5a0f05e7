"""Rename names of ptr_data, once: python scripts/rename_data.py.

Names are renamed as tokens, so that no text changes. A local `query` becomes `question`; the field
`query` of records stays, because files have it.
"""

import io
import subprocess
import tokenize
from pathlib import Path

EVERYWHERE = """
Query Question                  query_id question_id          Generation GeneratedText
LeftOut LeftOutText             Row TrainingRow               Kind RowKind
Scores RowScores                Tokens RowTokens              Origin TextOrigin
ModelSettings TextModelSettings Item BenchmarkItem            BuildConfig PtrConfig
BuildReport PtrReport           Built BuiltData               Counts StageStats
revived from_json               read_queries read_questions   all_queries all_questions
do run_units                    noted stage_stats
"""
IN_DATA = """
Candidate QuestionTexts         ScoredCandidate ScoredTexts   Match NgramMatch
Model TextModel                 Section CardSection           Tally RowTally
Choice ShowOptions              Comparison StrengthComparison Ask AskJudge
Example WorkedExample           Written WrittenTexts          Mix MixRule
Stages StageRunner              Answer AnsweredQuestion       Verdict Verification
Asked SynthesisPrompt           Direct DirectSettings         _Direct _DirectBase
Group CandidateGroup            Sampled SampledAnswers        Solved SolvedGroup
revived_all comparisons_of      _revived _comparison          by_likeness by_similarity
write_both_sides write_threshold_examples                     BOTH_SIDES THRESHOLD_EXAMPLES
look value_at
"""
LOCAL = {"query": "question", "queries": "questions"}
OUTSIDE = {
    "ptr_train/encoding/encode.py": "Counts StageStats do run_units noted stage_stats",
    "benchmarks/encoding_throughput.py": "Row TrainingRow Scores RowScores Tokens RowTokens",
    "tests/ptr_train/encoding/test_encode.py": "Row TrainingRow",
    "tests/test_docs.py": "BuildConfig PtrConfig",
    "benchmarks/decontamination_throughput.py": (
        "Query Question query_id question_id Item BenchmarkItem"
    ),
}
FLOATS = {"consistency": "Vectors", "gate": "ScoreArray", "gsr": "Vectors"}


def pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def rename(path: Path, names: dict[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    tokens = [
        t
        for t in tokenize.generate_tokens(io.StringIO(text).readline)
        if t.type not in (tokenize.NL, tokenize.COMMENT)
    ]
    depth, edits = 0, []
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        depth += token.string in "([{" and token.type == tokenize.OP
        depth -= token.string in ")]}" and token.type == tokenize.OP
        if token.type != tokenize.NAME or token.string not in names:
            continue
        local = token.string in LOCAL
        if before.string == ".":  # An attribute: a field, or another module's name.
            continue
        if local and after.string == "=" and depth:  # The argument for a record's field.
            continue
        if local and after.string == ":" and not depth and before.type != tokenize.NAME:
            continue  # A record's field.
        edits.append((token.start, token.end, names[token.string]))
    for (row, start), (_, end), new in reversed(edits):
        line = lines[row - 1]
        lines[row - 1] = line[:start] + new + line[end:]
    path.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    listing = ["git", "ls-files", "ptr_data/*.py", "tests/ptr_data/*.py"]
    found = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    names = pairs(EVERYWHERE) | pairs(IN_DATA)
    for file in found:
        floats = next((new for part, new in FLOATS.items() if part in file), "Floats")
        local = LOCAL if file.startswith("ptr_data/") else {}
        rename(Path(file), names | local | {"Floats": floats})
    for file, given in OUTSIDE.items():
        rename(Path(file), pairs(given))


if __name__ == "__main__":
    main()
