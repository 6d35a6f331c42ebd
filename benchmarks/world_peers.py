"""What peers make of a matrix of votes: snorkel's LabelModel and crowd-kit's Dawid-Skene."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Int8 = npt.NDArray[np.int8]
Peer = Callable[[int, Int8, Int8], Floats]

SEED = 7
INSTALL = "crowd-kit is not installed; pip install --no-deps crowd-kit==1.4.2 is enough for it"


def snorkel(n_labels: int, train: Int8, votes: Int8) -> Floats:
    """Fit snorkel's LabelModel at its defaults, and ask it for the probabilities of other rows."""
    import torch  # noqa: PLC0415 (heavy)
    from snorkel.labeling.model import LabelModel  # noqa: PLC0415 (heavy)

    torch.set_num_threads(1)
    model = LabelModel(cardinality=n_labels, verbose=False)
    model.fit(train, seed=SEED, progress_bar=False)
    probs: Floats = model.predict_proba(votes)
    return probs


def crowdkit(n_labels: int, train: Int8, votes: Int8) -> Floats:
    """Fit crowd-kit's DawidSkene at its defaults; other rows get one more of its E-steps."""
    import pandas as pd  # noqa: PLC0415 (heavy)
    from crowdkit.aggregation.classification.dawid_skene import (  # noqa: PLC0415 (optional)
        DawidSkene,
    )

    model = DawidSkene()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas tells of what crowd-kit will have to change
        model.fit(_long(pd, train))
        # It has no predict; its E-step is what a predict would be.
        found = DawidSkene._e_step(_long(pd, votes), model.priors_.copy(), model.errors_)
    every = found.reindex(index=range(len(votes)), columns=range(n_labels))
    probs: Floats = every.fillna(0.0).to_numpy(dtype=np.float64)
    return probs


PEERS: Mapping[str, Peer] = {"snorkel's LabelModel": snorkel, "crowd-kit's DawidSkene": crowdkit}


def there(name: str) -> bool:
    """Whether a peer is installed."""
    try:
        import crowdkit  # noqa: F401, PLC0415 (optional)
    except ImportError:
        return not name.startswith("crowd-kit")
    return True


def asked(name: str, n_labels: int, train: Int8, votes: Int8) -> Floats:
    """The probabilities of a peer, [n_rows, n_labels]; uniform where it gives none."""
    probs = PEERS[name](n_labels, train, votes)
    total = probs.sum(axis=1, keepdims=True)
    usable = np.isfinite(total) & (total > 0)
    even = np.full_like(probs, 1 / n_labels)
    shares: Floats = np.divide(probs, total, out=even, where=usable)
    return shares


def _long(pd: Any, votes: Int8) -> Any:
    """Votes as crowd-kit takes them: a row for each."""
    task, worker = np.nonzero(votes >= 0)
    label = votes[task, worker].astype(np.int64)
    return pd.DataFrame({"task": task, "worker": worker, "label": label})
