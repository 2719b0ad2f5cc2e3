"""Sounds that tests write into files, and a look at what came back."""

import io

import numpy as np
import soundfile

RATE = 16000


def tone(frequency_hz, sample_rate=RATE, duration_s=1.0, level=0.5):
    times = np.arange(int(duration_s * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def wav_bytes(waveform, sample_rate=RATE):
    file = io.BytesIO()
    soundfile.write(file, waveform, sample_rate, "PCM_16", format="WAV")
    return file.getvalue()


def strongest_hz(clip, sample_rate=RATE):
    return np.abs(np.fft.rfft(clip)).argmax() * sample_rate / len(clip)


def write(path, waveform, sample_rate=RATE, subtype=None, format=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, waveform, sample_rate, subtype, format=format)
    return path
