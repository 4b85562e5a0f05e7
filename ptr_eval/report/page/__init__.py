"""The report as a page: its sections, its viewer of items, and the HTML around them."""
