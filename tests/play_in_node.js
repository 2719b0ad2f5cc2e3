// Runs the page's scripts as a page does, but in Node.js: node play_in_node.js requests.json
// For each request of the file it writes what the generator draws and its sound, as float32, into
// the file `request.out`, and prints how long the last sound of each took.
const fs = require("node:fs");

async function main({ scripts, requests }) {
  for (const script of scripts) require(script);
  const kernels = { WebAssembly: audiogan.openKernel, JavaScript: audiogan.openPlainKernel };
  const uniform = Array.from(audiogan.uniform(1000));
  const milliseconds = [];
  for (const { name, kernel, latents, classes, out } of requests) {
    const open = async (count) => kernels[kernel](count);
    const generator = await audiogan.openGenerator(audiogan.generators[name], open);
    if (generator.kernel.name !== kernel) throw new Error(`${kernel} is refused here`);
    const parts = [];
    let began = 0;
    latents.forEach((latent, i) => {
      parts.push(Buffer.from(generator.draw(latent, classes[i]).slice().buffer));
      began = performance.now();
      parts.push(Buffer.from(generator.sound(latent, classes[i]).buffer));
    });
    milliseconds.push(performance.now() - began);
    fs.writeFileSync(out, Buffer.concat(parts));
  }
  console.log(JSON.stringify({ uniform, milliseconds }));
}

main(JSON.parse(fs.readFileSync(process.argv[2], "utf-8")));
