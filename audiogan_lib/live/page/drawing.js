// How a sound looks: its spectrogram, its waveform, its level.

{
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
    small.getContext("2d")?.putImageData(image, 0, 0);
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
}
