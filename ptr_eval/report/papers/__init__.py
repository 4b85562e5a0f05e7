"""Published figures, copied from papers, to compare one's own with."""
