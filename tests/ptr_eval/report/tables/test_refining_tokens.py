"""The tokens of refining and of solving."""

from ptr_eval.report.tables.refining_tokens import tokens_table
from tests.ptr_eval.report.group_factory import groups_of, measured


def test_tokens_of_refining_stand_beside_those_of_solving() -> None:
    table = tokens_table(measured(groups_of("ca>c", "ca>a"), groups_of("c a", "a a", run="pool")))
    assert [cell.text for cell in table.rows[0].cells[2:]] == [
        "2", "100", "30", "30.0", "60", "20", "40.0", "50", "150",
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[1].cells[6:9]] == ["n/a", "n/a", "n/a"]
    published = tokens_table(measured(groups_of("ca>c", "ca>a")), published=True).rows[1]
    assert published.published
    assert [published.cells[at].text for at in (0, 3, 6, 8)] == [
        "AIME24", "13,232", "8,878", "32.9",
    ]  # fmt: skip
