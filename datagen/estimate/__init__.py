"""What a run will take before anything is spent: problems, completions, tokens, money and hours, each as a range."""
