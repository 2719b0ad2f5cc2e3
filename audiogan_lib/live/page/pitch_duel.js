// Two networks fight: the GAN of pitches of `audiogan_lib.widgets`, trained in the page and heard.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { INK, animate, button, draws, element, menu, picture, row, slider, status, still } = audiogan.kit;
  const UNITS = 16;
  const BATCH = 32;
  const SPREAD = 0.12;
  const MIDDLE_HZ = 440;
  const RATE = 8000;
  /** @type {Record<number, number[]>} */
  const KINDS = { 1: [0.5], 2: [-1, 1], 3: [-1.2, 0, 1.2] };
  const HEALTHY = { generator_rate: 0.002, discriminator_rate: 0.004, r1: 0.3, noise: 0.1 };
  const BROKEN = { generator_rate: 0.01, discriminator_rate: 0.001, r1: 0, noise: 0 };
  // Where the weights of a network begin: input, its bias, between, its bias, output, its bias.
  const [B1, W2, B2, W3, B3, ALL] = [16, 32, 288, 304, 320, 321];
  const REACHES = [[B1, 2], [W2, 2], [B2, 0.4], [W3, 0], [B3, 0.4], [ALL, 0]];

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
      [this.sums, this.mean, this.square] = [0, 1, 2].map(() => new Float64Array(ALL));
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
    /** @param {typeof HEALTHY & {kinds: number, seed: number}} options */
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

  /** Tones one after the other, a fifth of a second each. @param {number[]} pitches */
  function tones(pitches) {
    const length = RATE / 5;
    const sound = new Float32Array(length * pitches.length);
    pitches.forEach((pitch, k) => {
      const turn = (2 * Math.PI * MIDDLE_HZ * 2 ** Math.max(-3, Math.min(3, pitch))) / RATE;
      for (let i = 0; i < length; i++) {
        sound[k * length + i] = 0.5 * Math.min(1, i / 80, (length - i) / 200) * Math.sin(turn * i);
      }
    });
    return sound;
  }

  /** @param {Game} game */
  function verdict(game) {
    const made = game.made();
    const parts = KINDS[game.settings.kinds].map((place) => {
      const near = made.filter((pitch) => Math.abs(pitch - place) < 0.4).length / made.length;
      return `${Math.round(100 * near)} % near ${Math.round(MIDDLE_HZ * 2 ** place)} Hz`;
    });
    return `Step ${game.step}. Generated: ${parts.join(", ")}.`;
  }

  /** @param {typeof HEALTHY & {kinds: number, seed: number}} options */
  audiogan.controls["pitch-duel"] = function (options) {
    let running = false;
    let { seed } = options;
    const kinds = [1, 2, 3].map((count) => [count, `${count}`]);
    /** @type {Record<string, any>} */
    const knobs = {
      kinds: menu("recorded pitches", kinds, options.kinds, update),
      generator_rate: slider("generator's rate", options.generator_rate, [0, 0.02, 0.001], update),
      discriminator_rate: slider("discriminator's rate", options.discriminator_rate, [0, 0.02, 0.001], update),
      r1: slider("R1", options.r1, [0, 2, 0.1], update),
      noise: slider("instance noise", options.noise, [0, 0.5, 0.05], update),
    };
    const settings = () => {
      const set = Object.entries(knobs).map(([name, knob]) => [name, knob.value]);
      return { ...Object.fromEntries(set), seed };
    };
    let game = new Game(settings());
    const line = status();
    const portrait = picture(220, (brush, width, height) => draw(brush, width, height, game));
    const run = button("Run", () => { running ? pause() : start(); });

    function update() {
      game.settings = settings();
      portrait.redraw();
      line.say(verdict(game));
    }

    /** @param {number} steps */
    function play(steps) {
      for (let i = 0; i < steps; i++) game.play();
      update();
    }

    function pause() {
      running = false;
      run.textContent = "Run";
    }

    function start() {
      if (running) return;
      running = true;
      run.textContent = "Pause";
      animate(() => {
        if (running) for (let i = 0; i < 10; i++) game.play();
        if (!still() || game.step % 300 === 0) update();
        return running;
      });
    }

    /** @param {Record<string, number>} values */
    function set(values) {
      for (const [name, value] of Object.entries(values)) knobs[name].value = value;
      update();
    }

    function begin() {
      seed += 1;
      game = new Game(settings());
      update();
    }

    /** @type {(pitches: number[]) => void} */
    const listen = (pitches) => audiogan.play(tones(pitches), RATE);
    play(0);
    const buttons = row(
      run,
      button("Step", () => { pause(); play(1); }),
      button("Begin again", () => { pause(); begin(); }),
      button("Make it collapse", () => { set(BROKEN); begin(); start(); }),
      button("Usual settings", () => set(HEALTHY)),
      button("Listen to recorded", () => listen(game.recorded(6, draws(game.step + 7)))),
      button("Listen to generated", () => listen([3, 40, 77, 114, 151, 188].map((i) => game.made()[i]))),
    );
    const key = "Filled: recorded; outlined: generated; dotted: how much the discriminator believes.";
    return [portrait.element, element("small", {}, key), buttons, line.element,
      row(...Object.values(knobs).map((knob) => knob.element))];
  };

  /**
   * Draw recorded and generated pitches as histograms, and the belief over them.
   * @type {(brush: CanvasRenderingContext2D, width: number, height: number, game: Game) => string}
   */
  function draw(brush, width, height, game) {
    const [low, high, bins, floor] = [-2.5, 2.5, 50, height - 20];
    /** @param {number} pitch */
    const across = (pitch) => ((pitch - low) / (high - low)) * width;
    for (const octave of [-2, -1, 0, 1, 2]) {
      brush.fillText(`${MIDDLE_HZ * 2 ** octave} Hz`, across(octave) - 20, height - 4);
      brush.fillRect(across(octave), floor, 1, 4);
    }
    const sets = /** @type {[number[], string][]} */ ([
      [game.recorded(2000, draws(5)), INK.real], [game.made(), INK.fake],
    ]);
    sets.forEach(([pitches, colour], which) => {
      const counts = new Array(bins).fill(0);
      for (const pitch of pitches) counts[Math.floor(((pitch - low) / (high - low)) * bins)] += 1;
      brush.fillStyle = brush.strokeStyle = colour;
      brush.lineWidth = 2;
      counts.forEach((count, i) => {
        const tall = Math.min(1, (2.5 * count) / pitches.length) * (floor - 20);
        const bar = /** @type {const} */ ([(i * width) / bins, floor - tall, width / bins, tall]);
        if (!count) return;
        brush.globalAlpha = 0.5;
        if (!which) brush.fillRect(...bar);
        brush.globalAlpha = 1;
        if (which) brush.strokeRect(...bar);
      });
    });
    brush.strokeStyle = INK.other;
    brush.setLineDash([2, 3]);
    brush.beginPath();
    for (let x = 0; x <= width; x += 4) {
      const belief = expit(game.discriminator.answer(low + ((high - low) * x) / width).value);
      brush.lineTo(x, 20 + (1 - belief) * (floor - 20));
    }
    brush.stroke();
    brush.setLineDash([]);
    brush.fillStyle = INK.axis;
    brush.fillText(`step ${game.step}`, 2, 12);
    return `Histograms of pitch. ${verdict(game)}`;
  }

  audiogan.pitch = { Game, tones };
})((globalThis.audiogan ??= {}));
