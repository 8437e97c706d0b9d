// A photo: taken by the terminal's camera, or chosen or taken by a phone's own, and made small here, so that it fits and takes
// along nothing of where and when it was taken.
"use strict";

(() => {
  const cfms = window.cfms;
  const EDGE = 1600; // pixels of the longer side
  const QUALITY = 0.85;
  const kiosk = Boolean(document.documentElement.dataset.kiosk);

  // Returns *picture* (a bitmap or a video's frame) as a JPEG that fits.
  const drawn = (picture, width, height) => {
    const scale = Math.min(1, EDGE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  };

  const hasCamera = async () => {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) || [];
    return devices.some((one) => one.kind === "videoinput");
  };

  cfms.each("[data-camera]:has(input)", async (block) => {
    block.hidden = kiosk; // a terminal opens no window for choosing files
    // A phone's own camera is better than any preview of ours.
    const ours = (kiosk || !matchMedia("(pointer: coarse)").matches) && (await hasCamera().catch(() => false));
    if (kiosk && !ours) return;
    block.hidden = false;
    const photo = cfms.media(block, "camera");
    const video = photo.find("video");
    if (kiosk || !ours) photo.instead();

    photo.look = async () => {
      if (!ours) {
        photo.input.click(); // the device's own camera, or its pictures
        return;
      }
      const stream = await photo.open({ video: { facingMode: "environment", width: { ideal: EDGE } } });
      if (!stream) return;
      video.srcObject = stream;
      await video.play();
      photo.show("looking");
      photo.find("[data-do=take]").focus();
    };

    const take = async () => {
      const taken = await drawn(video, video.videoWidth, video.videoHeight);
      photo.close();
      photo.keep(taken, "photo.jpg");
      photo.say("done");
      photo.find("[data-do=delete]").focus();
    };

    photo.take = () => video.videoWidth && photo.during(take());

    photo.stopped = () => (video.srcObject = null);

    photo.delete = () => {
      photo.keep(null);
      photo.say("deleted");
      photo.find("[data-do=look]").focus();
    };

    // Named differently from closing the device: it also puts the page back.
    photo.cancel = () => {
      photo.close();
      photo.show("idle");
      photo.find("[data-do=look]").focus();
    };

    const shrink = async (file) => {
      try {
        const bitmap = await createImageBitmap(file);
        photo.keep(await drawn(bitmap, bitmap.width, bitmap.height), "photo.jpg");
        bitmap.close();
        photo.say("done");
      } catch {
        photo.keep(null);
        photo.fail("unreadable");
      }
    };

    photo.input.addEventListener("change", () => {
      const file = photo.input.files[0];
      if (file) photo.during(shrink(file));
      else photo.preview();
    });
  });
})();
