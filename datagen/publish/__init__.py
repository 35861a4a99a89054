"""What is shown of a dataset: its card."""
