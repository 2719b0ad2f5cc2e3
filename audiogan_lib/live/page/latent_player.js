// The live face of widgets.LatentPlayer: knobs on a generator's latent, and what it makes of it.

{
  /** As audiogan_lib.latents.LatentWalk: all latents on the way keep the length of the ends. */
  const walk = (start, end, directions, positions, morph) => {
    const product = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const length = (a) => Math.sqrt(product(a, a));
    const cosine = product(start, end) / (length(start) * length(end));
    const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
    let shares = [1 - morph, morph];
    if (Math.sin(angle) >= 1e-6)
      shares = shares.map((share) => Math.sin(share * angle) / Math.sin(angle));
    const latent = Array.from(start, (value, i) => shares[0] * value + shares[1] * end[i]);
    if (positions.some((position) => position !== 0)) {
      const before = length(latent);
      positions.forEach((position, knob) => {
        directions[knob].forEach((value, i) => { latent[i] += before * position * value; });
      });
      const factor = before / length(latent);
      latent.forEach((value, i) => { latent[i] = value * factor; });
    }
    return Float32Array.from(latent);
  };

  /** Standard normal numbers (Box and Muller 1958). */
  const normal = (count) => Float32Array.from({ length: count }, () =>
    Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));

  const { make } = audiogan;
  const button = (name, click) => make("button", { type: "button", textContent: name, onclick: click });
  const labelled = (name, control) => make("label", {}, make("span", { textContent: name }), control);
  const row = (...children) => make("div", { className: "audiogan-row" }, ...children);
  const number = (value, digits) => value.toFixed(digits).replace("-", "\u2212");

  class LatentPlayer {
    /** @param {HTMLElement} place what holds the settings and the rendered players */
    constructor(place) {
      this.settings = JSON.parse(place.dataset.settings ?? "{}");
      const doubles = (text) => new Float64Array(audiogan.fromBase64(text).buffer);
      const { start, end, directions } = this.settings;
      [this.start, this.end] = [doubles(start), doubles(end)];
      this.directions = directions.map(doubles);
      this.locks = ["A", "B"].map(() => make("input", { type: "checkbox" }));
      this.samples = null;
      /** @type {any[]} */
      this.knobs = [];
      this.turn = null;
      this.build(place);
    }

    build(place) {
      const { conditions, choices, qualities, range } = this.settings;
      const knobs = [...qualities, ...this.settings.knobs];
      const changed = () => this.change();
      this.menus = conditions.map(({ name, classes }) => {
        const options = classes.map((each) => new Option(each, each, false, each === choices[name]));
        return make("select", { onchange: changed }, ...options);
      });
      const slider = (min, max) => {
        const shown = { type: "range", step: 0.05, oninput: changed };
        return Object.assign(make("input", shown), { min, max, value: 0 });
      };
      this.knobs = knobs.map(() => slider(...range));
      this.pad = knobs.length > 1 ? audiogan.pad(knobs, this.knobs, range, changed) : null;
      this.morph = slider(0, 1);
      this.atOnce = make("input", { type: "checkbox", checked: true });
      this.canvas = make("canvas", { width: 640, height: 240, role: "img" });
      this.canvas.ariaLabel = "Spectrogram and waveform: nothing has sounded yet.";
      this.status = make("p", { role: "status", textContent: "Press Play, or turn a knob." });
      this.panel = make(
        "div",
        { className: "audiogan-panel" },
        ...conditions.map(({ title }, i) => labelled(title.replaceAll("_", " "), this.menus[i])),
        ...knobs.map((name, i) => labelled(name, this.knobs[i])),
        ...(this.pad ? [this.pad.element] : []),
        labelled("morph A to B", this.morph),
        row(
          button("Play", () => this.change(true)),
          button("Random", () => this.random()),
          ...(knobs.length ? [button("Reset knobs", () => this.change(this.reset()))] : []),
          ...this.locks.map((lock, i) => make("label", {}, lock, ` lock ${"AB"[i]}`)),
          button("Keep as A", () => this.keep("start", 0)),
          button("Keep as B", () => this.keep("end", 1)),
        ),
        this.canvas,
        row(
          make("label", {}, this.atOnce, " play each change"),
          button("Save as WAV", () => this.save()),
          button("Link to this sound", () => this.link()),
        ),
        this.status,
      );
      this.panel.role = "group";
      this.panel.ariaLabel = `Generator ${this.settings.generator}`;
      place.prepend(this.panel);
    }

    latent({ plan }) {
      const positions = this.knobs.map((knob) => Number(knob.value));
      const qualities = positions.splice(0, this.settings.qualities.length);
      const latent = walk(this.start, this.end, this.directions, positions, Number(this.morph.value));
      if (!qualities.some(Boolean)) return latent;
      this.turn ??= audiogan.qualityKnobs(plan.knobs);
      return this.turn(latent, this.classes(), qualities);
    }

    classes() {
      return this.menus.map((menu) => menu.selectedIndex);
    }

    choices() {
      const { conditions } = this.settings;
      return Object.fromEntries(conditions.map(({ name }, i) => [name, this.menus[i].value]));
    }

    /** Make the sound for the controls as they stand, once a frame at most. */
    change(play = this.atOnce.checked) {
      audiogan.wake();
      this.pad?.draw();
      this.play = play || this.play;
      this.pending ??= new Promise(requestAnimationFrame)
        .then(() => audiogan.load(this.settings.generator))
        .then((generator) => this.sound(generator))
        .catch(({ message }) => {
          this.pending = null;
          this.status.textContent = `No sound: ${message}`;
        });
      return this.pending;
    }

    async sound(generator) {
      this.pending = null;
      const play = this.play;
      this.play = false;
      const began = performance.now();
      this.samples = generator.sound(this.latent(generator), this.classes());
      const took = performance.now() - began;
      const rate = generator.plan.sample_rate;
      if (play) audiogan.play(this.samples, rate);
      audiogan.draw(this.canvas, this.samples, rate);
      const name = Object.values(this.choices()).join(", ") || "sound";
      const level = number(audiogan.levelDb(this.samples), 1);
      const said = `${name}: ${number(this.samples.length / rate, 2)} s, ${level} dBFS`;
      this.canvas.ariaLabel = `Spectrogram and waveform of ${said}.`;
      // A line that is read aloud waits until the hand rests.
      clearTimeout(this.saying);
      this.saying = setTimeout(() => {
        const by = `made in ${number(took, 0)} ms by ${generator.kernel.name}`;
        this.status.textContent = `${said}; ${by}.`;
      }, 300);
    }

    /** Go to another place: those of A and B that are not locked. */
    random() {
      const [start, end] = this.locks.map((lock) => lock.checked);
      if (!start) this.start = normal(this.start.length);
      if (!end) this.end = normal(this.end.length);
      this.change();
    }

    reset() {
      this.knobs.forEach((knob) => { knob.value = 0; });
    }

    /** Remember where the controls lead as A or B. */
    async keep(end, morph) {
      this[end] = this.latent(await audiogan.load(this.settings.generator));
      this.reset();
      this.morph.value = morph;
      this.change();
    }

    async save() {
      if (!this.samples) await this.change();
      const { generator } = this.settings;
      const rate = (await audiogan.load(generator)).plan.sample_rate;
      const name = [generator, ...Object.values(this.choices())].join("-");
      audiogan.save(audiogan.wav(this.samples, rate), `${name}.wav`, "audio/wav");
    }

    async link() {
      const { generator } = this.settings;
      const latent = this.latent(await audiogan.load(generator));
      history.replaceState(null, "", audiogan.linkTo(generator, latent, this.choices()));
      this.status.textContent = "The address of this page now leads to this sound.";
      navigator.clipboard?.writeText(location.href).then(
        () => (this.status.textContent = "The link to this sound is copied."),
        () => {}, // not allowed here; the address has it
      );
    }

    /** Stand where a link leads. */
    follow({ latent, choices }) {
      this.start = latent;
      this.samples = null;
      this.reset();
      this.morph.value = 0;
      this.pad?.draw();
      this.settings.conditions.forEach(({ name, classes }, i) => {
        if (classes.includes(choices[name])) this.menus[i].value = choices[name];
      });
      this.status.textContent = "The link led here: press Play.";
      this.panel.scrollIntoView({ block: "center" });
    }
  }

  /** Let the player of the link's generator stand where the page's address leads. */
  const follow = () => {
    const link = audiogan.readLink(location.hash);
    const found = audiogan.players.find(
      ({ settings, start }) =>
        settings.generator === link?.generator && start.length === link.latent.length,
    );
    if (found) found.follow(link);
  };

  const begin = () => {
    /** @type {NodeListOf<HTMLElement>} */
    const places = document.querySelectorAll("[data-control='latent-player']");
    audiogan.players = Array.from(places, (place) => new LatentPlayer(place));
    follow();
    addEventListener("hashchange", follow);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
}
