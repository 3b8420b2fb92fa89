"""A plugin whose own dependency was never installed."""

import a_library_that_is_not_there  # noqa: F401
