"""Weights without weight decay, which are no part of an optimiser's configuration."""


def names_without_decay(optimizer):
    """The pattern of ``exclude_from_weight_decay(var_names=...)``.

    Parameters
    ----------
    optimizer : object
        An optimiser of Keras, or another object, which has no such pattern.

    Returns
    -------
    names : str or None

    Raises
    ------
    ValueError
        If variables were excluded with ``var_list``.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if getattr(inner, "_exclude_from_weight_decay", None):
        raise ValueError(
            "exclude_from_weight_decay(var_list=...) lists variables of another model, "
            f"but every fit makes its own. Received such a list in "
            f"{type(optimizer).__name__}. Pass names instead, for example "
            "exclude_from_weight_decay(var_names=['bias'])."
        )
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern


def exclude_names(optimizer, names):
    """Exclude the pattern ``names`` of another optimiser from the weight decay."""
    if names:
        optimizer.exclude_from_weight_decay(var_names=[names])
