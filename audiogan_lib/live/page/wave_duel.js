// A small WaveGAN learns in the page: two tones, or a sound of the reader's own.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { INK, button, draws, element, intake, picture, row, slider, status } = audiogan.kit;
  const { Game, RATE, SAMPLES, TONES_HZ } = audiogan.waves;
  const HEARD = 6;
  const STEPS = 10; // that the worker takes at a time
  const ALOUD = 50; // steps between sounds while it learns

  /** @typedef {ArrayLike<number>} Row */
  /** @typedef {{step: number, losses: [number, number][], clips: Row[], shares: number[]}} Report */

  /** Clips one after the other. @param {Row[]} clips */
  function joined(clips) {
    const sound = new Float32Array(SAMPLES * clips.length);
    clips.forEach((clip, i) => { sound.set(clip, i * SAMPLES); });
    return sound;
  }

  /** A sound from where it begins, at most as loud as a clip. @param {Float32Array} samples */
  function fitted(samples) {
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const begins = samples.findIndex((sample) => Math.abs(sample) > 0.1 * peak);
    const first = Math.max(0, begins - 20);
    return peak && Array.from(samples.slice(first, first + SAMPLES), (sample) => sample / peak);
  }

  /** @param {any} options */
  audiogan.controls["wave-duel"] = function (options) {
    let { seed, sound } = options;
    /** @type {Worker | null} */
    let worker = null;
    let [running, busy, anew] = [false, false, true];
    let turns = 0;
    /** @type {[number, number][]} */
    let losses = [];
    /** @type {Report} */
    let last = { step: 0, losses: [], clips: [], shares: [] };
    const knob = slider("R1", options.r1, [0, 20, 0.5], () => {});
    const aloud = element("input", { type: "checkbox" });
    const line = status();
    const curves = picture(110, drawLosses);
    const waves = picture(140, drawWaves);
    const run = button("Run", () => { running ? pause() : start(); });
    const settings = () => ({ r1: knob.value, rate: options.rate, seed, sound });
    const recorded = () => {
      const [game, draw] = [new Game({ ...settings(), seed: 0 }), draws(7)];
      return Array.from({ length: HEARD }, () => game.recorded(draw));
    };
    let examples = recorded();

    /** Ask the worker for steps; it answers with a report. @param {number} steps */
    function ask(steps) {
      if (busy) return;
      const hand = (worker ??= audiogan.waves.worker());
      busy = true;
      hand.onmessage = ({ data }) => { busy = false; take(data); };
      hand.postMessage({ settings: settings(), steps, anew });
      anew = false;
    }

    /** @param {Report} report */
    function take(report) {
      if (anew) return ask(0); // of a game that is over
      losses.push(...report.losses);
      last = report;
      curves.redraw();
      waves.redraw();
      line.say(verdict());
      if (!running) return;
      if (aloud.checked && report.step % ALOUD < report.losses.length) listen(report.clips);
      ask(STEPS);
    }

    function verdict() {
      const kinds = sound ? ["your sound"] : TONES_HZ.map((/** @type {number} */ hz) => `${hz} Hz`);
      const told = last.shares.map((share, i) => `${Math.round(100 * share)} % ${kinds[i]}`);
      return `Step ${last.step}. Generated: ${told.join(", ")}.`;
    }

    function pause() {
      running = false;
      run.textContent = "Run";
    }

    function start() {
      audiogan.wake();
      running = true;
      run.textContent = "Pause";
      ask(STEPS);
    }

    function begin() {
      anew = true;
      losses = [];
      examples = recorded();
      ask(0);
    }

    /** @param {Row[]} clips */
    function listen(clips) {
      if (clips.length) audiogan.play(joined(clips.slice(0, HEARD)), RATE);
      else line.say("There is none yet: press Run or Step.");
    }

    /** Learn from a sound, unless another was chosen meanwhile. @type {(name: string, file: Promise<ArrayBuffer>) => Promise<void>} */
    async function learn(name, file) {
      const mine = ++turns;
      try {
        const found = fitted(await audiogan.read(await file, RATE));
        if (mine !== turns) return;
        if (!found) return line.say(`${name} is silent.`);
        sound = found;
        begin();
      } catch {
        if (mine === turns) line.say(`${name} is no sound that this browser can read.`);
      }
    }

    /** @type {(brush: CanvasRenderingContext2D, width: number, height: number) => string} */
    function drawLosses(brush, width, height) {
      const most = 4;
      const names = ["discriminator's loss", "generator's loss"];
      names.forEach((name, which) => {
        brush.strokeStyle = brush.fillStyle = [INK.real, INK.fake][which];
        brush.fillText(name, 4 + 150 * which, 12);
        brush.beginPath();
        losses.forEach((pair, i) => {
          const up = Math.min(1, pair[which] / most) * (height - 20);
          brush.lineTo((i / Math.max(300, losses.length)) * width, height - 2 - up);
        });
        brush.stroke();
      });
      brush.fillStyle = INK.axis;
      brush.fillRect(0, height - 1, width, 1);
      const [d, g] = losses[losses.length - 1] ?? [NaN, NaN];
      return losses.length
        ? `Losses over ${losses.length} steps: discriminator ${d.toFixed(2)}, generator ${g.toFixed(2)}.`
        : "Losses: nothing was learnt yet.";
    }

    /** @type {(brush: CanvasRenderingContext2D, width: number, height: number) => string} */
    function drawWaves(brush, width, height) {
      const rows = /** @type {[string, string, Row[]][]} */ ([
        ["recorded", INK.real, examples], ["generated", INK.fake, last.clips.slice(0, HEARD)],
      ]);
      rows.forEach(([name, colour, clips], i) => {
        const [samples, middle] = [joined(clips), ((i + 0.6) * height) / 2];
        brush.fillStyle = colour;
        brush.fillText(name, 4, (i * height) / 2 + 12);
        for (let x = 0; x < width && samples.length; x++) {
          const part = samples.subarray((x * samples.length) / width, ((x + 1) * samples.length) / width + 1);
          const [low, high] = [Math.min(...part), Math.max(...part)];
          brush.fillRect(x, middle - (high * height) / 5, 1, 1 + ((high - low) * height) / 5);
        }
      });
      return `Waveforms of ${HEARD} recorded clips and of ${HEARD} generated. ${verdict()}`;
    }

    const own = intake({ seconds: 1, take: learn, say: line.say });
    line.say("Press Run: a small WaveGAN learns the two tones in about a minute.");
    return [
      curves.element,
      waves.element,
      row(
        run,
        button("Step", () => { pause(); ask(1); }),
        button("Begin again", () => { seed += 1; begin(); }),
        button("Listen to recorded", () => listen(examples)),
        button("Listen to generated", () => listen(last.clips)),
        ...own.buttons,
        button("Two tones", () => { turns += 1; sound = null; begin(); }),
      ),
      row(knob.element, own.drop, element("label", {}, aloud, " listen as it learns")),
      line.element,
      element("small", {}, "A clip has a quarter of a second. Your sound stays in this browser."),
    ];
  };
})((globalThis.audiogan ??= {}));
