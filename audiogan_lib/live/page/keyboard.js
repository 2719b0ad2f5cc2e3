// The live face of widgets.Keyboard: an octave of keys that plays a generator of notes.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { button, element, menu, normals, row, status } = audiogan.kit;
  const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
  // Where the keys of a piano lie on that of a computer, whatever letters it has.
  const CODES = [..."AWSEDFTGYHUJK"].map((letter) => `Key${letter}`);
  const LOUD = 0.3; // three notes at once have room
  const [RELEASE_S, TAP_MS] = [0.06, 500];

  /** @param {any} options */
  audiogan.controls.keyboard = function ({ generator, rate, conditions, choices, start, lowest }) {
    const pitches = conditions.find(({ name }) => name === "label").classes.map(Number);
    const first = new Float32Array(audiogan.fromBase64(start).buffer);
    let latent = first, notes = new Map(), bus = null, last = lowest;
    const sounding = new Map();
    const line = status();
    const titleOf = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

    async function make(pitch) {
      const asked = menus.map((each) => each.value);
      const made = await audiogan.load(generator);
      const classes = conditions.map(({ name }) => (name === "label" ? pitches.indexOf(pitch) : asked.shift()));
      return audiogan.buffer(made.sound(latent, classes), rate);
    }

    async function strike(pitch, loud = 1) {
      if (!pitches.includes(pitch)) return line.say(`${titleOf(pitch)} is not among its notes.`);
      bus ??= audiogan.bus(LOUD, () => { bus = null; });
      keyOf((last = pitch))?.classList.add("audiogan-now");
      if (!notes.has(pitch)) notes.set(pitch, make(pitch));
      try {
        const note = await notes.get(pitch);
        if (!bus) return;
        hush(pitch);
        sounding.set(pitch, audiogan.strike(bus, note, loud, 0));
        const played = menus.map((each, i) => others[i].classes[each.value].replaceAll("_", " "));
        line.say([titleOf(pitch), ...played].join(", "));
      } catch ({ message }) {
        notes.delete(pitch);
        line.say(`No sound: ${message}`);
      }
    }

    function hush(pitch) {
      const { gain, context } = sounding.get(pitch) ?? {};
      gain?.setTargetAtTime(0, context.currentTime, RELEASE_S);
      sounding.delete(pitch);
    }

    function release(pitch) {
      keyOf(pitch)?.classList.remove("audiogan-now");
      hush(pitch);
    }

    /** Strike a key and let it go. */
    const tap = (pitch) => strike(pitch).then(() => setTimeout(() => release(pitch), TAP_MS));

    /** Play another latent, or for other classes: all notes are made anew. */
    function renew(other = latent) {
      latent = other;
      notes = new Map();
      tap(last);
    }

    async function listen() {
      try {
        const access = await /** @type {any} */ (navigator).requestMIDIAccess();
        const inputs = [...access.inputs.values()];
        for (const input of inputs)
          input.onmidimessage = ({ data: [kind, pitch, velocity] }) => {
            if ((kind & 0xf0) === 0x90 && velocity) strike(pitch, (velocity / 127) ** 2);
            else if ((kind & 0xe0) === 0x80) release(pitch);
          };
        if (!inputs.length) throw new Error("none is there");
        line.say(`Listens to ${inputs.map(({ name }) => name).join(", ")}.`);
      } catch ({ message }) {
        line.say(`No MIDI keyboard: ${message}.`);
      }
    }

    const others = conditions.filter(({ name }) => name !== "label");
    const menus = others.map(({ name, classes }) =>
      menu(name.replaceAll("_", " "), classes.map((each, i) => [i, each.replaceAll("_", " ")]), classes.indexOf(choices[name]), () => renew()));

    let here = 0, whites = 0;
    const keys = CODES.map((_, i) => {
      const black = NAMES[(lowest + i) % 12].length > 1;
      const key = element("button", { type: "button", tabIndex: i ? -1 : 0 });
      key.dataset.black = `${black}`;
      key.style.gridColumn = black ? `${Math.max(1, 3 * whites)} / span 2` : `${3 * whites++ + 1} / span 3`;
      key.onpointerdown = (event) => {
        audiogan.wake();
        key.releasePointerCapture(event.pointerId); // so that a finger may glide
        strike(lowest + i);
      };
      key.onpointerenter = ({ buttons }) => { if (buttons) strike(lowest + i); };
      key.onpointerup = key.onpointerleave = () => release(lowest + i);
      key.onclick = ({ detail }) => { if (!detail) tap(lowest + i); }; // by Enter or Space
      return key;
    });
    const keyOf = (pitch) => keys[pitch - lowest];

    function move(octaves) {
      const to = lowest + 12 * octaves;
      if (!pitches.includes(to)) return;
      for (const pitch of sounding.keys()) release(pitch);
      lowest = to;
      keys.forEach((key, i) => { key.ariaLabel = key.textContent = titleOf(lowest + i); });
    }

    const board = element("div", { role: "group", ariaLabel: "keys", className: "audiogan-keys" }, ...keys);
    board.onkeydown = (event) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = CODES.indexOf(event.code);
      if (key >= 0) strike(lowest + key);
      else if (event.code === "KeyZ") move(-1);
      else if (event.code === "KeyX") move(1);
      else if (event.key.match(/^Arrow(Left|Right)$/)) {
        keys[here].tabIndex = -1;
        here = Math.max(0, Math.min(12, here + (event.key === "ArrowLeft" ? -1 : 1)));
        keys[here].tabIndex = 0;
        keys[here].focus();
      } else return;
      event.preventDefault();
    };
    board.onkeyup = ({ code }) => { if (CODES.includes(code)) release(lowest + CODES.indexOf(code)); };

    move(0);
    line.say("Press the keys, or focus one and play on A to K of your own keyboard; Z and X change the octave.");
    const midi = "requestMIDIAccess" in navigator ? [button("Use a MIDI keyboard", listen)] : [];
    return [
      row(...menus.map((each) => each.element), button("Other latent", () => renew(normals(first.length))),
        button("First latent", () => renew(first))),
      board, row(button("Octave down", () => move(-1)), button("Octave up", () => move(1)), ...midi), line.element,
    ];
  };
})((globalThis.audiogan ??= {}));
