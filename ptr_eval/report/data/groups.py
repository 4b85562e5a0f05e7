"""Group panels: the candidates of one run and task, and what was made of them.

A group is what one sample of an item asks in parallel: k candidates in round 1, and the answers
refined from them in round 2. A run that asks once a round, but several samples of each item, has
one group of all its samples and nothing refined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ptr_eval.report.data.outcomes import why_no_claim
from ptr_eval.runs import RunLabel, Selection
from ptr_eval.stats import CandidateGroups, counted_groups, recorded_mean
from ptr_eval.stats.arrays import Codes, Floats


@dataclass(frozen=True, slots=True)
class GroupOrigin:
    """What is known of a run and task in addition to its answers."""

    settings: Mapping[str, Any]
    """The task's settings, such as `candidates`, `order` and `aggregator`."""
    candidates_by: str = ""
    """The model that gave the candidates, where they were taken from a run of another one; empty
    if the run's own model did."""
    selections: Sequence[Selection] = ()
    """What reward models and judges chose among the candidates."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenCounts:
    """What answers took, in tokens; nan where not recorded. A is k candidates or R refined ones."""

    prompt: Floats
    """Tokens of the prompt. [N, G, A]"""
    generated: Floats
    """Tokens of the whole answer. [N, G, A]"""
    visible: Floats
    """Those of the text after the thinking block. [N, G, A]"""


@dataclass(frozen=True, slots=True, eq=False)
class DataQuality:
    """How many answers are not what was asked for."""

    unfinished: int
    """Groups that lack candidates, and are left out."""
    candidates: Codes
    """How many requests for candidates had each of `OUTCOMES`. [5]"""
    no_answer: int
    """Candidates without an extracted answer."""
    full: float
    """Candidates that reached their token limit; nan if that is not recorded."""
    shortened: int
    """Texts of candidates that were cut to fit into a refining prompt."""
    truncated: int
    """Refining prompts that show less than was asked, for that or another reason."""
    refined: Codes
    """How many requests for refined answers had each of `OUTCOMES`. [5]"""
    refined_no_answer: int
    """Refined answers without an extracted answer."""
    refined_kept: int
    """Refined answers that only confirm a candidate, and so have no answer of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupPanel:
    """The groups of one run and task; N items, up to G groups of each, k candidates, R refined."""

    label: RunLabel
    """Whose answers they are."""
    task: str
    """The task."""
    scorer: str
    """The scorer whose verdicts these are."""
    origin: GroupOrigin
    """What is known of the run in addition to its answers."""
    items: Codes
    """Item numbers, ascending. [N]"""
    samples: Codes
    """The number of the sample that is each item's g-th group; -1 for a pool of all samples. [G]"""
    groups: CandidateGroups
    """Candidates and refined answers, as the statistics read them."""
    solving: TokenCounts
    """What candidates took."""
    refining: TokenCounts
    """What refined answers took."""
    selected: Mapping[str, Floats]
    """By selection, such as `BoN@4 (NAME)`, whether the chosen candidate is correct; nan where
    nothing was chosen from, and everywhere where a judge decided nothing. [N, G], or [N, g] for g
    smaller groups of a pool"""
    quality: DataQuality
    """How many answers are not what was asked for."""

    @property
    def selections(self) -> Mapping[str, Selection]:
        """What was chosen among the candidates, by the names of `selected`."""
        return {f"BoN@{one.size} ({one.name})": one for one in self.origin.selections}

    @property
    def size(self) -> int:
        """The number k of candidates in a group."""
        return int(self.groups.classes.shape[-1])

    @property
    def pooled(self) -> bool:
        """Whether the candidates are samples that were asked one by one, nothing being refined."""
        return bool(self.samples[0] < 0)

    @property
    def refined(self) -> bool:
        """Whether any refined answer is recorded."""
        return not bool(np.isnan(self.groups.refined).all())

    @property
    def refiner(self) -> str:
        """The other model that refined; empty if it was the one that gave the candidates."""
        other = self.origin.settings.get("aggregator")
        if other:
            return str(other).rpartition(":")[2].rstrip("/").rpartition("/")[2]
        return self.label.checkpoint if self.origin.candidates_by else ""

    @property
    def order(self) -> str:
        """The order in which candidates are shown: `sampled`, `reversed` or `shuffled`."""
        return str(self.origin.settings.get("order", "sampled"))

    @property
    def no_claim(self) -> str:
        """Why the groups allow no claim, as too many requests came to nothing; empty if they do."""
        return why_no_claim([self.quality.candidates, self.quality.refined])

    def tokens_by_question(self, tokens: Floats) -> Floats:
        """Average one of the token counts over the groups that count: [N], nan where none is."""
        counted = counted_groups(self.groups)[..., None]
        return recorded_mean(np.where(counted, tokens, np.nan).reshape(len(tokens), -1), axis=1)
