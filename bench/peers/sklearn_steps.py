"""scikit-learn's training step as its MLPClassifier makes them: an epoch over 6,000 random rows, shared out.

Reads requests as JSON lines on stdin, answers seconds per step; null for products, which it has none of.
"""
import json
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")
rows = 6000
random = numpy.random.default_rng(0)
print(json.dumps({"version": sklearn.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "kind" in request:
        print("null", flush=True)
        continue
    widths, batch = request["widths"], request["batchSize"]
    x = random.random((rows, widths[0]), dtype=numpy.float32) * 2 - 1
    y = random.integers(0, widths[-1], rows)
    model = MLPClassifier(
        tuple(widths[1:-1]), solver=request["optimizer"], batch_size=batch, max_iter=1, momentum=0, alpha=0
    )
    start = time.perf_counter()
    model.fit(x, y)
    print(json.dumps((time.perf_counter() - start) / (rows / batch)), flush=True)
