// Two networks fight: the GAN of pitches, trained in the page, seen and heard.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { INK, animate, button, draws, element, menu, picture, row, slider, status, still } = audiogan.kit;
  const { Game, KINDS, MIDDLE_HZ, expit } = audiogan.pitch;
  const RATE = 8000;
  const HEALTHY = { generator_rate: 0.002, discriminator_rate: 0.004, r1: 0.3, noise: 0.1 };
  const BROKEN = { generator_rate: 0.01, discriminator_rate: 0.001, r1: 0, noise: 0 };

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
    const parts = KINDS[game.settings.kinds].map((/** @type {number} */ place) => {
      const near = made.filter((/** @type {number} */ pitch) => Math.abs(pitch - place) < 0.4).length / made.length;
      return `${Math.round(100 * near)} % near ${Math.round(MIDDLE_HZ * 2 ** place)} Hz`;
    });
    return `Step ${game.step}. Generated: ${parts.join(", ")}.`;
  }

  /** @param {any} options */
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
    const portrait = picture(220, (/** @type {[any, number, number]} */ ...paper) => draw(...paper, game));
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
        if (!still() || game.step % 300 < 10) update();
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
    return [portrait.element, element("small", {}, key), buttons,
      row(...Object.values(knobs).map((knob) => knob.element)), line.element];
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

  audiogan.pitch.tones = tones;
})((globalThis.audiogan ??= {}));
