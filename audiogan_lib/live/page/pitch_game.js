// A GAN of pitches: what `audiogan_lib.widgets.PitchGame` plays, number for number.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { draws } = audiogan.kit;
  const UNITS = 16;
  const BATCH = 32;
  const SPREAD = 0.12;
  const MIDDLE_HZ = 440;
  /** @type {Record<number, number[]>} */
  const KINDS = { 1: [0.5], 2: [-1, 1], 3: [-1.2, 0, 1.2] };
  // Where the weights of a network begin: input, its bias, between, its bias, output, its bias.
  const [B1, W2, B2, W3, B3, ALL] = [16, 32, 288, 304, 320, 321];
  const REACHES = [[B1, 2], [W2, 2], [B2, 0.4], [W3, 0], [B3, 0.4], [ALL, 0]];

  /**
   * @typedef {{kinds: number, generator_rate: number, discriminator_rate: number, r1: number,
   *   noise: number, seed: number}} Settings
   */
  /** @typedef {() => number} Draw */
  /** @typedef {{value: number, slope: number, x: number, kept: Float64Array[]}} Answer */

  /** @param {number} score */
  const expit = (score) => 1 / (1 + Math.exp(-score));

  const zeros = () => new Float64Array(UNITS);

  /** By Box and Muller's formula. @type {(draw: Draw, count: number) => number[]} */
  const normal = (draw, count) => Array.from({ length: count },
    () => Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw()));

  /** A function from a number to a number, with two hidden layers, that learns by Adam. */
  class Network {
    /** @param {Draw} draw */
    constructor(draw) {
      this.w = new Float64Array(ALL);
      this.sums = new Float64Array(ALL);
      this.mean = new Float64Array(ALL);
      this.square = new Float64Array(ALL);
      // Room for the answers of a batch: made anew, they would cost more than the arithmetic.
      this.rooms = Array.from({ length: BATCH }, () => [zeros(), zeros(), zeros(), zeros(), zeros()]);
      this.back = [zeros(), zeros()];
      this.steps = 0;
      let i = 0;
      for (const [end, reach] of REACHES) while (i < end) this.w[i++] = reach * (2 * draw() - 1);
    }

    /**
     * Its value and slope at a place, and what `teach` needs, kept in a room until the next answer there.
     * @type {(x: number, room?: number) => Answer}
     */
    answer(x, room = 0) {
      const { w } = this;
      const kept = this.rooms[room];
      const [h1, d1, h2, a2, d2] = kept;
      let [value, slope] = [w[B3], 0];
      for (let i = 0; i < UNITS; i++) {
        h1[i] = Math.tanh(w[i] * x + w[B1 + i]);
        d1[i] = (1 - h1[i] ** 2) * w[i];
      }
      for (let j = 0; j < UNITS; j++) {
        let [sum, tilt] = [w[B2 + j], 0];
        for (let i = 0, k = W2 + j; i < UNITS; i++, k += UNITS) {
          sum += h1[i] * w[k];
          tilt += d1[i] * w[k];
        }
        a2[j] = tilt;
        h2[j] = Math.tanh(sum);
        d2[j] = (1 - h2[j] ** 2) * a2[j];
        value += h2[j] * w[W3 + j];
        slope += d2[j] * w[W3 + j];
      }
      return { value, slope, x, kept };
    }

    /**
     * Add to the sums the derivatives by the weights, given those by value and by slope.
     * @type {(answer: Answer, value: number, slope: number) => void}
     */
    teach({ x, kept: [h1, d1, h2, a2, d2] }, value, slope) {
      const { w, sums } = this;
      const [to1, toD1] = this.back;
      to1.fill(0);
      toD1.fill(0);
      sums[B3] += value;
      for (let j = 0; j < UNITS; j++) {
        sums[W3 + j] += h2[j] * value + d2[j] * slope;
        const bend = 1 - h2[j] ** 2;
        const toD2 = slope * w[W3 + j];
        const to2 = (value * w[W3 + j] - 2 * toD2 * h2[j] * a2[j]) * bend;
        sums[B2 + j] += to2;
        for (let i = 0; i < UNITS; i++) {
          const k = W2 + UNITS * i + j;
          sums[k] += h1[i] * to2 + d1[i] * toD2 * bend;
          to1[i] += to2 * w[k];
          toD1[i] += toD2 * bend * w[k];
        }
      }
      for (let i = 0; i < UNITS; i++) {
        const bend = 1 - h1[i] ** 2;
        const to = (to1[i] - 2 * toD1[i] * h1[i] * w[i]) * bend;
        sums[i] += x * to + toD1[i] * bend;
        sums[B1 + i] += to;
      }
    }

    /** Take one step of Adam along the sums, and forget them. @param {number} rate */
    learn(rate) {
      this.steps += 1;
      const [first, second] = [1 - 0.5 ** this.steps, 1 - 0.99 ** this.steps];
      for (let i = 0; i < ALL; i++) {
        this.mean[i] += 0.5 * (this.sums[i] - this.mean[i]);
        this.square[i] += (1 - 0.99) * (this.sums[i] ** 2 - this.square[i]);
        this.w[i] -= (rate * this.mean[i]) / first / (Math.sqrt(this.square[i] / second) + 1e-8);
      }
      this.sums.fill(0);
    }
  }

  /** The game; its settings may be changed while it is played. */
  class Game {
    /** @param {Settings} options */
    constructor(options) {
      this.settings = options;
      this.draw = draws(options.seed);
      this.generator = new Network(this.draw);
      this.discriminator = new Network(this.draw);
      this.latents = normal(draws(1), 200);
      this.step = 0;
    }

    /** Pitches in octaves above the middle. @type {(count: number, draw?: Draw) => number[]} */
    recorded(count, draw = this.draw) {
      const places = KINDS[this.settings.kinds];
      const which = Array.from({ length: count }, () => Math.floor(draw() * places.length));
      return normal(draw, count).map((value, i) => places[which[i]] + SPREAD * value);
    }

    made() {
      return this.latents.map((latent) => this.generator.answer(latent).value);
    }

    /** @param {number[]} pitches */
    seen(pitches) {
      return normal(this.draw, BATCH).map((value, i) => pitches[i] + this.settings.noise * value);
    }

    play() {
      const { generator, discriminator, settings } = this;
      for (const pitch of this.seen(this.recorded(BATCH))) {
        const answer = discriminator.answer(pitch);
        discriminator.teach(answer, -expit(-answer.value) / BATCH, (settings.r1 * answer.slope) / BATCH);
      }
      const fakes = normal(this.draw, BATCH).map((latent) => generator.answer(latent).value);
      for (const pitch of this.seen(fakes)) {
        const answer = discriminator.answer(pitch);
        discriminator.teach(answer, expit(answer.value) / BATCH, 0);
      }
      discriminator.learn(settings.discriminator_rate);
      const answers = normal(this.draw, BATCH).map((latent, i) => generator.answer(latent, i));
      this.seen(answers.map((answer) => answer.value)).forEach((pitch, i) => {
        const { value, slope } = discriminator.answer(pitch);
        generator.teach(answers[i], (-expit(-value) * slope) / BATCH, 0);
      });
      generator.learn(settings.generator_rate);
      this.step += 1;
    }
  }

  audiogan.pitch = { Game, KINDS, MIDDLE_HZ, expit };
})((globalThis.audiogan ??= {}));
