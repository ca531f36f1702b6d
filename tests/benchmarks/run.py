"""Speed, side by side: ``python tests/benchmarks/run.py [names]``.

Prints ratios between peers that do the same work in the same process, medians of
several runs. Absolute times move with the machine; ratios are what counts. Run it
on a quiet machine.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.append(str(Path(__file__).parents[1]))  # the data of the tests

import conv_fits
import fused_fits
import insight
import keras_wrappers
import sequence_fits
import single_fits
import table_fits
import text_fits

BENCHMARKS = {
    function.__name__: function
    for function in (
        single_fits.imports,
        single_fits.first_fit,
        single_fits.warm_fit,
        single_fits.watched_fit,
        single_fits.predict,
        single_fits.large_fit,
        single_fits.large_memory,
        single_fits.many_fits,
        single_fits.accuracy,
        fused_fits.search,
        fused_fits.members,
        fused_fits.architectures,
        fused_fits.bagging,
        fused_fits.fused_memory,
        fused_fits.many_fused_fits,
        conv_fits.conv_warm_fit,
        conv_fits.conv_table,
        conv_fits.conv_fused,
        conv_fits.conv_mixed_precision,
        conv_fits.conv_accuracy,
        sequence_fits.sequence_warm_fit,
        sequence_fits.sequence_fused,
        sequence_fits.sequence_accuracy,
        sequence_fits.forecast_airline,
        sequence_fits.forecast_sunspots,
        table_fits.table_accuracy,
        table_fits.table_speed,
        text_fits.text_accuracy,
        text_fits.text_speed,
        text_fits.text_generator,
        insight.insight_speed,
        keras_wrappers.keras_wrapper_fit,
        keras_wrappers.keras_wrapper_predict,
        keras_wrappers.keras_wrapper_pickle,
        keras_wrappers.keras_wrapper_search,
        keras_wrappers.custom_network,
    )
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}")
    warnings.simplefilter("ignore")
    for chosen in parser.parse_args().names or BENCHMARKS:
        BENCHMARKS[chosen]()
