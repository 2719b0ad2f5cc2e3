"""What is said before Keras is loaded: with another backend than TensorFlow nothing here trains."""

import os
import warnings

if (chosen := os.environ.get("KERAS_BACKEND") or "tensorflow") != "tensorflow":
    warnings.warn(
        f"KERAS_BACKEND={chosen}: generators play with it, but training needs tensorflow; "
        "set it before Python starts",
        stacklevel=2,
    )
