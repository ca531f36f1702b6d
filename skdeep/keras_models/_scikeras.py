"""SciKeras's routing of parameters, and its encoders of targets.

The import of the package ``scikeras`` gives Keras's models, losses, metrics and
optimisers other ways to be pickled and copied, for everybody in the process. All that
skdeep takes from SciKeras is in two of its files, which import nothing of SciKeras.
They run here as modules of skdeep's, without the package: ``sys.modules`` stays as it
is, and SciKeras itself stays unchanged, whether it is imported earlier or later.
"""

import importlib.util
from pathlib import Path

from skdeep._numbers import plain


def _run(*file):
    """A file of SciKeras as a module that nobody else has."""
    # find_spec imports no package that stands at the top, as this one does.
    (folder,) = importlib.util.find_spec("scikeras").submodule_search_locations
    # Pickles of fitted estimators hold encoders: they find the classes in this module.
    spec = importlib.util.spec_from_file_location(__name__, Path(folder, *file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_parameters = _run("_utils.py")
_encoders = _run("utils", "transformers.py")

get_loss = _parameters.get_loss_class_function_or_string
get_metric_class = _parameters.get_metric_class
get_optimizer_class = _parameters.get_optimizer_class
names_to_classes = _parameters.try_to_convert_strings_to_classes
with_parameters = _parameters.unflatten_params

ClassifierLabelEncoder = _encoders.ClassifierLabelEncoder
RegressorTargetEncoder = _encoders.RegressorTargetEncoder
TargetReshaper = _encoders.TargetReshaper


def route_params(params, destination, pass_filter=(), *, strict=False):
    """Parameters for a destination, without the prefix that sends them there.

    Parameters
    ----------
    params : dict
    destination : str
        The prefix: "fit" for parameters like ``fit__batch_size``.
    pass_filter : collection of str, default=()
        Parameters without a prefix that are for this destination, too.
    strict : bool, default=False
        Whether parameters with a further prefix, like ``optimizer__schedule__rate``,
        are left out.

    Returns
    -------
    params : dict
        NumPy's numbers become Python's, because Keras takes no others.
    """
    routed = _parameters.route_params(params, destination, pass_filter, strict)
    return {name: plain(value) for name, value in routed.items()}
