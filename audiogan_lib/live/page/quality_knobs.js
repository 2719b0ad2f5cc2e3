// Knobs named after what one hears, as audiogan_lib.latents.QualityKnobs.

{
  const numbers = (text) => new Float32Array(audiogan.fromBase64(text).buffer);
  const product = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

  /** Solve equations, each row with its right side last. */
  const solve = (rows) => {
    for (const [i, pivot] of rows.entries())
      for (const [j, row] of rows.entries()) {
        const factor = row[i] / pivot[i];
        if (i !== j) row.forEach((_, k) => { row[k] -= factor * pivot[k]; });
      }
    return rows.map((row, i) => row.at(-1) / row[i]);
  };

  /** Open a generator's knobs: from latent to latent. */
  audiogan.qualityKnobs = ({ starts, table, layers, rounds, damping }) => {
    const rows = numbers(table);
    const parts = layers.map(({ kernel, bias }) => [numbers(kernel), numbers(bias)]);

    /** Qualities, and their slopes. */
    const predict = (latent, classes) => {
      const inputs = [];
      let values = latent;
      parts.forEach(([kernel, bias], layer) => {
        const { length } = bias;
        const input = (inputs[layer] = layer ? values.map(Math.tanh) : values);
        values = Float64Array.from(bias, (start, column) =>
          input.reduce((sum, value, row) => sum + value * kernel[row * length + column], start),
        );
        if (layer) return;
        for (const [condition, start] of starts.entries())
          values.forEach((_, i) => { values[i] += rows[(start + classes[condition]) * length + i]; });
      });
      const back = (slope, [kernel], layer) =>
        inputs[layer].map((value, row) => {
          const sum = product(slope, kernel.subarray(row * slope.length));
          return layer ? sum * (1 - value * value) : sum;
        });
      const one = (_, quality) => values.map((_, i) => +(i === quality));
      return [values, Array.from(values, one).map((slope) => parts.reduceRight(back, slope))];
    };

    return (from, classes, positions) => {
      const latent = Float64Array.from(from);
      const length = Math.hypot(...latent);
      const wanted = predict(latent, classes)[0].map((value, i) => value + positions[i]);
      for (let round = 0; round < rounds; round++) {
        const [values, slopes] = predict(latent, classes);
        const damped = slopes.map((a, i) => [
          ...slopes.map((b, j) => product(a, b) + (i === j ? damping : 0)),
          wanted[i] - values[i],
        ]);
        for (const [k, step] of solve(damped).entries())
          latent.forEach((_, i) => { latent[i] += step * slopes[k][i]; });
        const factor = length / Math.hypot(...latent);
        latent.forEach((_, i) => { latent[i] *= factor; });
      }
      return Float32Array.from(latent);
    };
  };
}
