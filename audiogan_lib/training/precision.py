"""Which precision the machine at hand can train in at speed."""

from pathlib import Path

import tensorflow as tf


def supported(dtype):
    """Return ``dtype``, or float32 where bfloat16 would be emulated, slower than float32."""
    if dtype != "mixed_bfloat16":
        return dtype
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return dtype if details.get("compute_capability", (0, 0)) >= (8, 0) else "float32"
    cpu = Path("/proc/cpuinfo")
    flags = cpu.read_text(encoding="utf-8").split() if cpu.exists() else []
    return dtype if {"avx512_bf16", "amx_bf16"} & set(flags) else "float32"
