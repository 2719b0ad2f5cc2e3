// A beat apart from its buttons: when its steps fall, and what it is as a loop.
"use strict";

(function (/** @type {any} */ audiogan) {
  /**
   * A drum: its steps are 0 (silent), 1 (a hit) or 2 (an accent); of seed 0 is the sound that the
   * page came with: `start` is its latent, of Python's seed `own`; `key` is that of MIDI.
   * @typedef {{label: string, key: number, own: number, start: Float32Array, steps: number[],
   *   seed: number, level: number, tune: number, vary: number}} Voice
   * @typedef {{generator: string, tempo: number, swing: number, bars: number, voices: Voice[]}} Beat
   */
  const [STEPS, BARS, VARIATIONS] = [16, 4, 4];
  const SIGNS = ".xX";
  const VELOCITIES = [0, 100, 127]; // as MIDI has them; loudness goes by their square

  /** Lowest, highest and step of each knob. @type {Record<string, [number, number, number]>} */
  const RANGES = {
    tempo: [40, 240, 1], swing: [50, 75, 1], bars: [1, BARS, 1],
    seed: [0, 2 ** 31, 1], level: [-24, 6, 1], tune: [-12, 12, 1], vary: [0, 90, 5],
  };

  /** Where a step falls, in steps: swing says in per cent where the second of a pair parts it. */
  const place = (step, swing) => step + (step % 2) * (swing / 50 - 1);

  /** When steps fall: each is counted from one moment, so that no errors add up. */
  class Clock {
    /** For a beat, followed as it changes, and the time of its first step. */
    constructor(beat, time) {
      this.beat = beat;
      this.time = time;
      this.tempo = beat.tempo;
      this.origin = this.step = 0;
    }

    /** The steps before a time that were not given yet, each with its own. */
    due(until) {
      const { beat, step, origin } = this;
      if (beat.tempo !== this.tempo) {
        // What was given stays; from the next step on there is a new pace.
        this.time += ((step - origin) * 15) / this.tempo;
        [this.origin, this.tempo] = [step, beat.tempo];
      }
      const found = [];
      for (;;) {
        const steps = place(this.step, beat.swing) - this.origin;
        const time = this.time + (steps * 15) / this.tempo;
        if (time >= until) return found;
        found.push([this.step++, time]);
      }
    }
  }

  /** The steps at which a voice is struck. @type {(beat: Beat, voice: Voice) => number[]} */
  const struck = ({ bars }, { steps }) =>
    [...steps.keys()].filter((step) => step < STEPS * bars && steps[step]);

  /** The gain of a voice at a step. @type {(voice: Voice, step: number) => number} */
  const gain = ({ level, steps }, step) => 10 ** (level / 20) * (VELOCITIES[steps[step]] / 100) ** 2;

  /** Which of a voice's sounds the hit at a step has: they take turns. */
  const turn = ({ steps }, step) => steps.slice(0, step).filter(Boolean).length % VARIATIONS;

  /**
   * The latents of a voice: its own and, where it varies, others at that angle to it. They are as
   * likely: of normal numbers z and e, "cos z + sin e" is normal.
   * @type {(voice: Voice) => Float32Array[]}
   */
  const latents = ({ start, seed, vary }) => {
    const { draws, normals } = audiogan.kit;
    const own = seed ? normals(start.length, draws(seed)) : start;
    const [cos, sin] = [Math.cos, Math.sin].map((part) => part((vary * Math.PI) / 180));
    const others = Array.from({ length: vary ? VARIATIONS - 1 : 0 }, (_, i) => {
      const turned = normals(start.length, draws(1e6 * (i + 1) + seed));
      return own.map((value, j) => cos * value + sin * turned[j]);
    });
    return [own, ...others];
  };

  /**
   * All bars as one loop, as `widgets.Beat.loop` mixes it: what rings at the end goes on at the
   * start. It may exceed 1.
   * @param {Beat} beat
   * @param {(voice: Voice, step: number) => ArrayLike<number>} sound
   * @param {number} rate
   */
  const loop = (beat, sound, rate) => {
    const at = (steps) => Math.round(((steps * 15) / beat.tempo) * rate);
    const mixed = new Float32Array(at(STEPS * beat.bars));
    for (const voice of beat.voices)
      for (const step of struck(beat, voice)) {
        const [samples, louder] = [sound(voice, step), gain(voice, step)];
        for (let i = 0, to = at(place(step, beat.swing)); i < samples.length; i++) {
          mixed[to] += louder * samples[i];
          if (++to === mixed.length) to = 0;
        }
      }
    return mixed;
  };

  audiogan.rhythm = { BARS, Clock, RANGES, SIGNS, STEPS, VELOCITIES, gain, latents, loop, place, struck, turn };
})((globalThis.audiogan ??= {}));
