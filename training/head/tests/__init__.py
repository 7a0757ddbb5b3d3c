"""Run with `python -m unittest discover -t . -s head/tests` in training/: seconds, no audio needed."""
