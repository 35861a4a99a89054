"""What to ask next, of whom, and when to stop."""
