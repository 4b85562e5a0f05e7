"""Best-of-k with a reward model: each candidate is scored, and the best score is chosen.

Any sequence-classification model will do. It reads the question and the candidate as a
conversation where its tokenizer has a chat template, else as a pair of texts.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ptr_eval.best_of_n.candidates import Group
from ptr_eval.best_of_n.choice import Choice, Chosen
from ptr_eval.best_of_n.classifier import Classifier, Encoded, RewardSettings, load_classifier
from ptr_eval.engine import Ledger, request_key
from ptr_eval.errors import UserError
from ptr_eval.harness.backend import stamp
from ptr_eval.protocols import Reply

_Text = tuple[str, str]
"""A question and a candidate."""


def choose_by_reward(groups: Sequence[Group], settings: RewardSettings, ledger: Path) -> Chosen:
    """Choose the best-scored candidate of each group; of equal scores the first."""
    classifier = load_classifier(settings)
    texts = list(dict.fromkeys(text for group in groups for text in _texts_of(group)))
    encoded = dict(zip(texts, classifier.encode(texts), strict=True))
    scores = _scored(classifier, encoded, settings, ledger)
    choices = tuple(_choice(group, scores, encoded) for group in groups)
    return Chosen(choices, {**classifier.facts, "batch_size": settings.batch_size})


def _texts_of(group: Group) -> list[_Text]:
    return [(group.question, group.texts[i]) for i in group.contenders]


def _choice(
    group: Group, scores: Mapping[_Text, float], encoded: Mapping[_Text, Encoded]
) -> Choice:
    given = [scores.get((group.question, text)) for text in group.texts]
    best = max(group.contenders, key=lambda i: scores[group.question, group.texts[i]], default=None)
    read = [encoded[text] for text in _texts_of(group)]
    counts = {
        "tokens": sum(len(inputs.ids) for inputs in read),
        "truncated": sum(inputs.truncated for inputs in read),
    }
    return Choice(best, {"scores": given}, counts)


def _scored(
    classifier: Classifier,
    encoded: Mapping[_Text, Encoded],
    settings: RewardSettings,
    path: Path,
) -> dict[_Text, float]:
    """Score texts, longest first, and write the scores down batch by batch."""
    from tqdm import tqdm

    identity = f"{settings.model} {classifier.revision} {stamp(settings.model)}"
    keys = {
        text: request_key(
            model=identity,
            prompt=json.dumps(inputs.ids),
            settings=classifier.facts,
            sample=0,
            round=0,
            place="reward",
        )
        for text, inputs in encoded.items()
    }
    with (
        closing(Ledger(path)) as ledger,
        tqdm(total=len(encoded), desc="Scoring candidates", unit="candidate") as bar,
    ):
        known = {key: float(reply.response) for key, reply in ledger.find(keys.values()).items()}
        for batch in _batches(encoded, settings.batch_size):
            if any(keys[text] not in known for text in batch):
                scores = classifier.score([encoded[text] for text in batch])
                new = {keys[text]: score for text, score in zip(batch, scores, strict=True)}
                ledger.record({key: Reply(repr(score)) for key, score in new.items()})
                known |= new
            bar.update(len(batch))
    if any(math.isnan(known[key]) for key in keys.values()):
        raise UserError(
            f"--reward-model {settings.model} gives scores that are no numbers; try "
            "--dtype float32."
        )
    return {text: known[key] for text, key in keys.items()}


def _batches(encoded: Mapping[_Text, Encoded], size: int) -> Iterator[list[_Text]]:
    """Divide all texts, known ones included, so that a resumed call makes the same batches."""
    longest = sorted(encoded, key=lambda text: -len(encoded[text].ids))
    for start in range(0, len(longest), size):
        yield longest[start : start + size]
