// Spectra, mel bands, and sounds from magnitudes alone: as `audiogan_lib.spectral` has them.
"use strict";

(function (/** @type {any} */ audiogan) {
  /** @typedef {Float64Array} Row */
  /** @typedef {{re: Row, im: Row, frames: number}} Spectra Frame after frame, 1 + n / 2 bins each. */

  /** The periodic Hann window. @type {(n: number) => Row} */
  const hann = (n) => Float64Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));

  /** As `spectral.stft`; two real frames go through one transform. @type {(sound: ArrayLike<number>, n: number, hop: number) => Spectra} */
  function stft(sound, n, hop) {
    const frames = 1 + Math.floor((sound.length - n) / hop);
    const [window, bins] = [hann(n), 1 + n / 2];
    const [re, im] = [new Float64Array(frames * bins), new Float64Array(frames * bins)];
    const [here, there] = [new Float64Array(2 * n), new Float64Array(2 * n)];
    for (let frame = 0; frame < frames; frame += 2) {
      const pair = frame + 1 < frames;
      for (let i = 0; i < n; i++) {
        here[2 * i] = window[i] * sound[frame * hop + i];
        here[2 * i + 1] = pair ? window[i] * sound[(frame + 1) * hop + i] : 0;
      }
      const found = audiogan.fourier(n, here, there, audiogan.circle(n));
      for (let bin = 0, at = frame * bins; bin < bins; bin++, at++) {
        const [low, high] = [2 * bin, bin ? 2 * (n - bin) : 0];
        re[at] = (found[low] + found[high]) / 2;
        im[at] = (found[low + 1] - found[high + 1]) / 2;
        if (!pair) continue;
        re[at + bins] = (found[low + 1] + found[high + 1]) / 2;
        im[at + bins] = (found[high] - found[low]) / 2;
      }
    }
    return { re, im, frames };
  }

  /** As `spectral.istft`. @type {(spectra: Spectra, n: number, hop: number) => Row} */
  function istft({ re, im, frames }, n, hop) {
    const [window, bins] = [hann(n), 1 + n / 2];
    const sound = new Float64Array(n + (frames - 1) * hop);
    const weight = new Float64Array(sound.length);
    const [here, there] = [new Float64Array(2 * n), new Float64Array(2 * n)];
    for (let frame = 0; frame < frames; frame += 2) {
      const pair = frame + 1 < frames;
      // With real and imaginary parts exchanged, before and after, the transform is its inverse.
      for (let bin = 0, at = frame * bins; bin < bins; bin++, at++) {
        const inside = bin % (n / 2) ? 1 : 0; // at both ends of a real sound's spectrum nothing is imaginary
        const [a, b] = [re[at], inside * im[at]];
        const [c, d] = pair ? [re[at + bins], inside * im[at + bins]] : [0, 0];
        here[2 * bin] = b + c;
        here[2 * bin + 1] = a - d;
        if (!inside) continue;
        here[2 * (n - bin)] = c - b;
        here[2 * (n - bin) + 1] = a + d;
      }
      const found = audiogan.fourier(n, here, there, audiogan.circle(n));
      for (let i = 0, at = frame * hop; i < n; i++, at++) {
        sound[at] += (window[i] * found[2 * i + 1]) / n;
        weight[at] += window[i] ** 2;
        if (!pair) continue;
        sound[at + hop] += (window[i] * found[2 * i]) / n;
        weight[at + hop] += window[i] ** 2;
      }
    }
    return sound.map((value, i) => (weight[i] > 1e-6 ? value / weight[i] : 0));
  }

  /** @param {Spectra} spectra */
  const magnitudes = ({ re, im }) => re.map((value, i) => Math.hypot(value, im[i]));

  /**
   * As `spectral.griffin_lim`, a round at a time; its last value is the sound.
   * @param {Row} wanted Magnitudes.
   * @param {ArrayLike<number>} phase To start from.
   * @param {number} n
   * @param {number} hop
   * @param {number} rounds
   * @param {number} momentum
   * @returns {Generator<undefined, Row>}
   */
  function* griffinLim(wanted, phase, n, hop, rounds, momentum = 0.99) {
    const frames = wanted.length / (1 + n / 2);
    const re = wanted.map((value, i) => value * Math.cos(phase[i]));
    const im = wanted.map((value, i) => value * Math.sin(phase[i]));
    /** @type {{re: Row, im: Row}} */
    let before = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
    for (let round = 0; round < rounds; round++) {
      const now = stft(istft({ re, im, frames }, n, hop), n, hop);
      for (let i = 0; i < re.length; i++) {
        const x = now.re[i] + momentum * (now.re[i] - before.re[i]);
        const y = now.im[i] + momentum * (now.im[i] - before.im[i]);
        const scale = wanted[i] / (Math.sqrt(x * x + y * y) + 1e-12);
        re[i] = x * scale;
        im[i] = y * scale;
      }
      before = now;
      yield;
    }
    return istft({ re, im, frames }, n, hop);
  }

  /** How far magnitudes are from the wanted ones, in dB. @type {(found: Row, wanted: Row) => number} */
  function convergence(found, wanted) {
    const error = found.reduce((sum, value, i) => sum + (value - wanted[i]) ** 2, 0);
    return 10 * Math.log10(error / wanted.reduce((sum, value) => sum + value * value, 0));
  }

  /** Slaney's mel scale: even up to 1 kHz, then 27 bands for a factor of 6.4. @param {number} hz */
  const toMel = (hz) => (hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4));
  /** @param {number} mel */
  const toHz = (mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * 6.4 ** ((mel - 15) / 27));

  /** As `spectral.mel_matrix`, a row a band. @type {(rate: number, n: number, bands: number) => Row[]} */
  function melMatrix(rate, n, bands) {
    const edges = Array.from({ length: bands + 2 }, (_, i) => toHz((i * toMel(rate / 2)) / (bands + 1)));
    return Array.from({ length: bands }, (_, band) => {
      const [low, middle, high] = edges.slice(band, band + 3);
      return Float64Array.from({ length: 1 + n / 2 }, (_, k) => {
        const hz = (k * rate) / n;
        const height = Math.min((hz - low) / (middle - low), (high - hz) / (high - middle));
        return (2 * Math.max(0, height)) / (high - low);
      });
    });
  }

  /**
   * Levels in dB, frame after frame, as many a frame as there are rows to draw.
   * @type {(sound: ArrayLike<number>, rate: number, n: number, hop: number, bands: number) => {levels: Row, rows: number}}
   */
  function levels(sound, rate, n, hop, bands) {
    const [found, bins] = [magnitudes(stft(sound, n, hop)), 1 + n / 2];
    // A band's weights add up to one, so that a flat spectrum has the same level on both scales.
    const matrix = bands ? melMatrix(rate, n, bands) : [];
    const filters = matrix.map((filter) => {
      const sum = filter.reduce((total, weight) => total + weight, 1e-12);
      const from = filter.findIndex((weight) => weight > 0);
      return { from, weights: filter.filter((weight) => weight > 0).map((weight) => weight / sum) };
    });
    const rows = bands || bins;
    const result = new Float64Array((found.length / bins) * rows);
    for (let i = 0; i < result.length; i++) {
      let value = 0;
      const start = Math.floor(i / rows) * bins;
      if (bands) {
        const { from, weights } = filters[i % rows];
        weights.forEach((weight, k) => { value += weight * found[start + from + k]; });
      } else value = found[start + (i % rows)];
      result[i] = 20 * Math.log10(value / (n / 4) + 1e-9);
    }
    return { levels: result, rows };
  }

  audiogan.spectral = { stft, istft, griffinLim, magnitudes, convergence, melMatrix, levels };
})((globalThis.audiogan ??= {}));
