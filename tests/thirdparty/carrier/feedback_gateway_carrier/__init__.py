"""Feedback for sources that read one value a line."""
