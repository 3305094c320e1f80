"""Tunes scikit-learn's multilayer perceptron on the very folds that `nnt train` measured a spec on.

    sklearn_folds.py TABLE.csv TARGET[,COLUMN,...] out_of_fold.csv...   without those columns as inputs
    sklearn_folds.py IMAGES-idx3-ubyte.gz LABELS-idx1-ubyte.gz out_of_fold.csv...

The first out_of_fold.csv chooses the best few settings of the grid, all of them together the best one, whose figure
is too good by its luck on these folds: `--only JSON` measures it alone, on others. `--settings N` tries only N of the
grid, drawn with seed 0. Numbers are filled with their median, with indicators, and standardised, texts one-hot encoded,
all fitted without the fold's rows. Prints JSON.
"""

import argparse
import gzip
import json
import random
import time
import warnings

import numpy
import pandas
import sklearn
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FINALISTS = 5

HIDDEN = [(16,), (64,), (128,), (64, 64)]
ALPHAS = [1e-4, 1e-2, 1e-1, 1.0]


def grid():
    for hidden in HIDDEN:
        for alpha in ALPHAS:
            for activation in ["relu", "tanh"]:
                network = {"hidden_layer_sizes": hidden, "alpha": alpha, "activation": activation}
                for rate in [1e-3, 1e-2]:
                    yield {**network, "learning_rate_init": rate, "batch_size": 32}
                yield {**network, "solver": "lbfgs", "max_iter": 500}
            yield {
                "hidden_layer_sizes": hidden,
                "alpha": alpha,
                "learning_rate_init": 1e-2,
                "batch_size": 32,
                "early_stopping": True,
            }


def read(data, target):
    """Features, a table, and targets [rows]."""
    if not data.endswith(".gz"):
        table = pandas.read_csv(data)
        target, *ignored = target.split(",")
        return table.drop(columns=[target, *ignored]), table[target].to_numpy()
    with gzip.open(data) as images, gzip.open(target) as labels:
        y = numpy.frombuffer(labels.read(), numpy.uint8, offset=8)
        x = numpy.frombuffer(images.read(), numpy.uint8, offset=16)
    return pandas.DataFrame(x.reshape(len(y), -1).astype(float)), y


def model(settings, seed, is_regression):
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    texts = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist"),
    )
    inputs = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (texts, make_column_selector(dtype_include=object)),
    )
    if not is_regression:
        return make_pipeline(inputs, MLPClassifier(**settings, random_state=seed))
    network = make_pipeline(inputs, MLPRegressor(**settings, random_state=seed))
    return TransformedTargetRegressor(network, transformer=StandardScaler())


def score(settings, x, y, folds, seed):
    """Mean over the folds of accuracy, or of R² where numbers are predicted."""
    scores = []
    for fold in numpy.unique(folds):
        train, test = folds != fold, folds == fold
        is_regression = y.dtype.kind != "O" and len(numpy.unique(y)) > 20
        fitted = model(settings, seed, is_regression).fit(x[train], y[train])
        scores.append(fitted.score(x[test], y[test]))
    return float(numpy.mean(scores))


def main(data, target, assignments, settings, only):
    warnings.simplefilter("ignore")  # a setting that has not converged is a setting that scores less
    x, y = read(data, target)
    folds = [pandas.read_csv(path).sort_values("row").fold.to_numpy() for path in assignments]
    started = time.perf_counter()
    settings = [only] if only else random.Random(0).sample(list(grid()), settings) if settings else list(grid())
    first = [score(one, x, y, folds[0], 0) for one in settings]
    best = sorted(range(len(settings)), key=lambda i: -first[i])[:FINALISTS]
    scores = {i: [score(settings[i], x, y, fold, seed) for seed, fold in enumerate(folds)] for i in best}
    winner = max(best, key=lambda i: numpy.mean(scores[i]))
    result = {
        "sklearn": sklearn.__version__,
        "data": data,
        "settings_tried": len(settings),
        "seconds": round(time.perf_counter() - started, 1),
        "best": settings[winner],
        "scores": scores[winner],
        "mean": float(numpy.mean(scores[winner])),
        "sd": float(numpy.std(scores[winner], ddof=1)) if len(folds) > 1 else None,
    }
    print(json.dumps(result, indent=2))


parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("target")
parser.add_argument("assignments", nargs="+")
parser.add_argument("--settings", type=int)
parser.add_argument("--only", type=json.loads)
main(**vars(parser.parse_args()))
