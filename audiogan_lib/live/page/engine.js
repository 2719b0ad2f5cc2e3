// A generator in the page: from a latent and classes to sound.

{
  /**
   * What audiogan_lib.live.export writes of a generator.
   * @typedef {Object} Plan
   * @property {number} sample_rate in Hz
   * @property {number} samples of a sound
   * @property {number} latent_dim
   * @property {{name: string, title: string, classes: string[]}[]} conditions
   * @property {?number} table weights that have one row for each class, all conditions in turn
   * @property {Object[]} operations
   * @property {{at: number, count: number, type: string}[]} weights where they lie, in bytes
   * @property {Object} codec
   */

  /** Numbers as they are, or the upper halves of numbers whose lower halves are zero. */
  const numbers = (bytes, { at, count, type }) => {
    const { buffer } = bytes, start = bytes.byteOffset + at;
    if (type === "float32") return new Float32Array(buffer, start, count);
    const halves = new Uint16Array(buffer, start, count);
    const words = new Uint32Array(count);
    for (let i = 0; i < count; i++) words[i] = halves[i] << 16;
    return new Float32Array(words.buffer);
  };

  /** Panels of eight columns, as `multiply` in kernel.c takes them. */
  const setPanels = (panels, matrix, depth, columns) => {
    for (let column = 0; column < columns; column++) {
      const to = (column & ~7) * depth + (column & 7);
      for (let i = 0; i < depth; i++) panels[to + 8 * i] = matrix[i * columns + column];
    }
  };

  /**
   * Arrays for each operation. Convolutions read zeros before and after their input, so each
   * output has as many at both ends as any of them reads.
   */
  const arraysOf = (plan, floats) => {
    const pad = Math.max(...plan.operations.map(({ reach }) => Math.max(0, ...(reach ?? []))));
    const padded = (count) => floats(count + 2 * pad).subarray(pad, pad + count);
    const width = plan.operations[0].depth ?? plan.operations[0].channels;
    let last = padded(width);
    const vector = last;
    const steps = plan.operations.map((operation) => {
      const step = { ...operation, input: last };
      if (operation.op === "multiply") {
        step.panels = floats(8 * Math.ceil(operation.columns / 8) * operation.depth);
        step.output = padded(operation.rows * operation.columns);
      } else if (operation.op === "spread") {
        const [height, width] = operation.to;
        step.output = padded(height * width * operation.channels);
      } else if (operation.op === "swap") {
        step.output = padded(operation.shape.reduce((a, b) => a * b));
      } else if (operation.op === "rectify") {
        step.scale = floats(operation.channels);
        step.offset = floats(operation.channels);
      }
      last = step.output ?? last; // the others change what they get
      return step;
    });
    return { vector, steps, drawn: last, codec: audiogan.decoders[plan.codec.kind].arrays(plan.codec, floats) };
  };

  const setWeights = (plan, steps, bytes) => {
    const weights = plan.weights.map((place) => numbers(bytes, place));
    for (const step of steps) {
      if (step.op === "multiply")
        setPanels(step.panels, weights[step.kernel], step.depth, step.columns);
      if (step.op !== "rectify") continue;
      const factors = step.factors === null ? null : weights[step.factors];
      if (factors) step.scale.set(factors);
      else step.scale.fill(1);
      if (step.shifts !== null) step.offset.set(weights[step.shifts]);
    }
    return weights;
  };

  /** From `before` numbers before an array on. */
  const from = (array, before) => new Float32Array(array.buffer, array.byteOffset - 4 * before);

  const run = {
    multiply: (kernel, { rows, step, depth, columns, reach, input, panels, output }) =>
      kernel.multiply(rows, step, depth, columns, from(input, reach[0]), panels, output),
    spread: (kernel, { map, kernel: sides, strides, crop, to, channels, input, output }) =>
      kernel.spread(...map, ...sides, ...strides, ...crop, ...to, channels, input, output),
    rectify: (kernel, { places, channels, slope, input, scale, offset }) =>
      kernel.rectify(places, channels, slope, input, scale, offset),
    /** Exchange the two middle ones of four axes. */
    swap: (_, { shape: [a, b, c, d], input, output }) => {
      for (let i = 0, to = 0; i < a; i++)
        for (let k = 0; k < c; k++)
          for (let j = 0; j < b; j++)
            for (let l = 0; l < d; l++) output[to++] = input[((i * b + j) * c + k) * d + l];
    },
    pixel_norm: (_, { places, channels, input }) => {
      for (let start = 0; start < places * channels; start += channels) {
        const pixel = input.subarray(start, start + channels);
        const power = pixel.reduce((sum, value) => sum + value * value, 0) / channels;
        const factor = 1 / Math.sqrt(power + 1e-8);
        for (let i = 0; i < channels; i++) pixel[i] *= factor;
      }
    },
    tanh: (_, { count, input }) => {
      for (let i = 0; i < count; i++) input[i] = Math.tanh(input[i]);
    },
  };

  /** A generator that is ready to make sound. */
  class Generator {
    constructor(plan, weights, kernel, arrays) {
      this.plan = plan;
      this.kernel = kernel;
      this.arrays = arrays;
      this.weights = setWeights(plan, arrays.steps, weights);
      this.decode = audiogan.decoders[plan.codec.kind].open(plan.codec, arrays.codec, kernel);
    }

    /**
     * What the network draws: levels, or the waveform itself. The array is the same each time.
     * @param {ArrayLike<number>} latent
     * @param {number[]} classes one for each condition
     * @returns {Float32Array}
     */
    draw(latent, classes) {
      const { vector, steps, drawn } = this.arrays;
      vector.fill(0);
      vector.set(latent);
      let row = 0;
      this.plan.conditions.forEach(({ classes: names }, condition) => {
        const width = vector.length - this.plan.latent_dim;
        const start = (row + classes[condition]) * width;
        for (let i = 0; i < width; i++)
          vector[this.plan.latent_dim + i] +=
            this.weights[this.plan.table][start + i];
        row += names.length;
      });
      for (const step of steps) run[step.op](this.kernel, step);
      return drawn;
    }

    /**
     * @param {ArrayLike<number>} latent
     * @param {number[]} classes
     * @returns {Float32Array} samples in [-1, 1], a new array
     */
    sound(latent, classes) {
      const label = this.plan.conditions.findIndex(({ name }) => name === "label");
      return this.decode(this.draw(latent, classes), classes[label]);
    }
  }

  /**
   * @param {{plan: Plan, weights: string}} script what a generator's script brought
   * @param {(count: number) => Promise<Kernel>} openKernel
   * @returns {Promise<Generator>}
   */
  audiogan.openGenerator = async ({ plan, weights }, openKernel = audiogan.openKernel) => {
    let count = 0;
    arraysOf(plan, (more) => {
      count += more;
      return new Float32Array(0);
    });
    const kernel = await openKernel(count);
    return new Generator(plan, audiogan.fromBase64(weights), kernel, arraysOf(plan, kernel.floats));
  };

  const open = /** @type {any} */ ({});

  /**
   * Open a generator by name, once a page; only then its script is fetched, or again if that failed.
   * @param {string} name
   * @returns {Promise<Generator>}
   */
  audiogan.load = (name) => (open[name] ??= opened(name).catch((error) => {
    open[name] = null;
    throw error;
  }));

  const opened = async (name) => {
    if (!audiogan.generators[name]) await audiogan.bring(`weights-${name}.js`);
    const { windows } = audiogan.generators[name].plan.codec; // of any length
    if (windows && !audiogan.fourier) await audiogan.bring("fourier.js");
    return audiogan.openGenerator(audiogan.generators[name]);
  };
}
