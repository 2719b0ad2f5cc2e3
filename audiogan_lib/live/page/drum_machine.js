// The live face of widgets.DrumMachine: a beat that plays while it is written.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { button, element, menu, once, row, slider, status, still } = audiogan.kit;
  const { BARS, Clock, RANGES, SIGNS, STEPS, gain, latents, loop, struck, turn } = audiogan.rhythm;
  const [AHEAD_S, EVERY_MS] = [0.15, 40]; // early, since pages are busy
  const WORDS = ["silent", "hit", "accent"];
  /** Rows and columns that a key moves. */
  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  audiogan.controls["drum-machine"] = function ({ generator, rate, tempo, drums }) {
    const voices = drums.map(({ label, key, start, own, steps }) => ({
      label, key, own, name: label.replaceAll("_", " "), start: new Float32Array(audiogan.fromBase64(start).buffer),
      steps: Array.from({ length: STEPS * BARS }, (_, i) => SIGNS.indexOf(steps[i] ?? ".")),
      seed: 0, level: 0, tune: 0, vary: 0,
    }));
    const beat = { generator, tempo, swing: 50, bars: 1, voices };
    let [chosen, bar, marked] = [voices[0], 0, -1];
    /** @type {any} What plays: its clock, its timer, its gain. */
    let running = null;
    const line = status();

    /** Have the sounds of a voice for its knobs, unless one is turned. */
    async function prepare(voice) {
      const mine = (voice.made ??= make(voice));
      const sounds = await mine;
      return voice.made === mine && (voice.sounds = sounds);
    }

    async function make(voice) {
      const made = await audiogan.load(generator);
      const classes = made.plan.conditions.map(({ name, classes }) =>
        name === "label" ? classes.indexOf(voice.label) : 0);
      const sounds = [];
      for (const latent of latents(voice)) {
        let samples = made.sound(latent, classes);
        const faster = Math.round(rate * 2 ** (voice.tune / 12)); // and so higher
        if (voice.tune) samples = await audiogan.read(audiogan.wav(samples, faster).buffer, rate);
        sounds.push([samples, await audiogan.buffer(samples, rate)]);
      }
      return sounds;
    }

    const hit = (voice, step) => voice.sounds?.[turn(voice, step) % voice.sounds.length];
    const mixed = () => loop(beat, (voice, step) => hit(voice, step)?.[0] ?? [], rate);

    /** Have all sounds of the beat. */
    async function ready() {
      audiogan.wake();
      for (const voice of voices) if (struck(beat, voice).length) await prepare(voice);
    }

    /** Hand over what falls soon. */
    function schedule() {
      const { bus, clock, shown } = running;
      const now = bus.context.currentTime;
      for (const [count, time] of clock.due(now + AHEAD_S)) {
        if (time < now) continue; // the page slept
        const step = count % (STEPS * beat.bars);
        shown.push([step, time]);
        for (const voice of voices)
          if (voice.sounds && voice.steps[step])
            audiogan.strike(bus, hit(voice, step)[1], gain(voice, step), time);
      }
    }

    /** Turn the beat down as far as its loudest moment asks. */
    function balance() {
      const bus = running?.bus;
      bus?.gain.setTargetAtTime(audiogan.headroom(mixed()), bus.context.currentTime, 0.01);
    }

    async function start() {
      line.say("The drums are being made.");
      await ready();
      const bus = audiogan.bus(0, stopped);
      running = { bus, shown: [], clock: new Clock(beat, bus.context.currentTime + 0.1) };
      balance();
      schedule();
      running.timer = setInterval(schedule, EVERY_MS);
      play.textContent = "Stop";
      follow();
      line.say(`Plays ${beat.bars} of ${BARS} bars at ${beat.tempo} beats a minute.`);
    }

    function stopped() {
      clearInterval(running.timer);
      running = null;
      play.textContent = "Play";
      line.say("Stopped.");
    }

    /** Show which step sounds, if it may move. */
    function follow() {
      if (!running || still()) return mark(-1);
      const { shown, bus } = running;
      while (shown[1]?.[1] <= bus.context.currentTime) shown.shift();
      mark(shown[0]?.[1] <= bus.context.currentTime ? shown[0][0] - STEPS * bar : -1);
      requestAnimationFrame(follow);
    }

    function mark(step) {
      for (const { cells } of step === marked ? [] : rows) {
        cells[marked]?.classList.remove("audiogan-now");
        cells[step]?.classList.add("audiogan-now");
      }
      marked = step;
    }

    const attempt = (doing) => doing.catch(({ message }) => {
      for (const voice of voices) voice.made &&= voice.sounds; // to be tried again
      line.say(`No sound: ${message}`);
    });

    /** Answer a touch of a voice: in the beat or, not heard there, alone. */
    async function changed(voice, anew, heard) {
      audiogan.wake();
      if (anew) voice.made = null;
      if (!(await prepare(voice))) return;
      once(balance);
      if (!heard || (running && struck(beat, voice).length)) return;
      const loud = 10 ** (voice.level / 20);
      if (running) audiogan.strike(running.bus, voice.sounds[0][1], loud, 0);
      else audiogan.play(voice.sounds[0][0], rate, loud);
    }

    function choose(voice, heard) {
      chosen = voice;
      for (const name in knobs) knobs[name].value = voice[name];
      knobsOf.ariaLabel = caption.textContent = `The ${voice.name}`;
      for (const each of rows) each.title.ariaPressed = `${each.voice === voice}`;
      if (heard) attempt(changed(voice, false, true));
    }

    function bend(name) {
      chosen[name] = knobs[name].value;
      attempt(changed(chosen, name !== "level", true));
    }

    function another(voice) {
      voice.seed = 1 + Math.floor(1e6 * Math.random());
      choose(voice);
      attempt(changed(voice, true, true));
    }

    function press(voice, i) {
      const step = STEPS * bar + i;
      voice.steps[step] = (voice.steps[step] + 1) % WORDS.length;
      show();
      attempt(changed(voice, false, voice.steps[step]));
    }

    function show() {
      for (const { voice, cells } of rows)
        cells.forEach((cell, i) => {
          const set = voice.steps[STEPS * bar + i];
          cell.ariaLabel = `${voice.name}, step ${i + 1}: ${WORDS[set]}`;
          cell.dataset.set = cell.textContent = SIGNS[set].replace(".", "");
        });
    }

    /** Play more bars; one that is empty begins as a copy of the last. */
    function lengthen(bars) {
      for (; beat.bars < bars; beat.bars++) {
        const [from, to] = [STEPS * (beat.bars - 1), STEPS * beat.bars];
        if (voices.some(({ steps }) => steps.slice(to, to + STEPS).some(Boolean))) continue;
        for (const { steps } of voices) steps.copyWithin(to, from, to);
      }
      beat.bars = bars;
    }

    function set(name) {
      if (name === "bars") lengthen(whole.bars.value);
      else beat[name] = whole[name].value;
      if (running) attempt(ready().then(balance));
    }

    function look() {
      bar = shown.value;
      if (bar >= beat.bars) lengthen((whole.bars.value = bar + 1));
      show();
    }

    function clear() {
      for (const { steps } of voices) steps.fill(0, STEPS * bar, STEPS * (bar + 1));
      show();
      balance();
    }

    /** What few need is loaded when they do. */
    const kept = async () => audiogan.beatKept ?? audiogan.bring("kept_beat.js").then(() => audiogan.beatKept);

    /** Stand where the page's address leads. */
    async function led() {
      if (!location.hash.startsWith("#beat=") || !(await kept()).read(location.hash, beat)) return;
      if (running) audiogan.stop();
      for (const voice of voices) voice.made = voice.sounds = null;
      for (const name in whole) whole[name].value = beat[name];
      bar = shown.value = 0;
      choose(chosen);
      show();
      line.say("The link led here: press Play.");
      grid.scrollIntoView({ block: "center" });
    }

    const rows = voices.map((voice) => {
      const title = button(voice.name, () => choose(voice, true)), other = button("new", () => another(voice));
      other.ariaLabel = `new ${voice.name}`;
      const cells = Array.from({ length: STEPS }, (_, i) => button("", () => press(voice, i)));
      for (const cell of cells) cell.role = "gridcell";
      const keys = [title, other, ...cells];
      for (const key of keys) key.tabIndex = -1;
      const head = element("div", { role: "rowheader" }, title, other);
      const line = element("div", { role: "row", className: "audiogan-steps" }, head, ...cells);
      return { voice, title, cells, keys, element: line };
    });
    const grid = element("div", { role: "grid", ariaLabel: "steps" }, ...rows.map((each) => each.element));
    let here = rows[0].cells[0];
    here.tabIndex = 0;
    grid.addEventListener("focusin", ({ target }) => {
      here.tabIndex = -1;
      (here = target).tabIndex = 0;
    });
    grid.onkeydown = (event) => {
      if (!MOVES[event.key]) return;
      event.preventDefault();
      const [down, right] = MOVES[event.key];
      const y = rows.findIndex(({ keys }) => keys.includes(here));
      rows[y + down]?.keys[rows[y].keys.indexOf(here) + right]?.focus();
    };

    const sliders = (titles, action) => Object.fromEntries(Object.entries(titles).map(([name, title]) =>
      [name, slider(title, beat[name] ?? 0, RANGES[name], () => action(name))]));
    const whole = sliders({ tempo: "tempo (bpm)", swing: "swing (%)", bars: "bars played" }, set);
    const knobs = sliders({ level: "level (dB)", tune: "tune (semitones)", vary: "vary (degrees)" }, bend);
    const shown = menu("bar shown", Array.from({ length: BARS }, (_, i) => [i, `${i + 1}`]), 0, look);
    const play = button("Play", () => running ? audiogan.stop() : attempt(start()));
    const caption = element("small");
    const all = (knobs) => Object.values(knobs).map((knob) => knob.element);
    const knobsOf = Object.assign(row(caption, ...all(knobs)), { role: "group" });
    choose(chosen);
    show();
    line.say("Press Play, or a step: once for a hit, twice for an accent. Arrow keys move between steps.");
    led();
    addEventListener("hashchange", led);
    return [
      row(play, button("Clear the bar", clear), shown.element, ...all(whole)), grid, knobsOf,
      row(...Object.entries({ sound: "Save as WAV", score: "Save as MIDI", link: "Link to this beat" }).map(([way, name]) =>
        button(name, () => attempt(kept().then((keep) => keep[way](beat, line, () => ready().then(mixed), rate)))))), line.element,
    ];
  };
})((globalThis.audiogan ??= {}));
