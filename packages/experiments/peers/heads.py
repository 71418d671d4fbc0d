"""Peers of Lethe's classifier on the vectors and the protocol of Table 1 (lethe experiment table1 --peers).

Reads FOLDER/{train,test}.f32 (float32 unit vectors), .labels (bytes) and protocol.json; writes FOLDER/answer.json:
for each peer its accuracy on the remaining classes and its seconds, by step.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from river import compose, linear_model, multiclass, preprocessing
from sklearn.linear_model import LogisticRegression


def part(folder, name, dimension):
    vectors = np.fromfile(folder / f"{name}.f32", dtype="<f4").reshape(-1, dimension)
    return vectors, np.fromfile(folder / f"{name}.labels", dtype=np.uint8)


def of(data, classes):
    vectors, labels = data
    chosen = np.isin(labels, classes)
    return vectors[chosen], labels[chosen]


def logistic_regression(train, test, steps, seed):
    """Retrained from scratch on the remaining classes after every step; unit vectors are scaled to unit variance."""
    accuracy, seconds = [], []
    for step in steps:
        x, y = of(train, step["remaining"])
        scale = 1 / x.std()
        started = time.perf_counter()
        model = LogisticRegression(C=0.1, max_iter=200, random_state=seed).fit(x * scale, y)
        seconds.append(time.perf_counter() - started)
        tx, ty = of(test, step["remaining"])
        accuracy.append(float((model.predict(tx * scale) == ty).mean()))
    return {"name": "scikit-learn: logistic regression, retrained", "accuracy": accuracy, "seconds": seconds}


def streaming(train, test, steps, seed):
    """River's softmax regression, fed each new class once; it can't forget, so unlearned classes are masked."""
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


def main():
    folder = Path(sys.argv[1])
    protocol = json.loads((folder / "protocol.json").read_text())
    steps, seed = protocol["steps"], protocol["seed"]
    train, test = (part(folder, name, protocol["dimension"]) for name in ("train", "test"))
    answer = [peer(train, test, steps, seed) for peer in (logistic_regression, streaming)]
    (folder / "answer.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
