"""What all estimators share: the skeleton of ``fit`` and ``predict``."""
