"""Is it right? Answer extraction, equivalence, and workers that can be killed."""
