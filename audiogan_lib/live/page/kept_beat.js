// What is kept of a beat: a sound, a MIDI file, a link. Loaded when one is asked for.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { BARS, RANGES, SIGNS, STEPS, VELOCITIES, place, struck } = audiogan.rhythm;
  const TICKS = 120; // of MIDI to a step

  const bytes = (number, count) =>
    Array.from({ length: count }, (_, i) => (number >> (8 * (count - 1 - i))) & 255);

  /** Seven bits a byte, of which all but the last have the highest bit set. */
  const variable = (number) => {
    const groups = [number & 127];
    while ((number >>= 7)) groups.unshift(128 | (number & 127));
    return groups;
  };

  /** A MIDI file, as `music.write_midi` writes it. @type {(beat: any) => Uint8Array} */
  const midi = (beat) => {
    const events = beat.voices.flatMap((voice) => {
      const steps = struck(beat, voice);
      const ticks = steps.map((step) => Math.round(TICKS * place(step, beat.swing)));
      return ticks.flatMap((tick, i) => [
        [tick, 1, 0x99, voice.key, VELOCITIES[voice.steps[steps[i]]]],
        // A key is let go before it is struck again.
        [Math.min(tick + TICKS, ticks[i + 1] ?? Infinity), 0, 0x89, voice.key, 64],
      ]);
    });
    events.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[3] - b[3]);
    const track = [0, 0xff, 0x51, 3, ...bytes(Math.round(6e7 / beat.tempo), 3)];
    let now = 0;
    for (const [tick, , ...message] of events) {
      track.push(...variable(tick - now), ...message);
      now = tick;
    }
    track.push(0, 0xff, 0x2f, 0);
    const [header, name] = ["MThd", "MTrk"].map((word) => [...word].map((letter) => letter.charCodeAt(0)));
    return Uint8Array.from([
      ...header, ...[0, 0, 0, 6, 0, 0, 0, 1], ...bytes(4 * TICKS, 2), ...name, ...bytes(track.length, 4), ...track,
    ]);
  };

  /** What stands behind the # of a link to a beat; `live.read_beat` reads it, too. @param {any} beat */
  const write = (beat) => {
    const said = new URLSearchParams({ beat: [beat.generator, beat.tempo, beat.swing, beat.bars].join("~") });
    const owns = []; // by which Python finds the sounds that the page came with
    for (const { label, own, steps, seed, level, tune, vary } of beat.voices) {
      const signs = steps.slice(0, STEPS * beat.bars).map((step) => SIGNS[step]).join("");
      if (!signs.match(/x/i)) continue;
      said.append("voice", [signs, seed, level, tune, vary, label].join("~"));
      owns.push(own);
    }
    said.set("own", owns.join("~"));
    return `#${said}`;
  };

  /**
   * Set a beat to what a link says; false, and nothing set, if the link is to no beat or damaged.
   * @param {string} fragment
   * @param {any} beat
   */
  const read = (fragment, beat) => {
    const said = new URLSearchParams(fragment.slice(1));
    const [generator, ...rest] = (said.get("beat") ?? "").split("~");
    const numbers = (names, texts) => {
      const values = names.map((name, i) => [name, Number(texts[i] || NaN)]);
      const right = values.every(([name, value]) =>
        Number.isInteger(value) && value >= RANGES[name][0] && value <= RANGES[name][1]);
      return right ? Object.fromEntries(values) : null;
    };
    const whole = numbers(["tempo", "swing", "bars"], rest);
    if (generator !== beat.generator || !whole) return false;
    const heard = new Map();
    for (const text of said.getAll("voice")) {
      const [signs, ...parts] = text.split("~");
      const knobs = numbers(["seed", "level", "tune", "vary"], parts);
      if (!knobs || signs.length !== STEPS * whole.bars || /[^.xX]/.test(signs)) return false;
      const steps = Array.from({ length: STEPS * BARS }, (_, i) => SIGNS.indexOf(signs[i] ?? "."));
      heard.set(parts.slice(4).join("~"), { ...knobs, steps });
    }
    Object.assign(beat, whole);
    for (const voice of beat.voices)
      Object.assign(voice, heard.get(voice.label) ?? { steps: new Array(STEPS * BARS).fill(0) });
    return true;
  };

  const score = (beat) => audiogan.save(midi(beat), `${beat.generator}-beat.mid`, "audio/midi");

  const sound = async (beat, _, mixed, rate) => {
    const samples = await mixed();
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
    audiogan.save(audiogan.wav(samples.map((sample) => sample / peak), rate), `${beat.generator}-beat.wav`, "audio/wav");
  };

  const link = async (beat, line) => {
    history.replaceState(null, "", write(beat));
    line.say("The address of this page now leads to this beat.");
    const said = () => line.say("The link to this beat is copied.");
    navigator.clipboard?.writeText(location.href).then(said, () => {}); // or the address has it
  };

  audiogan.beatKept = { link, midi, read, score, sound, write };
})((globalThis.audiogan ??= {}));
