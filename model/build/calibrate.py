"""Fits the weights in src/classifier/confidence.rs.

    env/bin/pip install scikit-learn==1.9.1
    env/bin/python calibrate.py TOLMACH COLLECTION.tsv ...

TOLMACH is the built program, which embeds the messages. A collection is a file with one message per line, followed by a tab and
its intent. Sets of labels are drawn at random from each collection, trained as the classifier trains, and tested on unseen
messages, a quarter of which are out of scope: half of them from other intents of the same collection, half from other
collections. Clients write the latter far more often, so they count more (NEARBY, DISTANT). Prints, for each collection, the
calibration error of weights fitted on the other collections, and then the weights fitted on all of them. Takes about ten minutes.
"""

import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np
from scipy.optimize import minimize
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

# Must equal the constants in src/classifier.rs, src/classifier/regression.rs and src/classifier/elsewhere.rs.
SPELLING, ERRORS = 0.2, 10.0
MASS, ALIKE, LEAST, TYPICAL = 2000.0, 0.6, 10, 2.5
ELSEWHERE = pathlib.Path(__file__).parent.parent / "src/classifier/elsewhere.txt"
SETS = 60
# How much an out-of-scope message counts that is of the same collection, and one that is of another.
NEARBY, DISTANT = 0.3, 2.0
SIGNS = ("odds", "near", "ahead", "logit", "dense", "inside")


def embedded(program, texts):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(text + "\n" for text in texts))
        file.flush()
        ran = subprocess.Popen(
            [program, "embed", "--texts", file.name, "--for", "intents"], stdout=subprocess.PIPE, text=True
        )
        vectors = [np.array(json.loads(line), dtype=np.float32) for line in ran.stdout]
    assert ran.wait() == 0 and len(vectors) == len(texts)
    return dict(zip(texts, vectors))


def inside(examples, elsewhere, messages):
    """Log odds that each message is a message of the set rather than one of elsewhere."""
    elsewhere = elsewhere[(elsewhere @ examples.T).max(axis=1) < ALIKE]
    if len(elsewhere) < LEAST:
        return np.full(len(messages), TYPICAL)
    rows = np.concatenate([examples, elsewhere])
    known = np.repeat([1.0, 0.0], [len(examples), len(elsewhere)])
    mass = np.repeat([MASS / len(examples), MASS / len(elsewhere)], [len(examples), len(elsewhere)])

    def loss(point):
        odds = rows @ point[:-1] + point[-1]
        errors = mass * (1 / (1 + np.exp(-odds)) - known)
        cost = (mass * np.logaddexp(0, -odds * (2 * known - 1))).sum() + 0.5 * (point[:-1] ** 2).sum()
        return cost, np.append(rows.T @ errors + point[:-1], errors.sum())

    found = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 60}).x
    return messages @ found[:-1] + found[-1]


def regression(kernel, labels, count):
    """Kernel multinomial logistic regression: coefficients of the examples, and the intercepts."""
    values, directions = np.linalg.eigh(kernel)
    kept = values > 1e-7 * values.max()
    features = directions[:, kept] * np.sqrt(values[kept])
    rows, width = features.shape
    wanted = np.eye(count)[labels]

    def loss(point):
        weights, base = point[: width * count].reshape(width, count), point[width * count :]
        logits = features @ weights + base
        logits -= logits.max(axis=1, keepdims=True)
        sums = np.exp(logits).sum(axis=1, keepdims=True)
        errors = ERRORS * (np.exp(logits) / sums - wanted)
        cost = ERRORS * (np.log(sums[:, 0]) - logits[np.arange(rows), labels]).sum() + 0.5 * (weights**2).sum()
        return cost, np.concatenate([(features.T @ errors + weights).ravel(), errors.sum(axis=0)])

    found = minimize(loss, np.zeros((width + 1) * count), jac=True, method="L-BFGS-B", options={"maxiter": 60}).x
    weights, base = found[: width * count].reshape(width, count), found[width * count :]
    return (directions[:, kept] / np.sqrt(values[kept])) @ weights, base


