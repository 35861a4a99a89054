"""What teachers are asked, as text files: one folder a task, one file a model family, `default.txt` for the rest."""
