// What becomes of samples in a page: played, read, saved.

globalThis.audiogan ??= {}; // what the page's scripts share

{
  const LARGEST_PEAK = 10 ** (-1 / 20); // -1 dBFS
  const FADE_S = 0.005;
  let context = null;
  let ending = null; // of what sounds
  let asked = 0;

  /** A WAV file of one channel and 16 bits. @returns {Uint8Array} */
  audiogan.wav = (samples, rate) => {
    const file = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const words = [0x52494646, 0x57415645, 0x666d7420, 0x64617461]; // RIFF, WAVE, "fmt ", data
    [0, 8, 12, 36].forEach((at, i) => { file.setUint32(at, words[i]); });
    const size = 2 * samples.length;
    const numbers = [[4, 36 + size], [16, 16], [24, rate], [28, 2 * rate], [40, size]];
    for (const [at, value] of numbers) file.setUint32(at, value, true);
    for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) file.setUint16(at, value, true);
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
    return context;
  };

  const peakOf = (samples) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);

  /** The gain, 1 at most, that sounds have in common when they are compared: none gets too loud. */
  audiogan.headroom = (...sounds) => Math.min(1, LARGEST_PEAK / Math.max(...sounds.map(peakOf)));

  /** Be ready to sound, and let nothing else begin; the turn that is now. */
  const hush = () => {
    audiogan.wake();
    for (const player of document.querySelectorAll("audio")) player.pause();
    return ++asked;
  };

  const fade = ({ gain }) => {
    gain.cancelScheduledValues(context.currentTime);
    gain.setTargetAtTime(0, context.currentTime, FADE_S / 3);
  };

  /**
   * A sound for the loudspeaker, and the gain that gives it its level. It goes through a WAV file,
   * of which browsers read 1 at most: they resample that well; another buffer gets images.
   */
  audiogan.buffer = async (samples, rate) => {
    const held = Math.min(1, 1 / peakOf(samples));
    const file = audiogan.wav(samples.map((sample) => held * sample), rate);
    return [await context.decodeAudioData(file.buffer), 1 / held];
  };

  /**
   * Play a sound; what sounds fades out, and so does a rendered player.
   * @param {Float32Array | Promise<Float32Array>} samples
   * @param {number} rate in Hz
   * @param {number} gain less where the peak would be above -1 dBFS
   */
  audiogan.play = async (samples, rate, gain = 1) => {
    const turn = hush();
    const [buffer, held] = await audiogan.buffer(await samples, rate);
    if (turn !== asked) return; // another was asked for meanwhile
    const loudest = peakOf(buffer.getChannelData(0));
    const level = Math.min(gain * held, LARGEST_PEAK / loudest);
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
    ending = () => {
      fade(fader);
      source.stop(context.currentTime + 2 * FADE_S);
    };
  };

  /** Fade out what sounds. */
  const cut = () => {
    ending?.();
    ending = null;
  };

  /** Fall silent, also if a sound was asked for that has not begun. */
  audiogan.stop = () => {
    asked++;
    cut();
  };

  const LIMITS = Float32Array.from({ length: 2001 }, (_, i) =>
    Math.max(-LARGEST_PEAK, Math.min(LARGEST_PEAK, i / 1000 - 1)));

  /**
   * Take the loudspeaker for sounds that are struck, of which no sum gets above -1 dBFS, until
   * something else is to sound: then `ended` is called.
   */
  audiogan.bus = (gain, ended) => {
    hush();
    cut();
    const bus = new GainNode(context, { gain });
    bus.connect(new WaveShaperNode(context, { curve: LIMITS })).connect(context.destination);
    ending = () => {
      fade(bus);
      setTimeout(() => bus.disconnect(), 50);
      ended();
    };
    return bus;
  };

  /** Strike what `buffer` returned at a time, 0 for now; its fader comes back. */
  audiogan.strike = (bus, [buffer, held], gain, time) => {
    const source = new AudioBufferSourceNode(context, { buffer });
    const fader = new GainNode(context, { gain: held * gain });
    source.connect(fader).connect(bus);
    source.start(time);
    return fader;
  };

  // A rendered player that starts ends what a control plays.
  globalThis.document?.addEventListener("play", audiogan.stop, true);

  /** Read a sound file to one channel of some rate. @returns {Promise<Float32Array>} */
  audiogan.read = async (bytes, rate) => {
    const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
    return channels[0].map((_, i) => channels.reduce((sum, each) => sum + each[i], 0) / channels.length);
  };

  /** Offer a file to save. */
  audiogan.save = (bytes, name, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
}
