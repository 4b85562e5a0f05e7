"""What a build leaves: rows, files, the card, and ways to look at them."""
