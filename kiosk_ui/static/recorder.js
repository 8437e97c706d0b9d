// A voice note: recorded, heard again, deleted or kept. Without a microphone, or where the browser lends none (plain HTTP), a plain
// file input is left on a device of one's own, and nothing on a terminal.
"use strict";

(() => {
  const cfms = window.cfms;
  const TYPE = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus"].find((one) => window.MediaRecorder?.isTypeSupported(one));
  const BITS = 24000; // a second: speech is clear, a minute has 180 KB
  const SLICE = 250; // milliseconds between two looks at the size
  const REST = 2 * BITS / 8; // what may still come after the recorder was told to stop

  cfms.each("[data-record]:has(input)", (block) => {
    if (!TYPE || !navigator.mediaDevices?.getUserMedia) {
      block.hidden = Boolean(document.documentElement.dataset.kiosk);
      return;
    }
    const voice = cfms.media(block, "recorder");
    voice.instead();
    const most = { seconds: Number(document.body.dataset.voiceSeconds), bytes: Number(document.body.dataset.voiceBytes) };
    let recorder;

    const tell = (seconds, bytes) => {
      voice.find("[data-seconds]").textContent = Math.floor(seconds);
      voice.find("[data-size]").textContent = Math.ceil(bytes / 1024);
      voice.find("[data-bar]").value = Math.max(seconds / most.seconds, bytes / most.bytes); // how full, for who does not read
    };

    voice.record = async () => {
      if (recorder) return;
      const stream = await voice.open({ audio: { channelCount: 1 } });
      if (!stream) return;
      recorder = new MediaRecorder(stream, { mimeType: TYPE, audioBitsPerSecond: BITS });
      const heard = [];
      const begun = performance.now();
      let bytes = 0;
      recorder.addEventListener("dataavailable", ({ data }) => {
        heard.push(data);
        bytes += data.size;
        const seconds = (performance.now() - begun) / 1000;
        tell(seconds, bytes);
        document.dispatchEvent(new Event("cfms:active")); // who speaks is there
        if (recorder?.state !== "recording" || (seconds < most.seconds - SLICE / 1000 && bytes < most.bytes - REST)) return;
        voice.stop();
        voice.say("full");
      });
      recorder.addEventListener("stop", () => {
        recorder = undefined;
        voice.close();
        if (!block.isConnected) return;
        if (!bytes) return voice.fail("short");
        voice.keep(new Blob(heard, { type: TYPE.split(";")[0] }), "voice");
        voice.find("[data-do=hear]").focus();
      });
      recorder.start(SLICE);
      voice.during(new Promise((done) => recorder.addEventListener("stop", done)));
      tell(0, 0);
      voice.show("recording");
      voice.say("recording");
      voice.find("[data-do=stop]").focus();
    };

    voice.stop = () => {
      if (recorder?.state !== "recording") return;
      recorder.stop();
      voice.say("done");
    };
    voice.stopped = voice.stop;

    const audio = voice.find("audio");
    voice.hear = () => {
      voice.show("playing");
      voice.find("[data-do=hush]").focus();
      audio.currentTime = 0;
      audio.play().catch(() => voice.hush());
    };
    voice.hush = () => {
      audio.pause();
      voice.show("done");
      voice.find("[data-do=hear]").focus();
    };
    audio.addEventListener("ended", voice.hush);

    voice.delete = () => {
      voice.keep(null);
      voice.say("deleted");
      voice.find("[data-do=record]").focus();
    };

    voice.find("[data-most]").textContent = most.seconds;
    voice.find("[data-most-size]").textContent = Math.floor(most.bytes / 1024);
  });
})();
