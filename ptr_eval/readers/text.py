"""Reading, summarising and programming: DROP, XSum, HumanEval."""

from collections.abc import Iterator, Mapping
from typing import Any

from ptr_eval.readers.files import Row


def drop(row: Row) -> Iterator[dict[str, Any]]:
    """Read DROP: the authors' nested JSON, the hub's rows, or the flattened form.

    Gold answers are all that were annotated, each a list of spans. In the flattened form an
    answer of several spans is one text joined by "and", so it is read both ways.
    """
    if "qa_pairs" in row.values:
        for pair in row.get("qa_pairs"):
            inner = Row({**row.values, **pair}, row.source, row.number)
            yield _question(inner, str(row.values.get("key", row.number)))
    elif "ref_text" in row.values:
        passage, _, rest = row.text("context").removeprefix("Passage:").partition("\nQuestion:")
        answers = [answer for answer in row.text("ref_text").split("|") if answer.strip()]
        # Several spans were joined by "and"; whether an "and" is such a joint is not marked.
        golds = [[answer] for answer in answers]
        golds += [answer.split(" and ") for answer in answers if " and " in answer]
        question = rest.rpartition("\nAnswer:")[0]
        yield _drop_document(passage, question, golds, passage[:200].strip())
    else:
        yield _question(row, str(row.values.get("section_id", "")))


def _question(row: Row, passage_id: str) -> dict[str, Any]:
    passage = row.text("passage")
    if "answers_spans" in row.values:
        golds = [[span] for span in row.get("answers_spans")["spans"]]
    else:
        answers = [row.get("answer"), *_validated(row.values.get("validated_answers") or [])]
        golds = [spans for answer in answers if (spans := _spans(answer))]
    if not golds:
        raise row.wrong("column 'answer' holds neither a number, a date nor spans")
    return _drop_document(passage, row.text("question"), golds, passage_id or passage[:200])


def _drop_document(
    passage: str, question: str, golds: list[list[str]], passage_id: str
) -> dict[str, Any]:
    unique = [list(spans) for spans in dict.fromkeys(tuple(spans) for spans in golds)]
    return {
        "passage_id": passage_id,
        "passage": passage.strip(),
        "question": question.strip(),
        "golds": unique,
        "target": f"The answer is {', '.join(unique[0])}.",
    }


def _validated(answers: Any) -> list[Mapping[str, Any]]:
    """List the further annotations: a list of answers, or the hub's columns of answers."""
    if isinstance(answers, Mapping):
        columns = {k: v for k, v in answers.items() if isinstance(v, list)}
        length = max(map(len, columns.values()), default=0)
        return [{k: v[i] for k, v in columns.items() if i < len(v)} for i in range(length)]
    return list(answers)


def _spans(answer: Mapping[str, Any]) -> list[str]:
    """Read an annotated answer as the official evaluator does: number, spans, or date."""
    if answer.get("number") not in (None, ""):
        return [str(answer["number"])]
    if answer.get("spans"):
        return [str(span) for span in answer["spans"]]
    date = answer.get("date") or {}
    written = " ".join(str(date.get(k) or "") for k in ("day", "month", "year")).strip()
    return [" ".join(written.split())] if written else []


def xsum(row: Row) -> Iterator[dict[str, Any]]:
    """Read XSum: a document and its one-sentence summary."""
    summary = row.text("summary").strip()
    yield {
        "id": row.text("id"),
        "document": row.text("document").strip(),
        "gold": summary,
        "target": summary,
    }


def humaneval(row: Row) -> Iterator[dict[str, Any]]:
    """Read HumanEval: a function's head and docstring, and the tests."""
    yield {
        "task_id": row.text("task_id"),
        "prompt": row.text("prompt"),
        "entry_point": row.text("entry_point"),
        "test": row.text("test"),
        "target": f"```python\n{row.text('prompt')}{row.text('canonical_solution')}```",
    }
