"""Weights that an optimiser was told not to decay: no part of its configuration."""


def names_without_decay(optimizer):
    """What ``exclude_from_weight_decay(var_names=...)`` was told, as a pattern.

    Parameters
    ----------
    optimizer : object
        Others than optimisers of Keras have none.

    Returns
    -------
    names : str or None

    Raises
    ------
    ValueError
        If it was told a list of variables.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if getattr(inner, "_exclude_from_weight_decay", None):
        raise ValueError(
            "exclude_from_weight_decay(var_list=...) names variables of another model: "
            "every fit makes its own. Name them, exclude_from_weight_decay(var_names="
            f"['bias']), say. Received such a list in {type(optimizer).__name__}."
        )
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern


def exclude_names(optimizer, names):
    """Tell a new optimiser what :func:`names_without_decay` gave of another."""
    if names:
        optimizer.exclude_from_weight_decay(var_names=[names])
