"""The base of all estimators: the skeleton of ``fit`` and ``predict``."""