def drawn(chance, collection, others, vectors, elsewhere):
    """One random set: the signals of each test message, whether its most probable label was right, and how much it counts."""
    by_label = collections.defaultdict(list)
    for text, label in collection:
        by_label[label].append(text)
    labels = [label for label in by_label if len(by_label[label]) >= 8]
    count = min(chance.choice([2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 40]), len(labels) - 3)
    chosen = chance.sample(labels, count)
    shots = min(chance.choice([1, 2, 3, 5, 8, 15, 30, 60, 100]), 1000 // count)
    train, right, test, wanted = [], [], [], []
    for number, label in enumerate(chosen):
        texts = chance.sample(by_label[label], len(by_label[label]))
        size = max(1, min(int(shots * chance.uniform(0.5, 2)), len(texts) - 4))
        train += texts[:size]
        right += [number] * size
        tried = texts[size : size + max(3, 120 // count)]
        test += tried
        wanted += [number] * len(tried)
    foreign = len(test) // 3
    near = [text for label in labels if label not in chosen for text in by_label[label]]
    far = [text for other in others for text, _ in chance.sample(other, 20)]
    nearby = chance.sample(near, min(foreign // 2, len(near)))
    distant = chance.sample(far, min(foreign - len(nearby), len(far)))
    counts = np.repeat([1.0, NEARBY, DISTANT], [len(test), len(nearby), len(distant)])
    test += nearby + distant
    wanted = np.array(wanted + [-1] * (len(nearby) + len(distant)))
    right = np.array(right)
    spelling = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True).fit(train)
    a, b = (np.array([vectors[text] for text in texts]) for texts in (train, test))
    x, y = spelling.transform(train), spelling.transform(test)
    coefficients, base = regression(a @ a.T + SPELLING * (x @ x.T).toarray(), right, count)
    logits = (b @ a.T + SPELLING * (y @ x.T).toarray()) @ coefficients + base
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    best, rows = logits.argmax(axis=1), np.arange(len(test))
    nearest = np.stack([(b @ a[right == label].T).max(axis=1) for label in range(count)], axis=1)
    rival = nearest.copy()
    rival[rows, best] = -1
    among = a @ a.T
    np.fill_diagonal(among, -1)
    same = np.where(right[:, None] == right, among, -1).max(axis=1)
    dense = same[same > -1].mean() if (same > -1).any() else 0.55
    share = shares.max(axis=1)
    signs = [
        np.log(share / np.maximum(1 - share, 1e-6)).clip(-6, 6),
        nearest[rows, best],
        nearest[rows, best] - rival.max(axis=1),
        (logits - logits.mean(axis=1, keepdims=True)).max(axis=1),
        np.full(len(test), max(dense, 0.5)),
        inside(a, elsewhere, b),
    ]
    return np.stack(signs, axis=1), best == wanted, counts


def fitted(sets):
    signs, right, counts = (np.concatenate(parts) for parts in zip(*sets))
    mean, spread = signs.mean(axis=0), signs.std(axis=0)
    model = LogisticRegression().fit((signs - mean) / spread, right, counts)
    weights = model.coef_[0] / spread
    return weights, model.intercept_[0] - weights @ mean


def off(weights, base, sets):
    signs, right, counts = (np.concatenate(parts) for parts in zip(*sets))
    sure = 1 / (1 + np.exp(-(signs @ weights + base)))
    tenth = np.minimum((sure * 10).astype(int), 9)
    return sum(abs((counts * (sure - right))[tenth == at].sum()) for at in range(10)) / counts.sum()


def main(program, paths):
    chance, read = random.Random(7), []
    for path in paths:
        lines = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8")]
        read.append(sorted({(text.lower(), label) for text, label in lines if label != "oos"}))
    texts = sorted({text for collection in read for text, _ in collection})
    vectors = embedded(program, texts)
    elsewhere = [line for line in ELSEWHERE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    elsewhere = np.array(list(embedded(program, elsewhere).values()))
    sets = []
    for at, collection in enumerate(read):
        others = read[:at] + read[at + 1 :]
        sets.append([drawn(chance, collection, others, vectors, elsewhere) for _ in range(SETS)])
    for at, path in enumerate(paths):
        others = [drawn for other in sets[:at] + sets[at + 1 :] for drawn in other]
        print(f"{path}: off by {off(*fitted(others), sets[at]):.3f}")
    weights, base = fitted([drawn for collection in sets for drawn in collection])
    print(", ".join(f"{sign} {weight:.3f}" for sign, weight in zip(SIGNS, weights)), f"beside {base:.3f}")


main(sys.argv[1], sys.argv[2:])
