"""The peer of `npm run bench:data`: `fit DATA MODEL` makes a model, `predict MODEL INPUT OUTPUT` answers rows."""
import pickle
import sys

import pandas
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

task, *files = sys.argv[1:]
if task == "fit":
    rows = pandas.read_csv(files[0])
    network = MLPRegressor((64, 64), max_iter=2)
    model = make_pipeline(StandardScaler(), network).fit(rows.drop(columns="y"), rows["y"])
    with open(files[1], "wb") as file:
        pickle.dump(model, file)
else:
    with open(files[0], "rb") as file:
        model = pickle.load(file)
    answers = model.predict(pandas.read_csv(files[1]))
    pandas.DataFrame({"prediction": answers}).to_csv(files[2], index=False)
