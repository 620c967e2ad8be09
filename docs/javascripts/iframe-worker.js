// Search runs in a web worker. A browser starts none for a page that was opened from disk (file:), so there the same script runs in a
// hidden frame.
class FrameWorker extends EventTarget {
  constructor(url) {
    super();
    const frame = document.createElement("iframe");
    frame.hidden = true;
    this.target = new Promise((resolve, reject) => {
      frame.addEventListener("load", () => {
        const { contentWindow: inside, contentDocument: page } = frame;
        inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
        const script = page.createElement("script");
        script.addEventListener("load", () => resolve(inside));
        script.addEventListener("error", () => reject(new Error(`${url} could not be loaded`)));
        script.src = url;
        page.body.append(script);
      }, { once: true });
    });
    document.body.append(frame);
  }

  async postMessage(data) {
    (await this.target).dispatchEvent(new MessageEvent("message", { data }));
  }
}

if (location.protocol === "file:") {
  window.Worker = FrameWorker;
}
