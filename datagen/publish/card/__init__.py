"""What a dataset says of itself: its card, with figures and citations, and the recipe that makes it again."""
