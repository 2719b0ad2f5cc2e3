// From what a network draws to sound: what audiogan_lib.spectral does in Python, in the same order.
//
// A decoder is made in two steps, since all memory is asked for before any is there: first the
// arrays, by a function `floats` that may only count, then `open`, which fills and uses them.

{
  const CLIP = (sample) => Math.max(-1, Math.min(1, sample));

  /** Points of the transform that serves a window of this length: see `transform` in kernel.c. */
  const transformSize = (length) => {
    const power = 2 ** Math.ceil(Math.log2(length));
    return power === length ? length : 2 ** Math.ceil(Math.log2(2 * length - 1));
  };

  /** Arrays for spectra with windows of at most codec.n_fft samples. */
  const spectralArrays = ({ frames, n_fft, hop_length }, floats) => {
    const size = 2 ** Math.ceil(Math.log2(2 * n_fft - 1)); // that of a shorter window may be larger
    const places = (frames + Math.ceil(n_fft / hop_length)) * hop_length;
    const numbers = (n_fft / 2 + 1) * frames;
    return {
      magnitudes: floats(numbers),
      angles: floats(4 * numbers),
      gain: floats(places),
      sound: floats(places),
      tables: floats(3 * (size + n_fft)),
      work: floats(16 * size),
    };
  };

  /** The tables that kernel.c describes, and the magnitude of a full-scale sine. */
  const setWindow = ({ tables }, length) => {
    const size = transformSize(length);
    const [window, chirp] = [tables.subarray(size), tables.subarray(size + length)];
    for (let i = 0; i < size / 2; i++) {
      tables[2 * i] = Math.cos((2 * Math.PI * i) / size);
      tables[2 * i + 1] = Math.sin((2 * Math.PI * i) / size);
    }
    let sum = 0;
    for (let i = 0; i < length; i++) {
      window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);
      sum += window[i];
    }
    if (size !== length) setChirp(chirp, chirp.subarray(2 * length), length, size);
    return { length, size, fullScale: sum / 2 };
  };

  /** exp(-i pi k^2 / length), and the transform of its conjugate, over size. */
  const setChirp = (chirp, answer, length, size) => {
    const circle = new Float64Array(size);
    for (let i = 0; i < size / 2; i++) {
      circle[2 * i] = Math.cos((2 * Math.PI * i) / size);
      circle[2 * i + 1] = Math.sin((2 * Math.PI * i) / size);
    }
    const wrapped = new Float64Array(2 * size);
    for (let i = 0; i < length; i++) {
      const angle = (Math.PI * ((i * i) % (2 * length))) / length; // exact: the square is whole
      const [re, im] = [Math.cos(angle), Math.sin(angle)];
      chirp.set([re, -im], 2 * i);
      wrapped.set([re, im], 2 * i);
      if (i) wrapped.set([re, im], 2 * (size - i));
    }
    const spectrum = audiogan.fourier(size, wrapped, new Float64Array(2 * size), circle);
    for (let i = 0; i < 2 * size; i++) answer[i] = spectrum[i] / size;
  };

  /**
   * Fill gain: one over the summed squared windows where a window reaches, and zero there and in
   * the margin, which is known to be silent. Returns the columns of the sound's array.
   */
  const setGain = ({ gain, tables }, { length, size }, { frames, hop_length: hop }, margin) => {
    const columns = frames + Math.ceil(length / hop);
    const last = length + (frames - 1) * hop - 1;
    gain.fill(0);
    for (let i = 0; i < length; i++) {
      const square = tables[size + i] ** 2;
      const row = (i % hop) * columns + Math.floor(i / hop);
      for (let frame = 0; frame < frames; frame++) gain[row + frame] += square;
    }
    for (let sample = 0; sample < hop * columns; sample++) {
      const at = (sample % hop) * columns + Math.floor(sample / hop);
      const inside = Math.min(sample, last - sample) >= margin;
      gain[at] = inside && gain[at] > 1e-6 ? 1 / gain[at] : 0;
    }
    return columns;
  };

  /** Levels [frames][bins] in [-1, 1], each `step` numbers after the last, to magnitudes. */
  const setMagnitudes = (magnitudes, levels, step, { frames, bins, floor_db }, window) => {
    const [used, floor] = [window.length / 2, 10 ** (floor_db / 20)];
    const slope = Math.log(floor) / 2;
    for (let frame = 0; frame < frames; frame++)
      for (let bin = 0; bin < used; bin++) {
        const relative = Math.exp((1 - levels[(frame * bins + bin) * step]) * slope) - floor;
        magnitudes[bin * frames + frame] = Math.max(relative, 0) * window.fullScale;
      }
    magnitudes.fill(0, used * frames, (used + 1) * frames); // at half the sample rate
  };

  /** Sine and cosine of phases [bins][frames], as a sound's spectra begin. */
  const directions = (phases) => {
    const count = phases.length;
    const parts = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const phase = Math.fround(phases[i]);
      parts[i] = Math.cos(phase);
      parts[count + i] = Math.sin(phase);
    }
    return parts;
  };

  /** The middle of the sound, in the order of time. */
  const cut = (sound, columns, { hop_length: hop, samples }, start) => {
    const clip = new Float32Array(samples);
    for (let i = 0; i < samples; i++) {
      const sample = start + i;
      clip[i] = CLIP(sound[(sample % hop) * columns + Math.floor(sample / hop)]);
    }
    return clip;
  };

  /** Fast Griffin-Lim (Perraudin et al. 2013) from the given start. */
  const griffinLim = (kernel, arrays, codec, window, columns, start) => {
    const { magnitudes, angles, gain, sound, tables, work } = arrays;
    const { frames, hop_length: hop } = codec;
    const sizes = [frames, window.length, window.size, hop, columns];
    angles.fill(0);
    angles.set(start);
    for (let round = 0; round <= codec.iterations; round++) {
      kernel.synthesise(
        ...sizes, magnitudes, angles, gain, sound, tables, work);
      if (round < codec.iterations)
        kernel.analyse(...sizes, codec.momentum, sound, angles, tables, work);
    }
    return cut(sound, columns, codec, (window.length - hop) / 2);
  };

  /** A LogSpectrogram: phases start at random. */
  const logSpectrogram = (codec, arrays, kernel) => {
    const window = setWindow(arrays, codec.n_fft);
    const columns = setGain(arrays, window, codec, (window.length - codec.hop_length) / 2);
    const bins = codec.bins + 1;
    const random = audiogan.uniform(codec.frames * bins);
    const phases = new Float64Array(codec.frames * bins);
    for (let i = 0; i < phases.length; i++)
      phases[(i % bins) * codec.frames + Math.floor(i / bins)] =
        Math.PI * (2 * random[i] - 1);
    const start = directions(phases);
    return (levels) => {
      setMagnitudes(arrays.magnitudes, levels, 1, codec, window);
      return griffinLim(kernel, arrays, codec, window, columns, start);
    };
  };

  /** A PitchedSpectrogram: window and first phases are those of the note. */
  const pitchedSpectrogram = (codec, arrays, kernel) => {
    /** @type {any} */
    let [ready, window, columns, start] = [-1, null, 0, null];
    return (levels, label) => {
      if (label !== ready) {
        const [length, periods, f0] = codec.windows[label];
        window = setWindow(arrays, length);
        columns = setGain(arrays, window, codec, (length - codec.hop_length) / 2);
        start = directions(steadyPhases(codec, length, periods, f0));
        ready = label;
      }
      setMagnitudes(arrays.magnitudes, levels, 1, codec, window);
      return griffinLim(kernel, arrays, codec, window, columns, start);
    };
  };

  /** Phases of steady tones: of a harmonic near one, elsewhere of a bin's own frequency. */
  const steadyPhases = ({ frames, hop_length }, length, periods, f0) => {
    const bins = length / 2 + 1;
    const beginnings = audiogan.uniform(2 * bins).map((number) => Math.PI * (2 * number - 1));
    const phases = new Float64Array(bins * frames);
    for (let bin = 0; bin < bins; bin++) {
      const harmonic = Math.max(Math.floor(bin / periods + 0.5), 1);
      const near = Math.abs(bin - harmonic * periods) <= 2;
      const frequency = near ? harmonic * f0 : bin / length;
      const beginning = near ? beginnings[harmonic] : beginnings[bins + bin];
      for (let frame = 0; frame < frames; frame++) {
        const centre = frame * hop_length + length / 2;
        const phase = 2 * Math.PI * centre * frequency + beginning - Math.PI * bin;
        const turns = (phase + Math.PI) / (2 * Math.PI);
        phases[bin * frames + frame] = 2 * Math.PI * (turns - Math.floor(turns)) - Math.PI;
      }
    }
    return phases;
  };

  /** An InstantaneousFrequency: the network draws how phases change. */
  const instantaneousFrequency = (codec, arrays, kernel) => {
    const window = setWindow(arrays, codec.n_fft);
    const columns = setGain(arrays, window, codec, 0);
    const phases = new Float64Array((codec.bins + 1) * codec.frames);
    return (image) => {
      for (let bin = 0; bin < codec.bins; bin++)
        for (let frame = 0, sum = 0; frame < codec.frames; frame++) {
          sum += image[2 * (frame * codec.bins + bin) + 1];
          phases[bin * codec.frames + frame] = Math.PI * sum;
        }
      setMagnitudes(arrays.magnitudes, image, 2, codec, window);
      return griffinLim(kernel, arrays, { ...codec, iterations: 0 }, window, columns, directions(phases));
    };
  };

  const waveform = () => (drawn) => drawn.slice();

  const none = () => ({});
  audiogan.decoders = {
    waveform: { arrays: none, open: waveform },
    log_spectrogram: { arrays: spectralArrays, open: logSpectrogram },
    pitched_spectrogram: { arrays: spectralArrays, open: pitchedSpectrogram },
    instantaneous_frequency: { arrays: spectralArrays, open: instantaneousFrequency },
  };
}
