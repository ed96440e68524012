// Puts a frame with the conversation after this script's element.
(function () {
  "use strict";
  var script = document.currentScript;
  if ({{ origins|tojson }}.indexOf(location.origin) < 0) {
    console.error("Rantevou: add " + location.origin + " to RANTEVOU_EMBED_ORIGINS and restart it.");
    return;
  }
  var municipality = script.dataset.municipality;
  var titles = {{ titles|tojson }};
  var frame = document.createElement("iframe");
  frame.src = new URL(script.src).origin + {{ framed|tojson }} + (municipality ? "/m/" + municipality : "");
  frame.title = titles[document.documentElement.lang.split("-")[0]] || titles[{{ first|tojson }}];
  frame.style.width = "100%";
  frame.style.height = script.dataset.height || "40rem";
  frame.style.border = "0";
  script.after(frame);
})();
