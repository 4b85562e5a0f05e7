"""Mathematics: the boxed or stated answer, compared as mathematics."""
