// What becomes of samples in a page: played, drawn, saved, and linked to.

globalThis.audiogan ??= {}; // what the page's scripts share

{
  const LARGEST_PEAK = 10 ** (-1 / 20); // -1 dBFS
  const FADE_S = 0.005;
  let context = null;
  let playing = null;
  let asked = 0;

  /** A WAV file of one channel and 16 bits. @returns {Uint8Array} */
  audiogan.wav = (samples, rate) => {
    const file = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const words = [0x52494646, 0x57415645, 0x666d7420, 0x64617461]; // RIFF, WAVE, "fmt ", data
    [0, 8, 12, 36].forEach((at, i) => file.setUint32(at, words[i]));
    file.setUint32(4, 36 + 2 * samples.length, true);
    file.setUint32(16, 16, true);
    file.setUint16(20, 1, true);
    file.setUint16(22, 1, true);
    file.setUint32(24, rate, true);
    file.setUint32(28, 2 * rate, true);
    file.setUint16(32, 2, true);
    file.setUint16(34, 16, true);
    file.setUint32(40, 2 * samples.length, true);
    samples.forEach((sample, i) => {
      const steps = Math.round(32768 * sample);
      file.setInt16(44 + 2 * i, Math.max(-32768, Math.min(32767, steps)), true);
    });
    return new Uint8Array(file.buffer);
  };

  /** Call this in the reader's own gesture: no browser lets a page sound before. */
  audiogan.wake = () => {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
  };

  const peakOf = (samples) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);

  /** The gain, 1 at most, that sounds have in common when they are compared: none gets too loud. */
  audiogan.headroom = (...sounds) => Math.min(1, LARGEST_PEAK / Math.max(...sounds.map(peakOf)));

  /**
   * Play a sound; the one that plays fades out, and so does a rendered player. It goes through a
   * WAV file because browsers read that at its own rate and resample it well, where a buffer of
   * another rate gets images.
   * @param {Float32Array} samples
   * @param {number} rate in Hz
   * @param {number} gain less where the peak would be above -1 dBFS
   */
  audiogan.play = async (samples, rate, gain = 1) => {
    audiogan.wake();
    const turn = ++asked;
    for (const player of document.querySelectorAll("audio")) player.pause();
    const held = Math.min(1, 1 / peakOf(samples)); // a file holds 1 at most
    const file = audiogan.wav(samples.map((sample) => held * sample), rate);
    const buffer = await context.decodeAudioData(file.buffer);
    if (turn !== asked) return; // another was asked for meanwhile
    const loudest = peakOf(buffer.getChannelData(0));
    const level = Math.min(gain / held, LARGEST_PEAK / loudest);
    cut();
    const source = context.createBufferSource();
    const fader = context.createGain();
    source.buffer = buffer;
    const now = context.currentTime; // late: what is over cannot fade in
    const end = now + Math.max(2 * FADE_S, buffer.duration);
    fader.gain.setValueAtTime(0, now);
    fader.gain.linearRampToValueAtTime(level, now + FADE_S);
    fader.gain.setValueAtTime(level, end - FADE_S);
    fader.gain.linearRampToValueAtTime(0, end);
    source.connect(fader).connect(context.destination);
    source.start(now);
    playing = { source, gain: fader.gain };
  };

  /** Fade out what plays. */
  const cut = () => {
    if (!playing) return;
    const now = context.currentTime;
    playing.gain.cancelScheduledValues(now);
    playing.gain.setTargetAtTime(0, now, FADE_S / 3);
    playing.source.stop(now + 2 * FADE_S);
    playing = null;
  };

  /** Fall silent, also if a sound was asked for that has not begun. */
  audiogan.stop = () => {
    asked++;
    cut();
  };

  // A rendered player that starts ends what a control plays.
  globalThis.document?.addEventListener("play", audiogan.stop, true);

  /** Read a sound file to one channel of some rate. @returns {Promise<Float32Array>} */
  audiogan.read = async (bytes, rate) => {
    const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
    return channels[0].map((_, i) => channels.reduce((sum, each) => sum + each[i], 0) / channels.length);
  };

  audiogan.levelDb = (samples) =>
    10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

  // Its lightness rises evenly, so it reads the same in grey (matplotlib's magma, every eighth).
  const COLOURS = [
    [0, 0, 4], [28, 16, 68], [79, 18, 123], [129, 37, 129], [181, 54, 122],
    [229, 80, 100], [251, 135, 97], [254, 194, 135], [252, 253, 191],
  ];
  const [FLOOR_DB, CEILING_DB] = [-80, 0];

  /** 256 colours from dark to bright, as the pixels of an image hold them. */
  audiogan.shades = Uint32Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (COLOURS.length - 1);
    const low = COLOURS[Math.floor(at)], high = COLOURS[Math.ceil(at)];
    const [red, green, blue] = low.map((part, j) => Math.round(part + (at % 1) * (high[j] - part)));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });

  /** What turns the samples of a frame into a spectrum, for one length of a frame. */
  const analyser = (size) => {
    const window = new Float32Array(size), circle = audiogan.circle(size);
    for (let i = 0; i < size; i++) window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size);
    const from = new Float32Array(2 * size), to = new Float32Array(2 * size);
    return (samples, start) => {
      from.fill(0);
      const first = Math.max(0, -start), last = Math.min(size, samples.length - start);
      for (let i = first; i < last; i++) from[2 * i] = samples[start + i] * window[i];
      return audiogan.fourier(size, from, to, circle);
    };
  };

  /** Draw the spectrogram of a sound and, below, its waveform. */
  audiogan.draw = (canvas, samples, rate) => {
    const brush = canvas.getContext("2d");
    const { width, height } = canvas;
    const size = 2 ** Math.ceil(Math.log2(0.032 * rate));
    const [columns, bins, wave] = [160, size / 2, height / 4];
    const image = new ImageData(columns, bins);
    const pixels = new Uint32Array(image.data.buffer);
    const spectrum = analyser(size);
    for (let column = 0; column < columns; column++) {
      const centre = Math.round(((column + 0.5) * samples.length) / columns);
      const frame = spectrum(samples, centre - size / 2);
      for (let bin = 0; bin < bins; bin++) {
        const power = (16 * (frame[2 * bin] ** 2 + frame[2 * bin + 1] ** 2)) / size ** 2;
        const share = (10 * Math.log10(power + 1e-12) - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
        const shade = Math.round(255 * Math.max(0, Math.min(1, share)));
        pixels[(bins - 1 - bin) * columns + column] = audiogan.shades[shade];
      }
    }
    const small = new OffscreenCanvas(columns, bins);
    small.getContext("2d").putImageData(image, 0, 0);
    brush.clearRect(0, 0, width, height);
    brush.drawImage(small, 0, 0, width, height - wave);
    brush.fillStyle = "rgb(128, 128, 128)";
    for (let x = 0; x < width; x++) {
      const [from, to] = [x, x + 1].map((end) => Math.floor((end * samples.length) / width));
      let [low, high] = [0, 0];
      for (let i = from; i < to; i++) {
        low = Math.min(low, samples[i]);
        high = Math.max(high, samples[i]);
      }
      const middle = height - wave / 2;
      brush.fillRect(x, middle - (high * wave) / 2, 1, Math.max(1, ((high - low) * wave) / 2));
    }
  };

  /** Offer a file to save. */
  audiogan.save = (bytes, name, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

  /** What stands behind the # of a link that reproduces a sound; `live.read_link` reads it, too. */
  audiogan.linkTo = (generator, latent, choices) => {
    const bytes = new Uint8Array(Float32Array.from(latent).buffer);
    const letters = toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return "#" + new URLSearchParams({ generator, ...choices, latent: letters });
  };

  /** Read it; null where there is none, or a damaged one. */
  audiogan.readLink = (fragment) => {
    const { generator, latent, ...choices } = Object.fromEntries(new URLSearchParams(fragment.slice(1)));
    if (!generator || !latent) return null;
    const letters = latent.replaceAll("-", "+").replaceAll("_", "/");
    try {
      const bytes = audiogan.fromBase64(letters + "=".repeat(-letters.length & 3));
      const numbers = new Float32Array(bytes.buffer);
      return numbers.every(Number.isFinite) ? { generator, choices, latent: numbers } : null;
    } catch (error) {
      return null;
    }
  };
}
