"""The training engine. It imports no estimator.

Importing this package imports no TensorFlow; calling :func:`train` does.
"""

from skdeep._forked import refuse_if_forked
from skdeep.training._history import History
from skdeep.training._job import Outcome, TrainingJob
from skdeep.training._stopping import StoppingRule

__all__ = [
    "History",
    "Outcome",
    "StoppingRule",
    "TrainingJob",
    "train",
    "train_together",
]


def train(job, engine="auto"):
    """Train ``job`` with the compiled engine or with ``keras.Model.fit``.

    Parameters
    ----------
    job : TrainingJob
    engine : {"auto", "compiled", "keras"}
        "auto" takes Keras where a callback has batch hooks, where the compiled engine
        cannot run the optimiser, and where layers may look at whole batches.

    Returns
    -------
    Outcome
    """
    refuse_if_forked()
    try:
        return _trained(job, engine)
    finally:
        if job.keras_callbacks:
            from skdeep.training._callbacks import release_models

            release_models(job.keras_callbacks)


def train_together(jobs):
    """Train the networks of one estimator with the compiled engine.

    Parameters
    ----------
    jobs : list of TrainingJob
        Without callbacks of Keras.

    Returns
    -------
    list of Outcome
    """
    from skdeep.training._optimizers import OptimizerSpec
    from skdeep.training._scheduler import active_scheduler
    from skdeep.training._together import train_on_all_cores

    refuse_if_forked()
    optimizers = [OptimizerSpec(job.optimizer, job) for job in jobs]
    scheduler = active_scheduler()
    if scheduler is None:
        return train_on_all_cores(jobs, optimizers)
    return scheduler.train(jobs, optimizers)


def _trained(job, engine):
    from skdeep.training._keras import train_keras
    from skdeep.training._loop import train_compiled
    from skdeep.training._optimizers import OptimizerSpec
    from skdeep.training._scheduler import active_scheduler

    scheduled = job.schedule is not None or job.learning_rate is not None
    optimizer = OptimizerSpec(job.optimizer, job)
    if scheduled and not optimizer.supported:
        raise ValueError(
            f"{type(job.optimizer).__name__} takes its learning rates from the "
            "optimisers in it. Received learning_rate or learning_rate_schedule. Set "
            "the rate there, and None here."
        )
    obstacles = _obstacles(job, optimizer)
    if engine == "compiled" and obstacles:
        raise ValueError(
            f"engine='compiled' cannot run {obstacles[0]}, which needs "
            "keras.Model.fit. Use engine='auto' or engine='keras'."
        )
    if engine == "keras" or obstacles:
        return train_keras(job, optimizer)
    scheduler = active_scheduler()
    if scheduler is not None:
        return scheduler.train([job], [optimizer])[0]
    return train_compiled(job, optimizer)


def _obstacles(job, optimizer):
    """Texts that name the parts of a job which the compiled engine cannot run."""
    from skdeep.training._batch_losses import loss_depends_on_batch
    from skdeep.training._callbacks import needs_batches

    batchwise = [c for c in job.keras_callbacks if needs_batches(c)]
    obstacles = [f"the callback {type(callback).__name__}" for callback in batchwise]
    if not optimizer.supported:
        obstacles.append(f"the optimizer {type(job.optimizer).__name__}")
    if job.spec.mixes_rows:
        obstacles.append(
            "a network whose layers look at whole batches, or are not known to compute "
            f"each row alone ({', '.join(job.spec.mixes_rows)}; a class of your own "
            "says so by mixes_rows = False)"
        )
    if loss_depends_on_batch(job.head, job.spec.output_shape):
        obstacles.append(f"the loss {job.head.loss}, which looks at whole batches")
    return obstacles
