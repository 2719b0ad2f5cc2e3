// The live face of widgets.SpokenNumber: digits are typed, a generator makes a word of each.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { button, element, menu, normals, row, status } = audiogan.kit;
  const FRAME_S = 0.01;
  const QUIET = 10 ** (-35 / 20);
  const LEVEL = 0.2;
  const PAUSES_S = [0.06, 0.25];
  const MOST_WORDS = 40;

  /** As `groups_of` of the library. @type {(text: string, labels: string[]) => string[][]} */
  function groupsOf(text, labels) {
    /** @type {string[][]} */
    const groups = [[]];
    for (const sign of text) {
      if (labels.includes(sign)) groups[groups.length - 1].push(sign);
      else if (groups[groups.length - 1].length) groups.push([]);
    }
    return groups.filter((group) => group.length);
  }

  /** As `trimmed` of the library. @type {(word: Float32Array, rate: number) => Float32Array} */
  function trimmed(word, rate) {
    const frame = Math.round(FRAME_S * rate);
    const loudness = Array.from({ length: Math.floor(word.length / frame) }, (_, i) => {
      const samples = word.subarray(i * frame, (i + 1) * frame);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / frame);
    });
    const loudest = Math.max(...loudness);
    if (!loudest) return new Float32Array(0);
    const heard = (/** @type {number} */ level) => level > QUIET * loudest;
    const first = Math.max(loudness.findIndex(heard) - 2, 0);
    const last = Math.min(loudness.findLastIndex(heard) + 3, loudness.length);
    return word.slice(first * frame, last * frame).map((sample) => (sample * LEVEL) / loudest);
  }

  /**
   * As `utterance` of the library.
   * @type {(words: Float32Array[], groups: string[][], rate: number) => Float32Array}
   */
  function utterance(words, groups, rate) {
    const pauses = groups.flatMap((group) => group.map((_, i) => PAUSES_S[+(i === group.length - 1)]));
    const pieces = words.flatMap((word, i) => [trimmed(word, rate), new Float32Array(Math.round(pauses[i] * rate))]);
    const joined = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    const peak = joined.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
    return joined.map((sample) => sample / peak);
  }

  /** @param {any} options */
  audiogan.controls["spoken-number"] = function ({ generator, rate, conditions, choices, text, latents }) {
    const labels = conditions.find(({ name }) => name === "label").classes;
    const others = conditions.filter(({ name }) => name !== "label");
    const menus = others.map(({ name, classes }) =>
      menu(name.replaceAll("_", " "), classes.map((each, i) => [i, each]), classes.indexOf(choices[name]), say));
    const made = latents.map((letters) => new Float32Array(audiogan.fromBase64(letters).buffer));
    const line = status();
    const field = element("input", { type: "text", inputMode: "tel", value: text, maxLength: MOST_WORDS });
    field.onkeydown = ({ key }) => { if (key === "Enter") say(); };

    /** Make the words one after the other, so that the page is never held up for long. */
    async function spoken() {
      audiogan.wake();
      const groups = groupsOf(field.value, labels);
      if (!groups.length) throw new Error("there is no digit to say");
      const asked = menus.map((each) => each.value);
      const network = await audiogan.load(generator);
      const words = [];
      for (const word of groups.flat()) {
        const latent = (made[words.length] ??= normals(network.plan.latent_dim));
        const rest = [...asked];
        words.push(network.sound(latent, conditions.map(({ name }) =>
          name === "label" ? labels.indexOf(word) : rest.shift())));
        await new Promise((done) => setTimeout(done));
      }
      const voice = others.map(({ classes }, i) => classes[asked[i]]);
      return { samples: utterance(words, groups, rate), said: [groups.map((group) => group.join(" ")).join(", "), ...voice] };
    }

    /** @param {(number: {samples: Float32Array, said: string[]}) => void} heard */
    const attempt = (heard) => spoken().then(heard).catch(({ message }) => line.say(`No sound: ${message}.`));

    let turns = 0;
    function say() {
      const mine = ++turns;
      attempt(({ samples, said }) => {
        if (mine !== turns) return; // another number was asked for meanwhile
        audiogan.play(samples, rate);
        line.say(`${said.join(", ")}: ${(samples.length / rate).toFixed(2)} s`);
      });
    }

    function another() {
      made.length = 0;
      say();
    }

    const save = () => attempt(({ samples }) => audiogan.save(audiogan.wav(samples, rate), "number.wav", "audio/wav"));
    line.say("Type digits and press Say; what is between them makes a pause.");
    return [
      row(element("label", { className: "audiogan-knob" }, "number", field), ...menus.map((each) => each.element)),
      row(button("Say", say), button("Say it another way", another), button("Save as WAV", save)), line.element,
    ];
  };

  audiogan.spoken = { groupsOf, trimmed, utterance };
})((globalThis.audiogan ??= {}));
