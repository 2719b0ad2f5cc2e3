// The loops of kernel.c in plain JavaScript: the same functions on the same arrays, eight to ten
// times slower. Sums are doubles here, which engines are quicker with than with rounded ones.

{
  const multiply = (rows, step, depth, columns, input, panels, output) => {
    for (let first = 0; first < columns; first += 4) {
      const panel = (first & ~7) * depth + (first & 4);
      for (let row = 0; row < rows; row += 2) {
        // The last of an odd number of rows is computed twice.
        const a = row * step;
        const b = row + 1 < rows ? a + step : a;
        let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
        for (let i = 0, w = panel; i < depth; i++, w += 8) {
          const x = input[a + i], y = input[b + i];
          const w0 = panels[w], w1 = panels[w + 1];
          const w2 = panels[w + 2], w3 = panels[w + 3];
          a0 += x * w0; a1 += x * w1; a2 += x * w2; a3 += x * w3;
          b0 += y * w0; b1 += y * w1; b2 += y * w2; b3 += y * w3;
        }
        const sums = [a0, a1, a2, a3, b0, b1, b2, b3];
        for (let i = 0; i < 4 && first + i < columns; i++) {
          output[row * columns + first + i] = sums[i];
          if (row + 1 < rows) output[(row + 1) * columns + first + i] = sums[4 + i];
        }
      }
    }
  };

  const spread = (
    height, width, kernelHeight, kernelWidth, strideY, strideX, top, left,
    outHeight, outWidth, channels, products, output,
  ) => {
    output.fill(0, 0, outHeight * outWidth * channels);
    let from = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let ky = 0; ky < kernelHeight; ky++)
          for (let kx = 0; kx < kernelWidth; kx++, from += channels) {
            const toY = y * strideY + ky - top, toX = x * strideX + kx - left;
            if (toY < 0 || toY >= outHeight || toX < 0 || toX >= outWidth) continue;
            const to = (toY * outWidth + toX) * channels;
            for (let i = 0; i < channels; i++) output[to + i] += products[from + i];
          }
  };

  const rectify = (places, channels, slope, values, scale, offset) => {
    for (let place = 0; place < places; place++)
      for (let i = 0, at = place * channels; i < channels; i++, at++) {
        const value = values[at] * scale[i] + offset[i];
        values[at] = value > 0 ? value : value * slope;
      }
  };

  const { fourier } = audiogan;

  const transform = (length, size, from, to, { circle, chirp, answer }) => {
    if (length === size) return fourier(size, from, to, circle);
    for (let i = 0; i < 2 * length; i += 2) turn(from, i, chirp[i], chirp[i + 1]);
    from.fill(0, 2 * length);
    const spectrum = fourier(size, from, to, circle);
    for (let i = 0; i < 2 * size; i += 2) {
      turn(spectrum, i, answer[i], answer[i + 1]);
      exchange(spectrum, i);
    }
    const back = fourier(size, spectrum, spectrum === from ? to : from, circle);
    for (let i = 0; i < 2 * length; i += 2) {
      exchange(back, i);
      turn(back, i, chirp[i], chirp[i + 1]);
    }
    return back;
  };

  const turn = (numbers, at, re, im) => {
    const before = numbers[at];
    numbers[at] = before * re - numbers[at + 1] * im;
    numbers[at + 1] = before * im + numbers[at + 1] * re;
  };

  const exchange = (numbers, at) => {
    [numbers[at], numbers[at + 1]] = [numbers[at + 1], numbers[at]];
  };

  /** Take apart what kernel.c takes as one array. */
  const split = (tables, length, size) => ({
    circle: tables.subarray(0, size),
    window: tables.subarray(size, size + length),
    chirp: tables.subarray(size + length, size + 3 * length),
    answer: tables.subarray(size + 3 * length),
  });

  /** Two frames make one complex transform; kernel.c does eight at once. */
  const synthesise = (
    frames, length, size, hop, columns, magnitudes, angles, gain, sound, tables, work,
  ) => {
    const parts = split(tables, length, size);
    const block = (length / 2 + 1) * frames;
    const [here, there] = [work.subarray(0, 2 * size), work.subarray(2 * size, 4 * size)];
    sound.fill(0, 0, hop * columns);
    for (let frame = 0; frame < frames; frame += 2) {
      for (let bin = 0, at = frame; 2 * bin <= length; bin++, at += frames) {
        const real = bin === 0 || 2 * bin === length ? 0 : 1;
        const aRe = magnitudes[at] * angles[at], aIm = real * magnitudes[at] * angles[at + block];
        const bRe = magnitudes[at + 1] * angles[at + 1];
        const bIm = real * magnitudes[at + 1] * angles[at + 1 + block];
        const low = 2 * bin, high = 2 * (length - bin);
        here[low] = aIm + bRe;
        here[low + 1] = aRe - bIm;
        if (bin) {
          here[high] = bRe - aIm;
          here[high + 1] = aRe + bIm;
        }
      }
      const samples = transform(length, size, here, there, parts);
      for (let i = 0, row = 0, shift = frame; i < length; i++, row++) {
        if (row === hop) [row, shift] = [0, shift + 1];
        const to = row * columns + shift;
        const weight = parts.window[i] / length;
        sound[to] += weight * samples[2 * i + 1];
        sound[to + 1] += weight * samples[2 * i];
      }
    }
    for (let i = 0; i < hop * columns; i++) sound[i] *= gain[i];
  };

  const analyse = (
    frames, length, size, hop, columns, momentum, sound, angles, tables, work,
  ) => {
    const parts = split(tables, length, size);
    const block = (length / 2 + 1) * frames;
    const [here, there] = [work.subarray(0, 2 * size), work.subarray(2 * size, 4 * size)];
    const keep = (to, re, im) => {
      const aheadRe = re + momentum * (re - angles[to + 2 * block]);
      const aheadIm = im + momentum * (im - angles[to + 3 * block]);
      const long = Math.sqrt(aheadRe * aheadRe + aheadIm * aheadIm) + 1e-12;
      angles[to] = aheadRe / long;
      angles[to + block] = aheadIm / long;
      angles[to + 2 * block] = re;
      angles[to + 3 * block] = im;
    };
    for (let frame = 0; frame < frames; frame += 2) {
      for (let i = 0, row = 0, shift = frame; i < length; i++, row++) {
        if (row === hop) [row, shift] = [0, shift + 1];
        const from = row * columns + shift;
        here[2 * i] = parts.window[i] * sound[from];
        here[2 * i + 1] = parts.window[i] * sound[from + 1];
      }
      const spectrum = transform(length, size, here, there, parts);
      for (let bin = 0, to = frame; 2 * bin <= length; bin++, to += frames) {
        const low = 2 * bin, high = bin ? 2 * (length - bin) : 0;
        const re = spectrum[low], im = spectrum[low + 1];
        const otherRe = spectrum[high], otherIm = spectrum[high + 1];
        keep(to, (re + otherRe) / 2, (im - otherIm) / 2);
        keep(to + 1, (im + otherIm) / 2, (otherRe - re) / 2);
      }
    }
  };

  /** @param {number} count @returns {Kernel} */
  audiogan.openPlainKernel = (count) => ({
    name: "JavaScript",
    floats: audiogan.handOut(new ArrayBuffer(4 * count), 0),
    ...{ multiply, spread, rectify, synthesise, analyse },
  });
}
