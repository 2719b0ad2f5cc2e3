"""Examples in docstrings run as tests: they may use NumPy, TensorFlow and Keras by their names."""

import os
from pathlib import Path

import pytest

# Two processes that compile at once spoil what Numba keeps on disk (its issue 10128): a place each.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).parent / "_build" / "numba" / _WORKER)


@pytest.fixture(autouse=True)
def names_in_examples(request):
    """Give examples the modules that every reader has imported."""
    if isinstance(request.node, pytest.DoctestItem):
        import keras
        import numpy as np
        import tensorflow as tf

        request.node.dtest.globs.update(keras=keras, np=np, tf=tf)
