"""Examples in docstrings run as tests: they may use NumPy, TensorFlow and Keras by their names."""

import pytest


@pytest.fixture(autouse=True)
def names_in_examples(request):
    """Give examples the modules that every reader has imported."""
    if isinstance(request.node, pytest.DoctestItem):
        import keras
        import numpy as np
        import tensorflow as tf

        request.node.dtest.globs.update(keras=keras, np=np, tf=tf)
