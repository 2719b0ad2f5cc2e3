// A small WaveGAN that learns in the page: what `audiogan_lib.widgets.WaveGame` plays, number for number.
"use strict";

(function (/** @type {any} */ audiogan) {
  const BATCH = 16;

  /**
   * A worker is given the text of this function, too.
   * @param {any} networks What `wave_networks.js` makes.
   * @param {(seed: number) => () => number} draws
   * @param {number} batch
   */
  function waves({ Discriminator, Generator, LATENT, SAMPLES, normal }, draws, batch) {
    const RATE = 4000;
    const KEPT = 2 * batch; // clips that are heard and counted
    const TONES_HZ = [200, 500];
    const DECAY = 250; // samples to 1/e
    const HASTE = 2; // how much faster the discriminator learns
    const AVERAGE = 0.99; // of the generator's weights, for the one that is heard
    const LIKE = 0.6; // share of the energy that makes a clip one of its kind

    /** @typedef {Float64Array} Row */
    /** @typedef {{r1: number, rate: number, seed: number, sound?: number[] | null}} Settings */

    /** @type {(score: number) => number} */
    const expit = (score) => 1 / (1 + Math.exp(-score));
    /** @type {(score: number) => number} */
    const softplus = (score) => Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score)));
    /** @type {(a: ArrayLike<number>, b: ArrayLike<number>) => number} */
    const product = (a, b) => {
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
      return sum;
    };

    /** A tone that dies away; `turn` is where it begins. @type {(hz: number, turn?: number) => Row} */
    const tone = (hz, turn = 0) => new Float64Array(SAMPLES).map(
      (_, i) => Math.exp(-i / DECAY) * Math.sin(((2 * Math.PI * hz) / RATE) * i + turn));

    /** A reader's sound, as long as a clip. @type {(sound: number[]) => Row} */
    const fitted = (sound) => new Float64Array(SAMPLES).map((_, i) => sound[i] ?? 0);

    /** The game; its rates and penalty may be changed while it is played. */
    class Game {
      /** @param {Settings} settings */
      constructor(settings) {
        this.settings = settings;
        this.draw = draws(settings.seed);
        this.generator = new Generator(this.draw);
        this.discriminator = new Discriminator(this.draw);
        this.average = this.generator.joints.map((/** @type {any} */ joint) => joint.w.slice());
        const own = draws(1);
        this.latents = Array.from({ length: KEPT * LATENT }, () => normal(own));
        this.kinds = settings.sound
          ? [[fitted(settings.sound)]]
          : TONES_HZ.map((hz) => [tone(hz), tone(hz, Math.PI / 2)]);
        this.step = 0;
        this.losses = [0, 0];
      }

      /** One recorded clip. @type {(draw?: () => number) => Row} */
      recorded(draw = this.draw) {
        const [which, pitch, gain] = [draw(), draw(), 0.6 + 0.3 * draw()];
        const { sound } = this.settings;
        const hz = TONES_HZ[which < 0.5 ? 0 : 1] * (1 + 0.01 * (pitch - 0.5));
        return (sound ? fitted(sound) : tone(hz)).map((value) => gain * value);
      }

      /** Clips of the average generator, always of the same latents. @returns {Row[]} */
      made() {
        const { joints } = this.generator;
        const own = joints.map((/** @type {any} */ joint) => joint.w);
        joints.forEach((/** @type {any} */ joint, /** @type {number} */ i) => { joint.w = this.average[i]; });
        const clips = [];
        for (let next = 0; next < this.latents.length;) {
          const { data, stride, at } = this.generator.make(() => this.latents[next++]);
          for (let b = 0; b < batch; b++) clips.push(data.slice(b * stride + at, b * stride + at + SAMPLES));
        }
        joints.forEach((/** @type {any} */ joint, /** @type {number} */ i) => { joint.w = own[i]; });
        return clips;
      }

      /** The share of clips, not silent, that each kind of recording has most of the energy of. @param {Row[]} clips */
      shares(clips) {
        return this.kinds.map((kind) => clips.filter((clip) => {
          const energy = product(clip, clip);
          const alike = kind.map((each) => product(clip, each) ** 2 / product(each, each));
          return energy > 1 && alike.reduce((sum, each) => sum + each) > LIKE * energy;
        }).length / clips.length);
      }

      /** One step of each player, the discriminator first: the non-saturating loss, with R1. */
      play() {
        const { discriminator, draw, generator, settings: { r1, rate } } = this;
        const seen = discriminator.kept[0];
        const invented = () => seen.data.set(generator.make(() => normal(draw)).data);
        this.step += 1;
        this.losses = [0, 0];
        /** @type {(whose: number, sign: number) => (clip: number) => number} */
        const judge = (whose, sign) => {
          const scores = discriminator.answer();
          for (const score of scores) this.losses[whose] += softplus(sign * score) / batch;
          return (b) => (sign * expit(sign * scores[b])) / batch;
        };
        for (let b = 0; b < batch; b++) seen.data.set(this.recorded(), b * seen.stride + seen.at);
        discriminator.teach(judge(0, -1), r1 / batch);
        invented();
        discriminator.teach(judge(0, 1));
        for (const joint of discriminator.joints) joint.learn(HASTE * rate, this.step);
        invented();
        const weight = judge(1, -1);
        const { data, stride } = discriminator.back[0];
        generator.back[0].data.set(data.map((/** @type {number} */ slope, /** @type {number} */ i) =>
          slope * weight(Math.floor(i / stride))));
        generator.teach();
        generator.joints.forEach((/** @type {any} */ joint, /** @type {number} */ i) => {
          joint.learn(rate, this.step);
          const average = this.average[i];
          for (let k = 0; k < average.length; k++) average[k] += (1 - AVERAGE) * (joint.w[k] - average[k]);
        });
      }
    }

    /** Play so many steps, or begin; tell what came of it. @type {(game: Game, steps: number) => object} */
    function report(game, steps) {
      const losses = [];
      for (let i = 0; i < steps; i++) {
        game.play();
        losses.push(game.losses);
      }
      const clips = game.made();
      return { step: game.step, losses, clips, shares: game.shares(clips) };
    }

    return { Game, RATE, SAMPLES, TONES_HZ, report };
  }

  /** What a worker does: it holds the game, so that the page stays quick. @param {any} game @param {any} scope */
  function serve({ Game, report }, scope) {
    /** @type {any} */
    let game = null;
    scope.onmessage = (/** @type {MessageEvent} */ { data: { settings, steps, anew } }) => {
      if (anew) game = new Game(settings);
      game.settings = settings;
      scope.postMessage(report(game, steps));
    };
  }

  const { draws } = audiogan.kit;
  const text = `(${waves})((${audiogan.waveNetworks})(${BATCH}), ${draws}, ${BATCH})`;
  audiogan.waves = {
    ...waves(audiogan.waveNetworks(BATCH), draws, BATCH),
    /** A worker from text: no browser takes one from a file that was opened from disk. */
    worker() {
      const script = new Blob([`(${serve})(${text}, self)`]);
      return new Worker(URL.createObjectURL(script));
    },
  };
})((globalThis.audiogan ??= {}));
