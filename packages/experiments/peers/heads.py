"""Peers of Lethe's classifier on the same vectors and steps (lethe experiment table1 --peers, npm run bench:learners).

Reads FOLDER/{train,test}.f32 (float32 unit vectors), .labels (bytes) and protocol.json (steps, seed, dimension, names of peers);
writes FOLDER/answer.json: for each peer its accuracy on the remaining classes and its seconds, by step.

Each setting is chosen on every fifth training vector of each class, after training on the others; then the peer is trained on all.
The seconds are those of the last training alone. Test vectors choose nothing.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid


def part(folder, name, dimension):
    vectors = np.fromfile(folder / f"{name}.f32", dtype="<f4").reshape(-1, dimension)
    return vectors, np.fromfile(folder / f"{name}.labels", dtype=np.uint8)


def of(data, classes):
    vectors, labels = data
    chosen = np.isin(labels, classes)
    return vectors[chosen], labels[chosen]


def held_out(labels):
    """Every fifth vector of each class, at least one of a class that has two."""
    chosen = np.zeros(len(labels), dtype=bool)
    for name in np.unique(labels):
        rows = np.flatnonzero(labels == name)
        chosen[rows[:: min(5, len(rows))] if len(rows) > 1 else rows[:0]] = True
    return chosen


def retrained(name, candidates):
    """A peer that is trained from scratch on the remaining classes after every step, with the best of the candidates."""

    def run(train, test, steps, seed):
        accuracy, seconds = [], []
        for step in steps:
            x, y = of(train, step["remaining"])
            tx, ty = of(test, step["remaining"])
            scale = 1 / x.std()
            x, tx = x * scale, tx * scale
            makers = candidates(seed)
            apart = held_out(y)
            shares = [
                (make().fit(x[~apart], y[~apart]).predict(x[apart]) == y[apart]).mean() if len(makers) > 1 else 0
                for make in makers
            ]
            started = time.perf_counter()
            model = makers[int(np.argmax(shares))]().fit(x, y)
            seconds.append(time.perf_counter() - started)
            accuracy.append(float((model.predict(tx) == ty).mean()))
        return {"name": name, "accuracy": accuracy, "seconds": seconds}

    return run


def logistic_regressions(seed):
    strengths = (1e-4, 1e-3, 3e-3, 1e-2, 0.1, 1, 10)
    return [lambda c=c: LogisticRegression(C=c, max_iter=300, random_state=seed) for c in strengths]


def neighbours(_):
    return [lambda k=k: KNeighborsClassifier(k, weights="distance", metric="cosine") for k in (1, 5, 10, 20)]


def streaming(train, test, steps, seed):
    """River's softmax regression, fed each new class once; it can't forget, so unlearned classes are masked."""
    # Here, so that the others run without River.
    from river import compose, linear_model, preprocessing

    rng = np.random.default_rng(seed)
    model = compose.Pipeline(preprocessing.StandardScaler(), linear_model.SoftmaxRegression())
    accuracy, seconds = [], []
    limit = 1000  # Vectors of a class: at some hundred a second all of them would take hours.
    for step in steps:
        elapsed = 0.0
        if step["kind"] == "learn":
            chosen = []
            for name in step["classes"]:
                rows = np.flatnonzero(train[1] == name)
                chosen.append(rng.permutation(rows)[:limit])
            for row in rng.permutation(np.concatenate(chosen)):
                features = dict(enumerate(train[0][row].tolist()))
                started = time.perf_counter()
                model.learn_one(features, int(train[1][row]))
                elapsed += time.perf_counter() - started
        seconds.append(elapsed)
        tx, ty = of(test, step["remaining"])
        some = rng.permutation(len(ty))[:1000]
        right = 0
        for row in some:
            scores = model.predict_proba_one(dict(enumerate(tx[row].tolist())))
            allowed = {name: p for name, p in scores.items() if name in step["remaining"]}
            right += bool(allowed) and max(allowed, key=allowed.get) == ty[row]
        accuracy.append(right / len(some))
    return {
        "name": "River: softmax regression, streaming (1,000 vectors a class; masked)",
        "accuracy": accuracy,
        "seconds": seconds,
    }


PEERS = {
    "logistic_regression": retrained("scikit-learn: logistic regression, tuned, retrained", logistic_regressions),
    "lda": retrained(
        "scikit-learn: LDA (Ledoit-Wolf), retrained",
        lambda _: [lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")],
    ),
    "knn": retrained("scikit-learn: k-NN, tuned", neighbours),
    "centroid": retrained("scikit-learn: nearest centroid", lambda _: [NearestCentroid]),
    "streaming": streaming,
}


def main():
    folder = Path(sys.argv[1])
    protocol = json.loads((folder / "protocol.json").read_text())
    steps, seed = protocol["steps"], protocol["seed"]
    train, test = (part(folder, name, protocol["dimension"]) for name in ("train", "test"))
    answer = [peer(train, test, steps, seed) for peer in map(PEERS.get, protocol["peers"])]
    (folder / "answer.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
