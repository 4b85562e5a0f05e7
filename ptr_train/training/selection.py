"""Chooses the rows to train on, by kind and number, and checks that they suit the method."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from ptr_data.hashing import hashed
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.objectives import GsrSettings, IftSettings, PtrSettings
from ptr_train.records import DIRECT, REFINE


def select(kinds: Sequence[str], config: TrainConfig, ids: Sequence[str] = ()) -> list[int]:
    """Choose the rows to train on, and give their places.

    With a limit, the rows of each kind are put into a random order that depends on the seed and
    the kind's name, and the first ones are taken. So a lower limit takes a part of the rows of a
    higher limit. With `same_questions` questions are chosen by the rows' ids.
    """
    data, found = config.data, np.asarray(kinds)
    there = Counter(kinds)
    wanted = data.kinds or sorted(there)
    numbers = [there[kind] for kind in wanted]
    if absent := [kind for kind, number in zip(wanted, numbers, strict=True) if not number]:
        raise UserError(
            f"`data.kinds`: {data.path} has no rows of kind {', '.join(absent)}, it has "
            f"{tally_text(there)}; build such rows, or name other kinds."
        )
    if data.same_questions:
        numbers, places_in_order = _by_question(kinds, ids, wanted, config)
        _check_gsr(config, dict(zip(wanted, numbers, strict=True)))
        return places_in_order
    if data.limit is not None:
        numbers = _shares(data.limit, len(wanted))
    chosen = []
    for kind, number in zip(wanted, numbers, strict=True):
        if there[kind] < number:
            raise UserError(
                f"`data.limit: {data.limit}` takes {number:,} rows of kind {kind}, and {data.path} "
                f"has {there[kind]:,}; lower it, or build more rows."
            )
        places = np.flatnonzero(found == kind)
        order = np.random.default_rng([config.seed, *kind.encode()]).permutation(len(places))
        chosen.append(places[order[:number]])
    _check_gsr(config, dict(zip(wanted, numbers, strict=True)))
    in_order: list[int] = np.sort(np.concatenate(chosen)).tolist()
    return in_order


def check_method(config: TrainConfig, kinds: Mapping[str, int], thoughts: int) -> None:
    """Refuse rows that teach the method something else: GSR's for `ift`, or none with a thought."""
    path, loss = config.data.path, config.loss
    if isinstance(loss, IftSettings) and (refine := kinds.get("refine")):
        raise UserError(
            f"{path} has {refine:,} rows of kind refine, whose questions show candidates, and ift "
            f"would train on these; set `data.path: {path / 'ift'}`, of the questions "
            "alone, or `data.kinds: [direct]`."
        )
    if not isinstance(loss, PtrSettings) or thoughts:
        return
    if kinds.get("refine") or kinds.get("direct"):
        raise UserError(
            f"{path} has rows of gsr ({tally_text(kinds)}) and no thoughts for ptr to refine (its "
            "consistency would stay 0); set `loss.objective: gsr`, or `loss.objective: ift` "
            f"with `data.path: {path / 'ift'}`."
        )
    if "consistency" in loss.terms:
        raise UserError(
            f"{path} gives ptr no row with a thought, so its consistency would stay 0; raise "
            "`data.encoding.max_length` if thoughts were left out for length, or set "
            "`loss.objective: ift`."
        )


def tally_text(counts: Mapping[str, int]) -> str:
    """Write how many rows of each kind there are."""
    return ", ".join(f"{number:,} {kind}" for kind, number in sorted(counts.items()))


def _by_question(
    kinds: Sequence[str], ids: Sequence[str], wanted: Sequence[str], config: TrainConfig
) -> tuple[list[int], list[int]]:
    """Choose questions, and a row of each; the kinds take turns. Numbers of rows, and places."""
    data, there = config.data, sorted(set(kinds))
    rows: dict[str, dict[str, list[int]]] = {}
    for place, (kind, name) in enumerate(zip(kinds, ids, strict=True)):
        rows.setdefault(_question_of(name, config), {}).setdefault(kind, []).append(place)
    shared = [question for question, by_kind in rows.items() if len(by_kind) == len(there)]
    limit = len(shared) if data.limit is None else data.limit
    if not shared or len(shared) < limit:
        raise UserError(
            f"`data.same_questions`: {data.path} has {len(shared):,} questions with rows of all "
            f"its kinds ({', '.join(there)}), not {max(limit, 1):,}; lower `data.limit`, or build "
            "more rows."
        )
    shared.sort(key=lambda question: (hashed("questions", config.seed, question), question))
    chosen = [
        min(
            rows[question][wanted[number % len(wanted)]],
            key=lambda place: hashed("row of a question", config.seed, ids[place]),
        )
        for number, question in enumerate(shared[:limit])
    ]
    return _shares(limit, len(wanted)), sorted(chosen)


def _question_of(name: str, config: TrainConfig) -> str:
    """Find the question in a row's id, such as `refine-QUESTION-2`."""
    _, _, rest = name.partition("-")
    if not rest:
        raise UserError(
            "`data.same_questions` needs ids that name the question, such as `direct-QUESTION`, "
            f"as `ptr-data build` writes them; {config.data.path} has {name!r}."
        )
    return rest.partition("-")[0]


def _shares(limit: int, kinds: int) -> list[int]:
    """Divide a number evenly; the first shares get the rest, one each."""
    return [limit // kinds + (place < limit % kinds) for place in range(kinds)]


def _check_gsr(config: TrainConfig, chosen: Mapping[str, int]) -> None:
    if isinstance(config.loss, GsrSettings):
        _check_parts(config.loss, chosen, config)


def _check_parts(loss: GsrSettings, chosen: Mapping[str, int], config: TrainConfig) -> None:
    """Check that both parts of gsr's loss have rows, and that every row has an effect."""
    rows = f"{config.data.path} gives gsr {tally_text(chosen)} rows"
    weight = f"`loss.refine_weight: {loss.refine_weight:g}`"
    if strange := [kind for kind in chosen if kind not in (*DIRECT, *REFINE)]:
        raise UserError(
            f"{rows}, and {', '.join(strange)} is neither direct nor refine; leave it out of "
            "`data.kinds`."
        )
    parts = (("direct", DIRECT, 1 - loss.refine_weight), ("refine", REFINE, loss.refine_weight))
    here = {name: sum(chosen.get(kind, 0) for kind in kinds) for name, kinds, _ in parts}
    for name, kinds, share in parts:
        if share and not here[name]:
            raise UserError(
                f"{rows}, none of kind {' or '.join(kinds)}, but {weight} needs such rows; add "
                f"some, or set it to {int(name == 'direct')}."
            )
    for name, kinds, share in parts:
        if here[name] and not share:
            others = ", ".join(kind for kind in chosen if kind not in kinds)
            raise UserError(
                f"{rows}, but with {weight} rows that are {name} have no effect; set "
                f"`data.kinds: [{others}]`, or another weight."
            )
