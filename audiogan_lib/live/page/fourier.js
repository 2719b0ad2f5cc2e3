// The fast Fourier transform, of arrays in which real and imaginary parts take turns.

globalThis.audiogan ??= {}; // what the page's scripts share

{
  /**
   * As in kernel.c, of one transform; both arrays are overwritten.
   * @param {number} size a power of two
   * @param {Float32Array | Float64Array} from
   * @param {Float32Array | Float64Array} to as long
   * @param {Float32Array | Float64Array} circle see below
   * @returns {Float32Array | Float64Array} the one of both that has the result
   */
  audiogan.fourier = (size, from, to, circle) => {
    let points = size, step = 1;
    for (; points >= 4; points /= 4, step *= 4) {
      const apart = (step * points) / 2;
      for (let p = 0; p < points / 4; p++) {
        const one = 2 * step * p, two = 2 * one;
        const c1 = circle[one], s1 = circle[one + 1], c2 = circle[two], s2 = circle[two + 1];
        const c3 = c1 * c2 - s1 * s2, s3 = c1 * s2 + s1 * c2;
        for (let q = 0; q < 2 * step; q += 2) {
          const a = one + q, b = a + apart, c = b + apart, d = c + apart;
          const evenRe = from[a] + from[c], evenIm = from[a + 1] + from[c + 1];
          const restRe = from[a] - from[c], restIm = from[a + 1] - from[c + 1];
          const oddRe = from[b] + from[d], oddIm = from[b + 1] + from[d + 1];
          const turnRe = from[b + 1] - from[d + 1], turnIm = from[d] - from[b];
          const w = 4 * one + q, x = w + 2 * step, y = x + 2 * step, z = y + 2 * step;
          to[w] = evenRe + oddRe;
          to[w + 1] = evenIm + oddIm;
          let re = restRe + turnRe, im = restIm + turnIm;
          to[x] = re * c1 + im * s1;
          to[x + 1] = im * c1 - re * s1;
          re = evenRe - oddRe;
          im = evenIm - oddIm;
          to[y] = re * c2 + im * s2;
          to[y + 1] = im * c2 - re * s2;
          re = restRe - turnRe;
          im = restIm - turnIm;
          to[z] = re * c3 + im * s3;
          to[z + 1] = im * c3 - re * s3;
        }
      }
      const other = from;
      from = to;
      to = other;
    }
    if (points === 1) return from;
    for (let q = 0; q < 2 * step; q++) {
      to[q] = from[q] + from[q + 2 * step];
      to[q + 2 * step] = from[q] - from[q + 2 * step];
    }
    return to;
  };

  /** @type {Map<number, Float64Array>} */
  const circles = new Map();

  /** Cosines and sines of half a turn in `size / 2` steps. @param {number} size */
  audiogan.circle = (size) => {
    if (!circles.has(size)) {
      const angle = (/** @type {number} */ i) => (2 * Math.PI * (i >> 1)) / size;
      const numbers = Float64Array.from({ length: size }, (_, i) =>
        i % 2 ? Math.sin(angle(i)) : Math.cos(angle(i)),
      );
      circles.set(size, numbers);
    }
    return circles.get(size);
  };
}
