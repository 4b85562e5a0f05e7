"""How figures look."""

import pytest
from matplotlib.colors import to_rgb

from ptr_eval.report.plots import style
from ptr_eval.report.plots.style import DARK, PAPER


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio."""

    def luminance(colour: str) -> float:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_lines_differ_without_their_colours() -> None:
    looks = [style.line_style(at) for at in range(52)]
    assert len({(look.marker, look.dashes) for look in looks}) == 52
    assert style.BASELINE.dashes not in style.DASHES
    assert len(set(style.HATCHES)) == len(style.HATCHES)


@pytest.mark.parametrize("colour", [*style.COLOURS, *style.VERDICT_COLOURS.values()])
def test_colours_stand_out_on_light_and_dark_pages(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 3
    assert contrast(colour, DARK[PAPER]) >= 3
