"""Compares parsed answers: expressions, sets, intervals, matrices, equations and inequalities.

Math-verify decides only between values of other kinds.
"""

from typing import Any

from ptr_eval.scoring.maths.expressions import constant_ratio, same_expression
from ptr_eval.scoring.maths.parse import parsed


def same_texts(gold: str, answer: str) -> bool:
    """Compare two normalized answers; as texts, if one of them cannot be parsed."""
    a, b = parsed(gold), parsed(answer)
    if a is None or b is None:
        return gold.replace(" ", "") == answer.replace(" ", "")
    return same(a, b)


def as_set(text: str) -> Any:
    """Parse an interval, a set or an inequality of one variable as a set; None if it is neither."""
    return _as_set(parsed(text))


def same(a: Any, b: Any) -> bool:
    """Whether two parsed answers are equal."""
    from sympy import Expr
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import And

    if isinstance(a, Expr) and isinstance(b, Expr):
        decided = same_expression(a, b)
        return _verified(a, b) if decided is None else decided
    relations = [isinstance(each, Relational | And) for each in (a, b)]
    if all(relations):
        return a.free_symbols == b.free_symbols and (_same_relations(a, b) or _same_as_sets(a, b))
    return _same_relation_and_other(a, b) if any(relations) else _same_collections(a, b)


def _same_collections(a: Any, b: Any) -> bool:
    """Compare matrices, tuples and sets."""
    from sympy import FiniteSet, Interval, MatrixBase, Set, Tuple

    kinds: list[type] = [MatrixBase, Tuple, FiniteSet, Interval, Set]
    kind = next((k for k in kinds if isinstance(a, k) and isinstance(b, k)), None)
    if kind is MatrixBase:
        return a.shape == b.shape and all(map(same, a.doit().flat(), b.doit().flat()))
    if kind is Tuple:
        return len(a) == len(b) and all(map(same, a, b))
    if kind is FiniteSet:
        return _same_elements(list(a.args), list(b.args))
    if kind is Interval:
        open_ends = [(each.left_open, each.right_open) for each in (a, b)]
        return open_ends[0] == open_ends[1] and same(a.start, b.start) and same(a.end, b.end)
    return bool(a == b or a.symmetric_difference(b).is_empty) if kind else _verified(a, b)


def _same_elements(these: list[Any], others: list[Any]) -> bool:
    """Whether two lists hold equal elements, in any order."""
    rest = list(others)
    for element in these:
        place = next((i for i, other in enumerate(rest) if same(element, other)), None)
        if place is None:
            return False
        del rest[place]
    return not rest


def _same_relations(a: Any, b: Any) -> bool:
    """Compare equations or inequalities, or chains of these, side by side."""
    from sympy import fraction, together
    from sympy.logic.boolalg import And

    if isinstance(a, And) or isinstance(b, And):
        parts, others = (list(x.args) if isinstance(x, And) else [x] for x in (a, b))
        for part in parts:
            place = next((i for i, o in enumerate(others) if _same_relations(part, o)), None)
            if place is None:
                return False
            del others[place]
        return not others
    kinds = [_kind(x) for x in (a, b)]
    zeros = [x.gts - x.lts if hasattr(x, "gts") else x.lhs - x.rhs for x in (a, b)]
    if kinds[0] != kinds[1]:
        return False
    if kinds[0] in ("=", "!="):
        return constant_ratio(*[fraction(together(zero))[0] for zero in zeros]) is not None
    ratio = constant_ratio(*zeros)
    return ratio is not None and bool(ratio > 0)


def _kind(relation: Any) -> str:
    """Name a relation whatever its direction: "=", "!=", ">" or ">="."""
    return str(relation.rel_op).replace("<", ">").replace("==", "=")


def _same_relation_and_other(gold: Any, answer: Any) -> bool:
    """Compare an equation or inequality with a set, or with the value of its right side."""
    from math_verify.grader import (
        is_assignment_relation,
        is_equation,
        take_last_relation,
    )
    from sympy import Set

    if is_equation(answer):
        last = take_last_relation(answer)
        # "x+y+z=0" is no way to say 0.
        standard_form = last.rhs == 0 and not is_assignment_relation(answer)
        return not standard_form and same(gold, last.rhs)
    if is_assignment_relation(gold):
        return same(take_last_relation(gold).rhs, answer)
    return _same_as_sets(gold, answer) if any(isinstance(e, Set) for e in (gold, answer)) else False


def _same_as_sets(a: Any, b: Any) -> bool:
    """Compare relations of one variable, or such a relation and a set."""
    sets = [_as_set(each) for each in (a, b)]
    return same(*sets) if None not in sets else bool(_verified(a, b))


def _as_set(value: Any) -> Any:
    from math_verify.grader import unwrap_fcs
    from sympy import Set
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import And

    if isinstance(value, Relational | And) and len(value.free_symbols) == 1:
        value = unwrap_fcs(value).as_set()
    return value if isinstance(value, Set) else None


def _verified(gold: Any, answer: Any) -> bool:
    from math_verify import verify

    return bool(
        verify(
            gold, answer, numeric_precision=50, allow_set_relation_comp=True, timeout_seconds=None
        )
    )
