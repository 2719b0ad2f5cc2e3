// Links that reproduce a sound.

{
  const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

  /** What stands behind the # of a link that reproduces a sound; `live.read_link` reads it, too. */
  audiogan.linkTo = (generator, latent, choices) => {
    const bytes = new Uint8Array(Float32Array.from(latent).buffer);
    const letters = toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return `#${new URLSearchParams({ generator, ...choices, latent: letters })}`;
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
    } catch {
      return null;
    }
  };
}
