// The loss playground: the Dirac-GAN of `audiogan_lib.widgets.DiracGAN`, step by step, seen and heard.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { INK, animate, button, menu, picture, row, slider, status, still } = audiogan.kit;
  const RATE = 8000;
  const SAMPLES = 10000;
  const RECORDING_HZ = 220;
  const REACH = 2.2; // of the picture
  const FARTHEST = 1e6;

  /**
   * @typedef {{loss: string, r1: number, gradient_penalty: number, penalty_every: number,
   *   clip_weights: number, rate: number, alternating: boolean}} Game
   * @typedef {[number, number]} Pair Theta and phi.
   */

  /** @param {number} score */
  const expit = (score) => 1 / (1 + Math.exp(-score));

  /**
   * For each loss the score at a draw, and the derivatives of both losses by a generated score.
   * @type {Record<string, [number, (score: number) => number, (score: number) => number]>}
   */
  const SLOPES = {
    minimax: [0, expit, (score) => -expit(score)],
    non_saturating: [0, expit, (score) => -expit(-score)],
    least_squares: [0.5, (score) => 2 * score, (score) => 2 * (score - 1)],
    hinge: [0, (score) => (score > -1 ? 1 : 0), () => -1],
    wasserstein: [0, () => 1, () => -1],
    relativistic_average: [0, (score) => 2 * expit(score), (score) => -2 * expit(-score)],
    relativistic_pairing: [0, expit, (score) => -expit(-score)],
  };

  /** @type {(value: number, most: number) => number} */
  const clip = (value, most) => Math.max(-most, Math.min(most, value));

  /** @type {(game: Game, theta: number, phi: number, weight?: number) => Pair} */
  function flow(game, theta, phi, weight = 1) {
    const [level, fake, generator] = SLOPES[game.loss];
    const score = level + phi * theta;
    let push = fake(score) * theta + weight * game.r1 * phi;
    push += weight * 2 * game.gradient_penalty * (Math.abs(phi) - 1) * Math.sign(phi);
    return [-generator(score) * phi, -push];
  }

  /** @type {(game: Game, steps: number, start: Pair) => Pair[]} */
  function trajectory(game, steps, start) {
    const path = [start];
    for (let step = 0; step < steps; step++) {
      const [theta, phi] = path[step];
      const weight = step % game.penalty_every ? 0 : game.penalty_every;
      let next = phi + game.rate * flow(game, theta, phi, weight)[1];
      if (game.clip_weights) next = clip(next, game.clip_weights);
      const moved = theta + game.rate * flow(game, theta, game.alternating ? next : phi)[0];
      path.push([clip(moved, FARTHEST), clip(next, FARTHEST)]);
    }
    return path;
  }

  /** By how much the distance from the goal grows in a step near it. @param {Game} game */
  function growth(game) {
    const [level, fake, generator] = SLOPES[game.loss];
    const to = -game.rate * fake(level);
    const back = -game.rate * generator(level);
    let [a, b, c, d] = [1, 0, 0, 1];
    for (let step = 0; step < game.penalty_every; step++) {
      const stay = 1 - game.rate * (step ? 0 : game.penalty_every) * game.r1;
      const alone = game.alternating ? 1 + back * to : 1;
      const other = game.alternating ? back * stay : back;
      [a, b, c, d] = [alone * a + other * c, alone * b + other * d, to * a + stay * c, to * b + stay * d];
    }
    const half = (a + d) / 2;
    const square = half * half - (a * d - b * c);
    const modulus = square < 0 ? Math.sqrt(a * d - b * c) : Math.abs(half) + Math.sqrt(square);
    return modulus ** (1 / game.penalty_every);
  }

  /** A steady tone, and one that lies theta octaves above it. @param {Pair[]} path */
  function tones(path) {
    const sound = new Float32Array(SAMPLES);
    let [recorded, generated] = [0, 0];
    for (let i = 0; i < SAMPLES; i++) {
      const place = (i * (path.length - 1)) / (SAMPLES - 1);
      const before = Math.min(Math.floor(place), path.length - 1);
      const after = Math.min(before + 1, path.length - 1);
      const [from, to] = [clip(path[before][0], 2), clip(path[after][0], 2)];
      recorded += 1;
      generated += 2 ** (from + (place - before) * (to - from));
      const turn = (2 * Math.PI * RECORDING_HZ) / RATE;
      const fade = Math.min(1, Math.min(i, SAMPLES - 1 - i) / 80);
      sound[i] = 0.3 * fade * (Math.sin(turn * recorded) + Math.sin(turn * generated));
    }
    return sound;
  }

  /** @type {(game: Game, path: Pair[]) => string} */
  function verdict(game, path) {
    const [first, last] = [path[0], path[path.length - 1]].map((pair) => Math.hypot(...pair));
    const told = `After ${path.length - 1} steps the distance from the goal is ` +
      `${+last.toPrecision(3)}; it was ${first.toFixed(2)}.`;
    if (game.gradient_penalty) return `With a gradient penalty the goal is no rest point. ${told}`;
    const times = growth(game);
    let fate = times > 1 ? "it leaves" : "it comes to rest";
    if (Math.abs(times - 1) <= 1e-9) fate = "the matrix leaves it open";
    return `Near the goal times ${times.toFixed(4)} a step: ${fate}. ${told}`;
  }

  /**
   * @param {Game & {steps: number, theta: number}} options
   * @returns {Node[]}
   */
  audiogan.controls["loss-playground"] = function (options) {
    let taken = options.steps;
    let running = false;
    /** @type {Pair[]} */
    let path;
    const losses = Object.keys(SLOPES).map((name) => [name, name.replaceAll("_", " ")]);
    const orders = [[true, "discriminator first"], [false, "simultaneously"]];
    /** @type {Record<string, any>} */
    const knobs = {
      loss: menu("loss", losses, options.loss, update),
      alternating: menu("order", orders, options.alternating, update),
      rate: slider("learning rate", options.rate, [0.01, 1, 0.01], update),
      r1: slider("R1", options.r1, [0, 4, 0.05], update),
      penalty_every: slider("penalty every", options.penalty_every, [1, 64, 1], update),
      gradient_penalty: slider("gradient penalty", options.gradient_penalty, [0, 4, 0.05], update),
      clip_weights: slider("clip weights", options.clip_weights, [0, 2, 0.05], update),
    };
    const theta = slider("start at theta", options.theta, [-2, 2, 0.05], update);
    const line = status();
    const portrait = picture(320, draw);
    const run = button("Run", () => { running ? pause() : start(); });

    const game = () =>
      /** @type {Game} */ (Object.fromEntries(Object.entries(knobs).map(([name, knob]) => [name, knob.value])));

    function update() {
      path = trajectory(game(), options.steps, [theta.value, 0]);
      portrait.redraw();
      line.say(verdict(game(), path.slice(0, taken + 1)));
    }

    /** @param {number} steps */
    function show(steps) {
      taken = Math.min(steps, options.steps);
      update();
    }

    function pause() {
      running = false;
      run.textContent = "Run";
    }

    function start() {
      if (taken === options.steps) show(0);
      if (still()) return show(options.steps);
      running = true;
      run.textContent = "Pause";
      animate(() => {
        if (running) show(taken + 1);
        if (taken === options.steps) pause();
        return running;
      });
    }

    /** @type {(brush: CanvasRenderingContext2D, width: number, height: number) => string} */
    function draw(brush, width, height) {
      const unit = height / (2 * REACH + 0.4);
      /** @type {(x: number, y: number) => Pair} */
      const place = (x, y) => [width / 2 + unit * x, height / 2 - unit * y];
      field(brush, place, game());
      brush.fillText("phi, upward", ...place(-REACH, REACH));
      brush.fillText("theta, to the right", ...place(0.6, -REACH - 0.1));
      brush.fillText(`step ${taken}`, 2, height - 4);
      const shown = path.slice(0, taken + 1).map(([x, y]) => place(clip(x, 9), clip(y, 9)));
      brush.strokeStyle = brush.fillStyle = INK.real;
      brush.beginPath();
      for (const point of shown) brush.lineTo(...point);
      brush.stroke();
      for (const [x, y] of shown) brush.fillRect(x - 1.5, y - 1.5, 3, 3);
      for (const [[x, y], colour] of [[shown[0], INK.fake], [shown[shown.length - 1], INK.real]]) {
        brush.fillStyle = /** @type {string} */ (colour);
        brush.beginPath();
        brush.arc(+x, +y, 5, 0, 7);
        brush.fill();
      }
      return `Phase portrait, theta to the right, phi upward, the goal in the middle. ${verdict(game(), path.slice(0, taken + 1))}`;
    }

    update();
    const buttons = row(
      run,
      button("Step", () => { pause(); show(taken === options.steps ? 1 : taken + 1); }),
      button("Reset", () => { pause(); show(0); }),
      button("Listen", () => audiogan.play(tones(path.slice(0, taken + 1)), RATE)),
    );
    const rows = row(...Object.values(knobs).map((knob) => knob.element), theta.element);
    return [portrait.element, buttons, rows, line.element];
  };

  /**
   * Draw where the game leads from everywhere: directions alone, for lengths differ too much.
   * @param {CanvasRenderingContext2D} brush
   * @param {(x: number, y: number) => Pair} place
   * @param {Game} game
   */
  function field(brush, place, game) {
    brush.beginPath();
    for (let x = -1.96; x < 2; x += 0.28) {
      for (let y = -1.96; y < 2; y += 0.28) {
        if (game.clip_weights && Math.abs(y) > game.clip_weights) continue;
        const [east, north] = flow(game, x, y);
        const length = Math.hypot(east, north) / 0.2;
        if (!length) continue;
        const [dx, dy] = [east / length, north / length];
        brush.moveTo(...place(x, y));
        brush.lineTo(...place(x + dx, y + dy));
        brush.lineTo(...place(x + dx * 0.6 - dy * 0.25, y + dy * 0.6 + dx * 0.25));
      }
    }
    brush.moveTo(...place(-0.1, 0));
    brush.lineTo(...place(0.1, 0));
    brush.moveTo(...place(0, -0.1));
    brush.lineTo(...place(0, 0.1));
    brush.stroke();
  }

  audiogan.dirac = { flow, trajectory, growth, tones };
})((globalThis.audiogan ??= {}));
