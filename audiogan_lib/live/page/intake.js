// How a reader brings a sound: recorded, chosen, or dropped.
"use strict";

(function (/** @type {any} */ audiogan) {
  const { button, element } = audiogan.kit;

  /**
   * Ways to bring a sound of one's own: buttons to record it, and a field to choose or drop a file.
   * @param {{seconds: number, take: (name: string, file: Promise<ArrayBuffer>) => void, say: (text: string) => void}} how
   */
  function intake({ seconds, take, say }) {
    async function record() {
      audiogan.stop(); // what sounds would be recorded, too
      /** @type {MediaStream | undefined} */
      let stream;
      const release = () => { for (const track of stream?.getTracks() ?? []) track.stop(); };
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        const recorder = new MediaRecorder(stream);
        recorder.ondataavailable = ({ data }) => take("your recording", data.arrayBuffer());
        recorder.start();
        say(`Recording ${seconds} s.`);
        setTimeout(() => {
          recorder.stop();
          release();
        }, 1000 * seconds);
      } catch {
        release();
        say("The browser gives no microphone to this page.");
      }
    }

    /** @param {File | undefined} file */
    function open(file) { if (file) take(file.name, file.arrayBuffer()); }

    function choose() {
      open(file.files[0]);
      file.value = ""; // so that the same file can be chosen again
    }

    const file = element("input", { type: "file", accept: "audio/*", onchange: choose });
    const drop = element("label", { className: "audiogan-knob" }, "your own: open or drop a file", file);
    drop.ondragover = (/** @type {Event} */ event) => event.preventDefault();
    drop.ondrop = (/** @type {DragEvent} */ event) => { event.preventDefault(); open(event.dataTransfer?.files[0]); };
    return { buttons: navigator.mediaDevices ? [button(`Record ${seconds} s`, record)] : [], drop };
  }

  audiogan.kit.intake = intake;
})((globalThis.audiogan ??= {}));
