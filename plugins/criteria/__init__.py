"""The built-in criteria, one plugin each."""
