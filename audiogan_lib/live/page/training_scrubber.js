// The training theatre: along a run, what the same latents sounded like, under the run's losses and alarms.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { INK, button, menu, picture, row, slider, status } = audiogan.kit;
  const COLOURS = [INK.real, INK.fake, INK.other];

  /**
   * @typedef {{steps: number[], labels: string[], sample_rate: number,
   *   losses: Record<string, number[]>, alarms: Record<string, string>}} Run
   */

  /** @type {(run: Run, players: {file: () => ArrayBuffer}[]) => Node[]} */
  audiogan.controls["training-scrubber"] = function (run, players) {
    const { steps, labels, sample_rate: rate, losses, alarms } = run;
    const last = steps.length - 1;
    const which = menu("sound", labels.map((label, i) => [i, label]), 0, () => look(true));
    const at = slider("look", last, [0, last, 1], () => look(true));
    const line = status();
    const curves = picture(Object.keys(losses).length ? 130 : 44, draw);

    /** The sound of a look, read from its rendered player. @param {number} place */
    const sound = (place) =>
      audiogan.read(players[which.value * steps.length + place].file(), rate);

    const verdict = () => {
      const step = steps[at.value];
      return `Step ${step.toLocaleString("en")}: ${labels[which.value]}. ` +
        (step in alarms ? `Alarms: ${alarms[step] || "none"}.` : "");
    };

    /** @param {boolean} aloud */
    function look(aloud) {
      curves.redraw();
      line.say(verdict());
      if (aloud) audiogan.play(sound(at.value), rate);
    }

    /** All looks one after the other. */
    async function all() {
      const sounds = await Promise.all(steps.map((_, place) => sound(place)));
      const joined = new Float32Array(sounds.reduce((sum, each) => sum + each.length, 0));
      let begins = 0;
      for (const each of sounds) {
        joined.set(each, begins);
        begins += each.length;
      }
      return joined;
    }

    /** @type {(brush: CanvasRenderingContext2D, width: number, height: number) => string} */
    function draw(brush, width, height) {
      const floor = height - 22;
      const all = Object.values(losses).flat().filter((value) => value !== null);
      const [low, high] = [Math.min(0, ...all), Math.max(...all)];
      /** @param {number} step */
      const across = (step) => 8 + ((width - 16) * step) / (steps[last] || 1);
      Object.entries(losses).forEach(([name, values], i) => {
        brush.strokeStyle = brush.fillStyle = COLOURS[i % COLOURS.length];
        brush.fillText(name, 12 + 120 * i, 12);
        brush.beginPath();
        values.forEach((value, k) => {
          if (value === null) return; // not a finite number
          const step = (steps[last] * (k + 1)) / values.length;
          brush.lineTo(across(step), floor - ((value - low) / (high - low)) * (floor - 20));
        });
        brush.stroke();
      });
      steps.forEach((step, place) => {
        brush.fillStyle = alarms[step] ? INK.fake : INK.axis;
        const now = place === at.value;
        brush.fillRect(across(step) - (now ? 1 : 0), now ? 16 : floor - 6, now ? 3 : 1, now ? floor - 16 : 6);
        brush.fillText(alarms[step] ? "!" : "\u00b7", across(step) - 2, floor + 14);
      });
      return `Losses along the run: ${Object.keys(losses).join(", ") || "none kept"}. ${verdict()}`;
    }

    look(false);
    return [
      curves.element,
      row(at.element, which.element, button("Play", () => look(true)), button("Play all looks", () => audiogan.play(all(), rate))),
      line.element,
    ];
  };
})((globalThis.audiogan ??= {}));
