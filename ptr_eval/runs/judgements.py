"""What a judge made of a run's answers, as `ptr-eval judge` saved it.

The files are those of records.py; a row is a match.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.judge import MATCH_RESULTS, MatchResult
from ptr_eval.runs.files import JUDGEMENTS
from ptr_eval.runs.records import RecordKind, as_written, facts_there, read_record, write_record

_KIND = RecordKind(JUDGEMENTS, (1,), "ptr-eval judge", "judge again")

Place = tuple[int, int, int]
"""Sample, round and position, which name an answer among those to its question."""

Verdicts = tuple[str | None, str | None]
"""What a judge said in both orders, as it said it: A, B, tie, or nothing that can be read."""


@dataclass(frozen=True, slots=True)
class JudgedMatch:
    """One match of an answer against an earlier one, or against another run's."""

    question: int
    """The number of the question."""
    later: Place
    """The answer for which the result counts."""
    earlier: Place
    """The other one."""
    result: MatchResult
    """How it ended, under the first repeat."""
    verdicts: tuple[Verdicts, ...]
    """The verdicts of each repeat; empty if it was not asked, since both texts are equal."""
    lengths: tuple[int, int]
    """How many characters both answers have."""
    styles: tuple[Sequence[int], Sequence[int]] = ((0, 0, 0), (0, 0, 0))
    """How many headings, bold passages and list entries both have."""
    control: bool = False
    """Whether it is part of the control: both answers are samples of one model and round."""
    cut: bool = False
    """Whether the judge saw only the end of the answers."""
    tokens: int = 0
    """What the judge read and wrote, over all repeats."""
    failure: str | None = None
    """Why a request failed; None if none did."""
    replies: tuple[str, ...] = ()
    """What the judge said in both orders, in the first repeat, outside its thinking blocks."""
    people: str | None = None
    """What a person said of it: win, loss or tie; None if nobody was asked."""

    @property
    def asked(self) -> bool:
        """Whether a judge was asked; equal texts are a tie without it."""
        return bool(self.verdicts)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one judge made of one task of one run."""

    task: str
    """The task."""
    samples: str
    """The name of the samples file, in the same folder, that has the answers."""
    name: str
    """What it is called: the judge, and what was compared."""
    judge: str
    """The judge's model."""
    models: tuple[str, ...]
    """The models whose answers are judged: that of the run, and the one compared with."""
    compare: str
    """With what answers are compared: `first`, `previous`, or `run`."""
    other: str = ""
    """The results file of the run compared with; empty for the same run."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """How the judge was asked, as plain JSON types."""
    left_out: Mapping[int, int] = field(default_factory=dict)
    """By round, how many matches there are not, since a request for an answer failed or was
    refused."""
    matches: tuple[JudgedMatch, ...] = ()
    """The matches, those of the control last."""

    @property
    def form(self) -> str:
        """The name of the judge's form."""
        return str(self.settings.get("judge_form", {}).get("name", ""))

    @property
    def itself(self) -> bool:
        """Whether the judge is one of the models that it judges."""
        return judges_itself(self.judge, self.models)

    @property
    def against(self) -> str:
        """With what answers are compared, in words."""
        named = {"first": "round 1", "previous": "the round before"}
        return named.get(self.compare, f"the same round of {self.models[-1]}")

    @property
    def rounds(self) -> list[int]:
        """The rounds that have matches."""
        return sorted({match.later[1] for match in self.matches if not match.control})

    def of_round(self, round_: int) -> list[JudgedMatch]:
        """List the matches of a round, without those of the control."""
        return [m for m in self.matches if m.later[1] == round_ and not m.control]

    @property
    def control(self) -> list[JudgedMatch]:
        """The matches of the control."""
        return [match for match in self.matches if match.control]


def judges_itself(judge: str, models: Sequence[str]) -> bool:
    """Tell whether a judge is one of the models that it judges."""
    return _plain(judge) in map(_plain, models)


def _plain(model: str) -> str:
    return model.rstrip("/").casefold()


def check_judgement(samples: Path, judgement: Judgement) -> None:
    """Refuse to overwrite what another judge said, or what was asked in another way."""
    path = _KIND.path(samples, judgement.task, judgement.name)
    told = facts_there(path, ("judge", "other", "settings"))
    if told not in (None, (judgement.judge, judgement.other, as_written(judgement.settings))):
        raise UserError(
            f"{path} holds what {told[0]} said with other settings; give this judgement another "
            "--name, or delete that file."
        )


def write_judgement(samples: Path, judgement: Judgement) -> Path:
    """Write a judgement beside the samples file whose answers it is about."""
    found = Counter(match.result for match in judgement.matches if not match.control)
    counts: dict[str, int] = {result: found[result] for result in MATCH_RESULTS}
    facts = {
        "judge": judgement.judge,
        "models": judgement.models,
        "judges_itself": judgement.itself,
        "compare": judgement.compare,
        "other": judgement.other,
        "settings": judgement.settings,
        "left_out": judgement.left_out,
        "counts": {
            "rows": len(judgement.matches),
            **counts,
            "tokens": sum(match.tokens for match in judgement.matches),
        },
    }
    rows = map(asdict, judgement.matches)
    return write_record(_KIND, samples, judgement.task, judgement.name, facts, rows)


def read_judgements(folder: Path) -> list[Judgement]:
    """Read the judgements of a folder."""
    return [read_record(_KIND, path, _read) for path in _KIND.paths(folder)]


def _read(facts: Mapping[str, Any], rows: Iterator[Any]) -> Judgement:
    matches = tuple(map(_match, rows))
    if len(matches) != facts["counts"]["rows"]:
        raise ValueError(f"{len(matches)} rows of {facts['counts']['rows']}")
    return Judgement(
        task=facts["task"],
        samples=facts["samples"],
        name=facts["name"],
        judge=facts["judge"],
        models=tuple(facts["models"]),
        compare=facts["compare"],
        other=facts["other"],
        settings=facts["settings"],
        left_out={int(round_): count for round_, count in facts["left_out"].items()},
        matches=matches,
    )


def _match(row: Mapping[str, Any]) -> JudgedMatch:
    if row["result"] not in MATCH_RESULTS:
        raise ValueError(f"result {row['result']!r}")
    fields = dict(row)
    for name in ("later", "earlier", "verdicts", "lengths", "styles", "replies"):
        fields[name] = tuple(tuple(e) if isinstance(e, list) else e for e in row[name])
    return JudgedMatch(**fields)
