"""How small an effect a test can find, and how many items that takes.

Both turn the same equation around: effect = (z_{alpha/2} + z_power) * standard error
(Miller, arXiv 2411.00640, section 5).
"""

import math

from scipy.special import ndtri


def detectable(error: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Compute the smallest true effect that a two-sided test finds with some power.

    Args:
        error: The standard error of the effect.
        alpha: The test's level.
        power: How often the effect is to be found.

    Returns:
        The effect, in the error's unit.
    """
    return _quantiles(alpha, power) * error


def items_needed(
    variance_of_difference: float, effect: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Compute how many items a paired test needs to find an effect.

    Args:
        variance_of_difference: The variance of one item's difference: omega^2 between items
            plus sigma_A^2 / K_A + sigma_B^2 / K_B from K samples on either side.
        effect: The true difference in means, not 0.
        alpha: The test's level.
        power: How often the effect is to be found.

    Returns:
        The number of independent items, rounded up.
    """
    return math.ceil(_quantiles(alpha, power) ** 2 * variance_of_difference / effect**2)


def _quantiles(alpha: float, power: float) -> float:
    return float(ndtri(1 - alpha / 2) + ndtri(power))
