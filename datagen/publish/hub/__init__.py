"""The way to the Hugging Face Hub: what must not go, what is there, and one commit that shows all of it."""
