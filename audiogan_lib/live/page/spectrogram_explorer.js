// The spectrogram explorer: a sound under many windows, and what is left of it without its phase.
// A reader's own sound stays in the browser.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { animate, button, draws, element, intake, menu, picture, row, slider, status } = audiogan.kit;
  const { convergence, griffinLim, levels, magnitudes, stft } = audiogan.spectral;
  const LONGEST_S = 3;
  const ROUNDS = 60;

  /** @typedef {Float64Array} Row */

  /** Put zeros before and after a sound. @type {(sound: ArrayLike<number>, zeros: number) => Float64Array} */
  function padded(sound, zeros) {
    const longer = new Float64Array(sound.length + 2 * zeros);
    longer.set(sound, zeros);
    return longer;
  }

  /**
   * Paint levels into a part of a picture.
   * @type {(brush: CanvasRenderingContext2D, drawn: {levels: Row, rows: number}, floor: number, box: [number, number, number, number]) => void}
   */
  function paint(brush, drawn, floor, box) {
    const columns = drawn.levels.length / drawn.rows;
    const sheet = element("canvas", { width: columns, height: drawn.rows });
    const own = sheet.getContext("2d");
    const image = own.createImageData(columns, drawn.rows);
    const pixels = new Uint32Array(image.data.buffer);
    drawn.levels.forEach((level, i) => {
      const at = (drawn.rows - 1 - (i % drawn.rows)) * columns + Math.floor(i / drawn.rows);
      pixels[at] = audiogan.shades[Math.round(255 * Math.max(0, Math.min(1, 1 - level / floor)))];
    });
    own.putImageData(image, 0, 0);
    brush.drawImage(sheet, ...box);
  }

  /** @type {(options: {sample_rate: number}, players: {name: string, file: () => ArrayBuffer}[]) => Node[]} */
  audiogan.controls["spectrogram-explorer"] = function ({ sample_rate: rate }, players) {
    /** @type {{name: string, samples: Float32Array}} */
    let chosen = { name: "", samples: new Float32Array(0) };
    /** @type {Float32Array | undefined} */
    let inverted;
    let asked = 0;
    let taking = Promise.resolve();
    let turns = 0;
    const sizes = [64, 128, 256, 512, 1024, 2048, 4096].map((n) => [n, `${n}`]);
    const scales = [[0, "linear"], ...[20, 40, 80, 128].map((n) => [n, `${n} mel bands`])];
    const which = menu("sound", players.map((player) => [player, player.name]), players[0], choose);
    const size = menu("window (samples)", sizes, 512, update);
    const hops = menu("hop", [2, 4, 8, 16].map((n) => [n, `window / ${n}`]), 4, update);
    const scale = menu("frequency", scales, 0, () => portrait.redraw());
    const floor = slider("lowest level (dB)", -80, [-120, -20, 5], () => portrait.redraw());
    const line = status();
    const portrait = picture(240, draw);

    function update() {
      inverted = undefined;
      asked += 1;
      portrait.redraw();
      const [n, hop] = [size.value, size.value / hops.value];
      line.say(`${chosen.name}: windows of ${((1000 * n) / rate).toFixed(0)} ms every ` +
        `${((1000 * hop) / rate).toFixed(1)} ms, frequencies ${(rate / n).toFixed(1)} Hz apart.`);
    }

    /** Take a sound, unless another was chosen meanwhile. @type {(name: string, file: ArrayBuffer | Promise<ArrayBuffer>) => Promise<void>} */
    async function read(name, file) {
      const mine = ++turns;
      try {
        const samples = (await audiogan.read(await file, rate)).slice(0, LONGEST_S * rate);
        if (mine !== turns) return;
        chosen = { name, samples };
        update();
      } catch {
        if (mine === turns) line.say(`${name} is no sound that this browser can read.`);
      }
    }

    /** @type {(name: string, file: ArrayBuffer | Promise<ArrayBuffer>) => Promise<void>} */
    function take(name, file) { return (taking = read(name, file)); }

    function choose() { take(which.value.name, which.value.file()); }

    /** @type {(brush: CanvasRenderingContext2D, width: number, height: number) => string} */
    function draw(brush, width, height) {
      if (!chosen.samples.length) return "No sound yet.";
      const [n, tall] = [size.value, height - 36];
      const sounds = [chosen.samples, ...(inverted ? [inverted] : [])];
      sounds.forEach((sound, i) => {
        const wide = (width - 8 * (sounds.length - 1)) / sounds.length;
        const found = levels(padded(sound, n / 2), rate, n, n / hops.value, scale.value);
        paint(brush, found, floor.value, [i * (wide + 8), 18, wide, tall]);
        brush.fillText(["original", "from magnitudes alone"][i], i * (wide + 8), 12);
      });
      const text = `0 to ${(chosen.samples.length / rate).toFixed(2)} s across, 0 to ${rate / 2} Hz upward`;
      brush.fillText(text, 0, height - 4);
      return `Spectrogram of ${chosen.name}, ${text}.`;
    }

    /** Do something with the sound that was chosen last. @type {(use: () => void) => () => Promise<void>} */
    function once(use) {
      return () => {
        audiogan.wake();
        return taking.then(use);
      };
    }

    function invert() {
      if (inverted) return hear(inverted);
      const mine = asked;
      const [n, hop, sound] = [size.value, size.value / hops.value, chosen.samples];
      const wanted = magnitudes(stft(padded(sound, n), n, hop));
      const draw = draws(1);
      const work = griffinLim(wanted, wanted.map(() => 2 * Math.PI * draw()), n, hop, ROUNDS);
      animate(() => {
        if (mine !== asked) return false;
        const late = performance.now() + 20;
        while (performance.now() < late) {
          const { done, value } = work.next();
          if (!done) continue;
          const found = magnitudes(stft(/** @type {Row} */ (value), n, hop));
          inverted = Float32Array.from(/** @type {Row} */ (value).subarray(n, n + sound.length));
          line.say(`After ${ROUNDS} rounds of Griffin and Lim the magnitudes are ` +
            `${convergence(found, wanted).toFixed(1)} dB from the wanted ones.`);
          portrait.redraw();
          hear(inverted);
          return false;
        }
        return true;
      });
    }

    /** Play at the level that original and inverted sound share. @param {Float32Array} samples */
    function hear(samples) {
      const gain = audiogan.headroom(chosen.samples, inverted ?? chosen.samples);
      audiogan.play(samples, rate, gain);
    }

    const own = intake({ seconds: 2, take, say: line.say });
    choose();
    return [
      portrait.element,
      row(
        button("Listen to the original", once(() => hear(chosen.samples))),
        button("Listen without phase", once(invert)),
        ...own.buttons,
      ),
      row(...[which, size, hops, scale, floor].map((knob) => knob.element), own.drop),
      line.element,
      element("small", {}, "Your sound stays in this browser."),
    ];
  };
})((globalThis.audiogan ??= {}));
