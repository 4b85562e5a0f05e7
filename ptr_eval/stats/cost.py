"""What a correct answer costs in tokens.

Both prices are nan where nothing was bought: a price of nothing is neither small nor large.
"""


def tokens_per_correct(tokens: float, correct: float) -> float:
    """Compute the price of a correct answer.

    Args:
        tokens: All tokens spent, those on answers that are not correct included.
        correct: How many answers are correct; a sum of scores where they are not yes or no.

    Returns:
        Tokens per correct answer; nan if none is.
    """
    return tokens / correct if correct > 0 else float("nan")


def tokens_per_net_fix(extra_tokens: float, net_fixes: float) -> float:
    """Compute the price of each answer by which refining raised the number of correct ones.

    Args:
        extra_tokens: All tokens spent after the earlier round, up to the later one.
        net_fixes: How many more answers are correct: those fixed less those broken.

    Returns:
        Tokens per net fix; nan if there is no net gain.
    """
    return extra_tokens / net_fixes if net_fixes > 0 else float("nan")
