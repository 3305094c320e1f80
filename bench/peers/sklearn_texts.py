"""scikit-learn's tf-idf with logistic regression on the texts of two tables: as it comes, and with C by five folds.

    sklearn_texts.py TRAIN.csv TEST.csv
"""
import csv
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import log_loss


def read(path):
    with open(path) as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


(texts, labels), (test, wanted) = (read(path) for path in sys.argv[1:])
for words in (1, 2):
    vectorizer = TfidfVectorizer(ngram_range=(1, words))
    train, X = vectorizer.fit_transform(texts), vectorizer.transform(test)
    for name, model in (
        ("C = 1", LogisticRegression(max_iter=1000)),
        ("best C", LogisticRegressionCV(Cs=[0.1, 1, 3, 10, 30, 100], cv=5, max_iter=1000)),
    ):
        model.fit(train, labels)
        loss = log_loss(wanted, model.predict_proba(X))
        print(f"  scikit-learn, runs of {words}, {name}  accuracy {model.score(X, wanted):.4f}  log loss {loss:.4f}")
